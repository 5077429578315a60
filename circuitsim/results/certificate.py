"""The statement about a calibrated model: how far it may be trusted, and on what evidence."""

import math
from dataclasses import dataclass, field

from circuitsim.results.budget import Budget
from circuitsim.results.provenance import Provenance


@dataclass(frozen=True)
class ErrorStatistics:
    """Errors of output currents relative to full scale (fractions), before the ADC.

    Attributes:
        rms, max, mean_abs, bias: Root mean square, largest magnitude, mean magnitude and mean of the error.
        p50, p95, p99: Percentiles of the error's magnitude.
        samples: Number of output currents compared.
    """

    rms: float
    max: float
    mean_abs: float
    bias: float
    p50: float
    p95: float
    p99: float
    samples: int


@dataclass(frozen=True)
class Extrapolation:
    """The same cell and wires in an array of another size, held against one level.

    Attributes:
        rows, cols: Size.
        truth: Level that stands for the truth: "nodal" for larger arrays, "ngspice" for smaller ones.
        full_scale: max |i| of that truth [A].
        error: Relative to that full scale.
    """

    rows: int
    cols: int
    truth: str
    full_scale: float
    error: ErrorStatistics


@dataclass(frozen=True)
class ConverterEnergy:
    """Energy of one analog-to-digital conversion as a publication states it.

    Attributes:
        what: The converter.
        bits: Its resolution.
        energy: Per conversion [J].
        source: The publication.
    """

    what: str
    bits: int
    energy: float
    source: str


@dataclass(frozen=True)
class ArrayEnergy:
    """Energy that the row drivers deliver in the hold-out's reads; 1 multiply-accumulate = 2 operations.

    Attributes:
        per_operation: Mean over the reads with uniform inputs: power · t_read / (2 · rows · cols) [J].
        t_read: Duration of a read [s].
        truth: Level that the power is from.
        difference: Largest relative difference in power between that level and the array solver, over all reads.
        converters: Published conversions; one serves a column, rows multiply-accumulates.
    """

    per_operation: float
    t_read: float
    truth: str
    difference: float
    converters: tuple[ConverterEnergy, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """Error of a behavioral model against a truth it was not fitted on, and the range it holds in.

    Attributes:
        rows, cols: Size of the array that was solved.
        grade: Grade of the model, the number that a user names.
        products: Matrix products of one read.
        form: The same in words for reports: "nine matrix products".
        truth: Level the hold-out was solved with; a product certificate says "ngspice".
        full_scale: max |i| of the hold-out truth, all-on inputs included [A].
        error: Over all hold-out outputs.
        by_column: One entry a column, in order.
        by_input: One entry per kind of input ("uniform", "sparse", "binary", "all_on", …).
        by_matrix: One entry per kind of programmed matrix ("log_uniform", "network", …).
        g_range: Conductances [S].
        v_range: Inputs [V].
        temperature_c: Temperature [°C].
        surface_bound: Interpolation error of the characterized cell, relative to its full-scale current.
        matrices, vectors: Programmed matrices in the hold-out, inputs over all of them.
        model_digest: Digest of the model the statement is about.
        decks: Digests of the hold-out decks.
        provenance: Simulator, options, versions.
        created: UTC time, ISO 8601; the only field that differs between equal runs.
        by_amplitude: One entry per range of the inputs' mean size, relative to the largest input.
        circuit: The array solver with the same characterized cell against the truth: what is left is the cell's
            interpolation and the solvers' tolerances, and anything more is another circuit. None where the truth is
            the array solver itself.
        spot: Where the truth is the array solver: that solver against ngspice in the same run, on a smaller array of
            the same cell and wires.
        max_rms: Error that was asked for; None where none was.
        validation: rms error of each grade tried ("grade 1", …), on matrices that are not in the hold-out.
        product_rms, product_gain: The array as a matrix product, apart from any model: rms of truth − gain · v·g over
            full scale with the best common gain, and that gain.
        hold_out, fitting: Digests of the experiments the error is stated on, and of those the grade was chosen on.
        extrapolation: Arrays of other sizes, each held against the array solver.
        budget: Error of the product itself, cause by cause.
        energy: Energy of the array.
        time_s: Seconds after programming that the statement holds for; None: exactly as programmed, no error.
        extrapolated: Sentences on what was taken beyond its source's range.
    """

    rows: int
    cols: int
    grade: int
    products: int
    form: str
    truth: str
    full_scale: float
    error: ErrorStatistics
    by_column: tuple[ErrorStatistics, ...]
    by_input: dict[str, ErrorStatistics]
    by_matrix: dict[str, ErrorStatistics]
    g_range: tuple[float, float]
    v_range: tuple[float, float]
    temperature_c: float
    surface_bound: float
    matrices: int
    vectors: int
    model_digest: str
    decks: tuple[str, ...]
    provenance: Provenance
    created: str = field(default="", compare=False)
    by_amplitude: dict[str, ErrorStatistics] = field(default_factory=dict)
    circuit: ErrorStatistics | None = None
    spot: Extrapolation | None = None
    max_rms: float | None = None
    validation: dict[str, float] = field(default_factory=dict)
    product_rms: float | None = None
    product_gain: float | None = None
    hold_out: tuple[str, ...] = ()
    fitting: tuple[str, ...] = ()
    extrapolation: tuple[Extrapolation, ...] = ()
    budget: Budget | None = None
    energy: ArrayEnergy | None = None
    time_s: float | None = None
    extrapolated: tuple[str, ...] = ()

    @property
    def reached(self) -> bool | None:
        """Whether the hold-out error is within what was asked for; None where nothing was."""
        return None if self.max_rms is None else self.error.rms <= self.max_rms

    @property
    def model_bits(self) -> float:
        """Effective bits of the model: the ideal quantizer over full scale with the same rms error."""
        return effective_bits(self.error.rms)

    @property
    def product_bits(self) -> float | None:
        """Effective bits of the array's matrix product before the ADC, after one common gain."""
        return None if self.product_rms is None else effective_bits(self.product_rms)


def effective_bits(rms: float) -> float:
    """Bits of the ideal quantizer over full scale whose rms error, LSB / √12, is `rms` of full scale."""
    return math.inf if rms == 0 else -math.log2(rms * math.sqrt(12.0))
