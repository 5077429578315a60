"""What `[statistics]` of a `device.toml` may state: fit functions, and the parts that are made of them.

x is a conductance over `g_ref`; values of fit functions count in `unit` unless a field says otherwise. Times count from
the end of programming.
"""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from circuitsim.devices.parameters import FitQuality, Number, Text
from circuitsim.spec.base import Part

Numbers = Annotated[tuple[Number, ...], Field(min_length=1)]
Note = Annotated[str | None, Field(description="What a reader of the card should know")]


class PolynomialCurve(Part):
    """Σ coefficients[i] x^i."""

    form: Literal["polynomial"]
    coefficients: Numbers = Field(description="Coefficients of 1, x, x², … [unit of the value]")


class LogCurve(Part):
    """clip(a ln x + b, low, high)."""

    form: Literal["log"]
    a: Number = Field(description="Growth per factor e of x [unit of the value]")
    b: Number = Field(description="Value at x = 1 [unit of the value]")
    low: Number = Field(description="Smallest value [unit of the value]")
    high: Number = Field(description="Largest value [unit of the value]")


class PowerCurve(Part):
    """min(c / max(x^p, floor), cap)."""

    form: Literal["power"]
    c: Number = Field(description="Value at x = 1 before floor and cap apply [unit of the value]")
    p: Number = Field(description="Exponent of x [1]")
    floor: Number = Field(description="Smallest divisor, taken where x^p is less [1]")
    cap: Number = Field(description="Largest value [unit of the value]")


class SaturatingCurve(Part):
    """a (1 − exp(−x/b))."""

    form: Literal["saturating"]
    a: Number = Field(description="Limit at large x [unit of the value]")
    b: Number = Field(description="x at which the value reaches 63 % of `a` [1]")


class SplitCurve(Part):
    """`below` for x < at, else `above`."""

    form: Literal["split"]
    at: Number = Field(description="x at which `above` begins [unit of x]")
    below: "StatisticsCurve"
    above: "StatisticsCurve"


StatisticsCurve = Annotated[
    PolynomialCurve | LogCurve | PowerCurve | SaturatingCurve | SplitCurve, Field(discriminator="form")
]
SplitCurve.model_rebuild()  # its branches are curves themselves


class ProgrammingSpread(Part):
    """Spread of the conductances of cells that are programmed to the same value."""

    sigma: StatisticsCurve = Field(description="Standard deviation [statistics.unit] over x")
    g_min: Number | None = Field(
        default=None, description="Smallest conductance of the source [S]; absent: state.g_min"
    )
    g_max: Number | None = Field(default=None, description="Largest conductance of the source [S]; absent: state.g_max")
    note: Note = None


class PowerLawDrift(Part):
    """g(t) = g ((t + t0)/t0)^−ν, ν = |N(nu_mean, nu_sigma)| for each cell."""

    form: Literal["power law"]
    t0: Annotated[Number, Field(gt=0, description="Time of the reference read [s]")]
    nu_mean: StatisticsCurve = Field(description="Mean of the exponent ν [1] over x")
    nu_sigma: StatisticsCurve = Field(description="Standard deviation of ν from cell to cell [1] over x")
    t_min: Number = Field(description="Earliest time for which the source is valid [s]")
    t_max: Number = Field(description="Latest time for which the source is valid [s]")
    note: Note = None


class LogTimeDrift(Part):
    """g(t) = g + mean ln t, spread sigma[0] + sigma[1] ln t, t in seconds."""

    form: Literal["log time"]
    mean: Number = Field(description="Shift of the mean per ln(t/s) [statistics.unit]")
    sigma: tuple[Number, Number] = Field(description="Spread at 1 s, and its growth per ln(t/s) [statistics.unit]")
    t_min: Number = Field(description="Earliest time for which the source is valid [s]")
    t_max: Number = Field(description="Latest time for which the source is valid [s]")
    note: Note = None


class _AtTimes(Part):
    """Values at measured times; the source is valid from the first to the last."""

    times: Numbers = Field(description="Times [s], increasing")

    @property
    def t_min(self) -> float:
        """First time [s]."""
        return self.times[0]

    @property
    def t_max(self) -> float:
        """Last time [s]."""
        return self.times[-1]


class TableDrift(_AtTimes):
    """Mean shift and spread at measured times, linear in between; the spread contains the programming error."""

    form: Literal["table"]
    means: tuple[Numbers, ...] = Field(
        description="Coefficients of the mean shift over x by time, constant first [statistics.unit]"
    )
    saturating: tuple[tuple[Number, Number], ...] = Field(
        description="By time: a, b of the spread a (1 − exp(−x/b)) around the shifted mean [statistics.unit]"
    )
    g_max: Number = Field(description="Largest conductance that the polynomials hold for [S]")
    note: Note = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_rows("means", self.times, self.means)
        _check_rows("saturating", self.times, self.saturating)
        if len({len(row) for row in self.means}) > 1:
            raise ValueError("means has rows of different lengths, expected as many coefficients at every time")
        return self


