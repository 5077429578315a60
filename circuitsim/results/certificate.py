"""Certificate of a calibrated model: its error, the range in which it holds, and the evidence."""

import math
from dataclasses import dataclass, field

from circuitsim.results.budget import Budget
from circuitsim.results.code_errors import CodeErrors, SenseError
from circuitsim.results.error_scale import RelativeTo
from circuitsim.results.missed_target import MissedTarget
from circuitsim.results.product_cost import ProductCost
from circuitsim.results.provenance import Provenance
from circuitsim.results.tile_error import TileError
from circuitsim.results.worst_case import LoadTable, ReadCase, WorstFound


@dataclass(frozen=True)
class ErrorStatistics:
    """Errors of outputs that were drawn, before the ADC, as fractions: see `Certificate.relative_to`.

    Attributes:
        rms, mean_abs, bias: Root mean square, mean magnitude and mean of the error.
        max: Largest magnitude of the `samples` that were drawn. It is no bound: another draw has another one.
        p50, p95, p99, p999: Error that 50, 95, 99 and 99.9 % of the outputs do not exceed in magnitude.
        samples: Number of outputs compared.
    """

    rms: float
    max: float
    mean_abs: float
    bias: float
    p50: float
    p95: float
    p99: float
    p999: float
    samples: int


@dataclass(frozen=True)
class RowErrors:
    """Errors of the currents of row drivers, see `behavioral.row_currents`, as fractions of the largest one.

    Attributes:
        largest: The largest row current of the hold-out and of the witness [A].
        typical: Error over all rows of the hold-out.
        witness: Largest error in the read that shows the worst error of the outputs; None if none was sought.
    """

    largest: float
    typical: ErrorStatistics
    witness: float | None = None

    @property
    def worst(self) -> float:
        """The largest error that was met."""
        return max(self.typical.max, self.witness or 0.0)


@dataclass(frozen=True)
class GradeErrors:
    """Errors of one grade on matrices and inputs that are not in the hold-out, as fractions of full scale.

    Attributes:
        rms: rms error on the validation.
        worst: Largest error that the structured part of the search found; None: not sought, because no `max_worst` was
            requested.
    """

    rms: float
    worst: float | None = None


