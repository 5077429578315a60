"""The statement about a calibrated model: how far it may be trusted, and on what evidence."""

from dataclasses import dataclass, field

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
class Certificate:
    """Error of a behavioral model against a truth it was not fitted on, and the range it holds in.

    Attributes:
        rows, cols: Size of the array that was solved.
        grade: Form of the model: 1 one product, 2 P7, 3 P12.
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
    """

    rows: int
    cols: int
    grade: int
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