class Retention(_AtTimes):
    """Spread around the target at measured times; it replaces the programming error, and the mean does not move."""

    form: Literal["sigma at times"]
    sigmas: tuple[Numbers, ...] = Field(
        description="Coefficients of the spread over x by time, constant first [statistics.unit]"
    )
    note: Note = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        _check_rows("sigmas", self.times, self.sigmas)
        return self


class FlickerNoise(Part):
    """sigma = g q(x) sqrt(ln((t + t0 + t_read)/(2 t_read))), x of the programmed conductance, t0 of the drift."""

    form: Literal["1/f"]
    q: StatisticsCurve = Field(description="Relative noise [1] over x")
    t_read: Annotated[Number, Field(gt=0, description="Duration of a read [s]")]
    note: Note = None


class RelativeNoise(Part):
    """sigma = value g."""

    form: Literal["relative"]
    value: Number = Field(description="Share of the conductance [1]")
    note: Note = None


class CurveNoise(Part):
    """sigma over x."""

    form: Literal["curve"]
    sigma: StatisticsCurve = Field(description="Standard deviation [statistics.unit] over x")
    note: Note = None


class LogConductanceNoise(Part):
    """sigma = k |log10(g/unit)| sqrt(ln((t + t_read)/(2 t_read)))."""

    form: Literal["log conductance"]
    k: Number = Field(description="Noise per decade of conductance [statistics.unit]")
    t_read: Annotated[Number, Field(gt=0, description="Duration of a read [s]")]
    note: Note = None


class ConductanceTemperature(Part):
    """Every conductance times 1 + coefficient (T − reference_c)."""

    coefficient: Number = Field(description="Temperature coefficient [1/K]")
    reference_c: Number = Field(description="Temperature of the stated conductances [°C]")
    min_c: Number = Field(description="Lowest temperature of the source [°C]")
    max_c: Number = Field(description="Highest temperature of the source [°C]")
    note: Note = None


class StuckCells(Part):
    """Cells that do not follow their programming."""

    low: Number = Field(description="Conductance of a cell stuck in the high-resistance state [S]")
    high: Number = Field(description="Conductance of a cell stuck in the low-resistance state [S]")
    fraction_low: Annotated[Number, Field(ge=0, le=1, description="Share of cells stuck at `low` [1]")]
    fraction_high: Annotated[Number, Field(ge=0, le=1, description="Share of cells stuck at `high` [1]")]
    note: Note = None


class Endurance(Part):
    """How often a cell can be written."""

    cycles: Annotated[Number, Field(gt=0, description="Write cycles that the source states [1]")]
    note: Note = None


Drift = Annotated[PowerLawDrift | LogTimeDrift | TableDrift, Field(discriminator="form")]
CellNoise = Annotated[FlickerNoise | RelativeNoise | CurveNoise | LogConductanceNoise, Field(discriminator="form")]


class StatisticsTable(Part):
    """`[statistics]`: what a source says about writing, waiting and reading; a part it does not mention is absent."""

    g_ref: Annotated[Number, Field(gt=0, description="Conductance that is x = 1 in the fit functions [S]")]
    unit: Annotated[Number, Field(gt=0, description="Conductance that is 1 in the result of the fit functions [S]")]
    source: Text = Field(description="Paper and figure, or file, that the numbers come from")
    fit: FitQuality = Field(description="Quality of the fit")
    programming: ProgrammingSpread | None = None
    drift: Drift | None = None
    retention: Retention | None = None
    read_noise: CellNoise | None = None
    temperature: ConductanceTemperature | None = None
    stuck: StuckCells | None = None
    endurance: Endurance | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        # The end of a power law's reference read is where 1/f noise starts to count.
        if isinstance(self.read_noise, FlickerNoise) and not isinstance(self.drift, PowerLawDrift):
            raise ValueError("read_noise.form = '1/f' needs a drift of form 'power law': its t0 is where t starts")
        return self

    @property
    def parts(self) -> tuple[str, ...]:
        """Names of the parts that the source states."""
        return tuple(name for name, value in self if isinstance(value, Part))


def _check_rows(key: str, times: tuple[float, ...], rows: tuple[tuple[float, ...], ...]) -> None:
    if any(late <= early for early, late in pairwise(times)):
        raise ValueError(f"times = {list(times)}, expected increasing times")
    if len(rows) != len(times):
        raise ValueError(f"{key} has {len(rows)} rows, expected one for each of the {len(times)} times")