@dataclass(frozen=True)
class Extrapolation:
    """Error on an array of another size with the same cell and wires.

    Attributes:
        rows, cols: Size of that array.
        truth: Level that counts as the truth: "nodal" for a larger array, "ngspice" for a smaller one.
        full_scale: Largest output that the declared use of that array allows [unit of the certificate].
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
        per_operation: power · t_read / (2 · rows · cols), averaged over the reads with uniform inputs, on gates with
            half of the rows on [J].
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
    """What is known of the error of a behavioral model, and the range in which it was examined.

    Two statements stand side by side. *Typical*: the error against a truth, on matrices and inputs that were drawn and
    on which the model was not fitted. *Worst*: the largest error against the array solver that a search over all
    conductances in `g_range` and all inputs in `v_range` found. Neither is a bound.

    Attributes:
        rows, cols: Size of the array.
        grade: Grade of the model, see `behavioral.grades_for`.
        products: Number of matrix products of one read.
        form: The same in words, for reports: "thirteen matrix products".
        truth: Level that solved the hold-out: "ngspice" or "nodal".
        full_scale: Largest |current| of a column that `g_range` and `v_range` allow [A], of 1c cells its largest
            |charge| [C]; errors are divided by it, see `relative_to`. Where the sense amplifiers are circuits, the
            largest change of their output from that without current [V].
        full_scale_case: The matrix and the inputs that give it.
        typical: Error over all outputs of the hold-out.
        by_column: One entry per column, in order.
        by_input: One entry per kind of input ("uniform", "sparse", "binary", "all_on", …).
        by_matrix: One entry per kind of programmed matrix ("log_uniform", "network", …).
        g_range: Range of the conductances [S], of 1c cells of the capacitances [F]; see `state_unit`.
        v_range: Range of the inputs, in `input_unit`.
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
        worst: Largest error that was found, with its witness; None if no search was made, as for aged arrays.
        by_load: Largest error that was found among matrices up to a column load; None if no search was made.
        max_rms: Requested rms error, as a fraction of full scale; None if none was requested.
        max_worst: Requested largest error found, as a fraction of full scale; None if none was requested.
        validation: Errors of each grade tried ("grade 1", …), on matrices that are not in the hold-out.
        product_rms, product_gain: Error of the array as a matrix product, independent of the model: rms of
            truth − gain · (v − v_ref)·g over full scale, with the best common gain, and that gain.
        hold_out, fitting: Digests of the experiments of the hold-out, and of those on which the grade was chosen.
        extrapolation: Errors on arrays of other sizes, each against the array solver.
        budget: Error of the matrix product, cause by cause.
        energy: Energy of the array.
        time_s: Time after programming for which the certificate holds [s]; None: conductances exactly as programmed.
        extrapolated: Sentences that name values used outside the range of their source.
        input_unit: Unit of the inputs: "V", or "1" for the 0 and 1 that switch gates.
        unit: Unit of the outputs: "A", "C" of 1c cells, or that of the sense amplifiers where they are circuits.
        sense: What the table of the sense amplifiers adds to the error; None for ideal ones.
        code_errors: The errors behind the ADC of the specification; None without one, or see `left_out`.
        left_out: Sentences that name what the certificate does not state, and why.
        cost: Energy and time of one product, split by part; None where all circuits around the array are ideal.
        row_currents: Error of the currents of row drivers; None for aged arrays.
        relative_to: What all errors of outputs are fractions of: "full scale", or "the current itself" of each column,
            for strings.
    """

    rows: int
    cols: int
    grade: int
    products: int
    form: str
    truth: str
    full_scale: float
    full_scale_case: ReadCase
    typical: ErrorStatistics
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
    worst: WorstFound | None = None
    by_load: LoadTable | None = None
    max_rms: float | None = None
    max_worst: float | None = None
    validation: dict[str, GradeErrors] = field(default_factory=dict)
    product_rms: float | None = None
    product_gain: float | None = None
    hold_out: tuple[str, ...] = ()
    fitting: tuple[str, ...] = ()
    extrapolation: tuple[Extrapolation, ...] = ()
    budget: Budget | None = None
    energy: ArrayEnergy | None = None
    time_s: float | None = None
    extrapolated: tuple[str, ...] = ()
    input_unit: str = "V"
    unit: str = "A"
    sense: SenseError | None = None
    code_errors: CodeErrors | None = None
    left_out: tuple[str, ...] = ()
    cost: ProductCost | None = None
    row_currents: RowErrors | None = None
    relative_to: RelativeTo = "full scale"

    @property
    def reached(self) -> bool | None:
        """Whether the typical rms is at most `max_rms` and the worst error found at most `max_worst`.

        None if nothing was requested. A requested worst error that was not sought counts as not reached.
        """
        if self.max_rms is None and self.max_worst is None:
            return None
        return self.missed is None

    @property
    def state_unit(self) -> str:
        """Unit of what cells are programmed to: "F" for capacitances, whose outputs are charges, else "S"."""
        return "F" if self.unit == "C" else "S"

    @property
    def missed(self) -> MissedTarget | None:
        """What was asked for and is not reached; None if it is reached, or nothing was requested."""
        worst = None if self.worst is None else self.worst.error
        typical = self.max_rms is None or self.typical.rms <= self.max_rms
        if typical and (self.max_worst is None or (worst is not None and worst <= self.max_worst)):
            return None
        return MissedTarget(self.typical.rms, worst, self.max_rms, self.max_worst, self.relative_to)

    @property
    def model_bits(self) -> float:
        """Effective bits of the model: those of an ideal quantizer over full scale with the same rms error."""
        return effective_bits(self.typical.rms)

    def in_lsb(self, error: float) -> float | None:
        """Return an error (fraction of full scale) in steps of the ADC.

        None where the certificate knows no ADC, or errors are fractions of the current itself.
        """
        if self.code_errors is None or self.relative_to != "full scale":
            return None
        return error * self.full_scale / self.code_errors.lsb

    def tile_error(self, load: float) -> TileError:
        """Return what is known of a tile whose matrix has this column load, see `column_load`.

        Raises:
            InputError: The load is not between 0 and 1.
        """
        if self.by_load is not None:
            worst = self.by_load.worst_at(load)
        else:
            worst = None if self.worst is None else self.worst.error
        return TileError(self.full_scale, self.typical.rms, load, worst, self.relative_to)

    @property
    def product_bits(self) -> float | None:
        """Effective bits of the matrix product of the array before the ADC, after removal of one common gain."""
        return None if self.product_rms is None else effective_bits(self.product_rms)


def effective_bits(rms: float) -> float:
    """Return the bits of an ideal quantizer over full scale whose rms error LSB / √12 equals `rms` · full scale."""
    return math.inf if rms == 0 else -math.log2(rms * math.sqrt(12.0))
