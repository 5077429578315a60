"""Certificate of a calibrated model: its error, the range in which it holds, and the evidence."""

import math
from dataclasses import dataclass, field

from circuitsim.results.budget import Budget
from circuitsim.results.provenance import Provenance


@dataclass(frozen=True)
class ErrorStatistics:
    """Errors of output currents before the ADC, as fractions of full scale.

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
    """Error on an array of another size with the same cell and wires.

    Attributes:
        rows, cols: Size of that array.
        truth: Level that counts as the truth: "nodal" for a larger array, "ngspice" for a smaller one.
        full_scale: Largest |i| of the truth [A].
        error: Error relative to that full scale.
    """

    rows: int
    cols: int
    truth: str
    full_scale: float
    error: ErrorStatistics


@dataclass(frozen=True)
class ConverterEnergy:
    """Published energy of one analog-to-digital conversion.

    Attributes:
        what: The converter.
        bits: Its resolution.
        energy: Energy per conversion [J].
        source: The publication.
    """

    what: str
    bits: int
    energy: float
    source: str


@dataclass(frozen=True)
class ArrayEnergy:
    """Energy that row drivers and sense references deliver in the hold-out; 1 multiply-accumulate = 2 operations.

    Attributes:
        per_operation: power · t_read / (2 · rows · cols), averaged over the reads with uniform inputs [J].
        t_read: Duration of a read [s].
        truth: Level that the power comes from.
        difference: Largest relative difference in power between that level and the array solver, over all reads.
        converters: Published converters, for comparison. One conversion serves one column: as many
            multiply-accumulates as the array has rows.
    """

    per_operation: float
    t_read: float
    truth: str
    difference: float
    converters: tuple[ConverterEnergy, ...] = ()


@dataclass(frozen=True)
class Certificate:
    """Error of a behavioral model against a truth on which it was not fitted, and the range in which that error holds.

    Attributes:
        rows, cols: Size of the array.
        grade: Grade of the model, see `behavioral.GRADES`.
        products: Number of matrix products of one read.
        form: The same in words, for reports: "fourteen matrix products".
        truth: Level that solved the hold-out: "ngspice" or "nodal".
        full_scale: Largest |i| of the truth in the hold-out, inputs with all rows on included [A].
        error: Error over all outputs of the hold-out.
        by_column: One entry per column, in order.
        by_input: One entry per kind of input ("uniform", "sparse", "binary", "all_on", …).
        by_matrix: One entry per kind of programmed matrix ("log_uniform", "network", …).
        g_range: Range of the conductances [S].
        v_range: Range of the inputs [V].
        temperature_c: Temperature [°C].
        surface_bound: Interpolation error of the characterized cell, relative to its full-scale current.
        matrices, vectors: Number of programmed matrices in the hold-out, and of input vectors over all of them.
        model_digest: Digest of the model.
        decks: Digests of the decks that solved the hold-out in ngspice; empty if the truth is the array solver.
        provenance: Simulator, options, versions.
        created: UTC time, ISO 8601. It differs between equal runs and is not compared.
        by_amplitude: One entry per range of the mean magnitude of the inputs, relative to the largest input.
        circuit: Error of the array solver with the same characterized cell against the truth. It should contain only
            the interpolation of the cell and the tolerances of the solvers; a larger error means that the circuits
            differ. None if the truth is the array solver.
        spot: If the truth is the array solver: error of that solver against ngspice on a smaller array with the same
            cell and wires. None if the truth is ngspice.
        max_rms: Requested rms error, as a fraction of full scale; None if none was requested.
        validation: rms error of each grade tried ("grade 1", …), on matrices that are not in the hold-out.
        product_rms, product_gain: Error of the array as a matrix product, independent of the model: rms of
            truth − gain · (v − v_ref)·g over full scale, with the best common gain, and that gain.
        hold_out, fitting: Digests of the experiments of the hold-out, and of those on which the grade was chosen.
        extrapolation: Errors on arrays of other sizes, each against the array solver.
        budget: Error of the matrix product, cause by cause.
        energy: Energy of the array.
        time_s: Time after programming for which the certificate holds [s]; None: conductances exactly as programmed.
        extrapolated: Sentences that name values used outside the range of their source.
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
        """Whether the rms error on the hold-out is at most `max_rms`; None without `max_rms`."""
        return None if self.max_rms is None else self.error.rms <= self.max_rms

    @property
    def model_bits(self) -> float:
        """Effective bits of the model: those of an ideal quantizer over full scale with the same rms error."""
        return effective_bits(self.error.rms)

    @property
    def product_bits(self) -> float | None:
        """Effective bits of the matrix product of the array before the ADC, after removal of one common gain."""
        return None if self.product_rms is None else effective_bits(self.product_rms)


def effective_bits(rms: float) -> float:
    """Return the bits of an ideal quantizer over full scale whose rms error LSB / √12 equals `rms` · full scale."""
    return math.inf if rms == 0 else -math.log2(rms * math.sqrt(12.0))
