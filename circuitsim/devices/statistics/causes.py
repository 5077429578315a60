"""One draw of an array's conductances by chosen causes, each alone or together, from one generator."""

from collections.abc import Collection

import numpy as np

from circuitsim.devices.device_toml_statistics import LogTimeDrift, PowerLawDrift, Retention, TableDrift
from circuitsim.devices.statistics.aging import drift_exponent, drift_factor, drift_mean, drift_sigma
from circuitsim.devices.statistics.faults import sample_stuck
from circuitsim.devices.statistics.programming import programming_sigma
from circuitsim.devices.statistics.statistics import Statistics
from circuitsim.errors import InputError
from circuitsim.spec import checked, real_numbers

CAUSES = ("programming", "drift", "read_noise", "stuck")
"""What the statistics of a device may do to a product: three to its conductances, read noise anew at every read."""


@checked
def stated_causes(stats: Statistics, t: float) -> tuple[str, ...]:
    """The causes of `CAUSES` that the source of a card states; drift (or retention) only from t > 0 on."""
    table = stats.table
    aging = (table.drift or table.retention) if t > 0 else None
    stated = {"programming": table.programming, "drift": aging, "read_noise": table.read_noise, "stuck": table.stuck}
    return tuple(cause for cause in CAUSES if stated[cause] is not None)


@checked
def draw_conductances(
    stats: Statistics,
    g: np.ndarray,
    t: float = 0.0,
    *,
    causes: Collection[str],
    rng: np.random.Generator,
    extrapolate: bool = False,
) -> np.ndarray:
    """Draw what becomes of wanted conductances t seconds after programming, one draw a cell.

    The same generator gives a cell the same fate whatever the causes and the time, so that results can be compared.
    Where a source states the spread after a time as a whole (drift of form "table", retention), it contains the
    programming error: drift without programming is then the shift of the mean alone.

    Args:
        stats: Statistics of the device.
        g: Wanted conductances (any shape) [S].
        t: Time since the end of programming [s].
        causes: Of `CAUSES`; read noise is not drawn here, see `read_sigma`.
        rng: Source of randomness: two normal numbers and one uniform a cell.
        extrapolate: Go on outside the range of the source, with a warning.

    Returns:
        Conductances (shape of g) [S], not below 0; open cells (0) stay open unless they are stuck.

    Raises:
        InputError: A cause is none of these, or the source does not state it.
    """
    g = real_numbers("g", g)
    for cause in causes:
        if cause not in CAUSES:
            raise InputError(f"causes = {sorted(causes)}: expected some of {', '.join(CAUSES)}")
        if cause not in stated_causes(stats, t) and not (cause == "drift" and t == 0):
            raise InputError(f"{stats.name}: its statistics state no {cause.replace('_', ' ')}; leave it out of causes")
    first, second = rng.standard_normal(g.shape), rng.standard_normal(g.shape)
    drawn, programmed = g, "programming" in causes
    if programmed and not (t > 0 and "drift" in causes and _holds_programming(stats)):
        drawn = np.maximum(g + programming_sigma(stats, g, extrapolate=extrapolate) * first, 0.0)
    if "drift" in causes and t > 0:
        drawn = _after(stats, g, drawn, t, first, second, programmed, extrapolate)
    drawn = np.where(g > 0, drawn, 0.0)
    if "stuck" in causes:
        cells = stats.table.stuck
        assert cells is not None
        shares = {"fraction_low": cells.fraction_low, "fraction_high": cells.fraction_high}
        drawn = sample_stuck(drawn, low=cells.low, high=cells.high, **shares, rng=rng)
    return drawn


def _holds_programming(stats: Statistics) -> bool:
    return isinstance(stats.table.drift or stats.table.retention, TableDrift | Retention)


def _after(
    stats: Statistics,
    g: np.ndarray,
    programmed: np.ndarray,
    t: float,
    first: np.ndarray,
    second: np.ndarray,
    with_programming: bool,
    extrapolate: bool,
) -> np.ndarray:
    """Conductances after t seconds; `first` draws the programming error, `second` what time adds."""
    drift = stats.table.drift
    if isinstance(drift, PowerLawDrift):
        mean, sigma = drift_exponent(stats, g, extrapolate=extrapolate)
        return programmed * drift_factor(stats, np.abs(mean + sigma * second), t, extrapolate=extrapolate)
    mean = drift_mean(stats, g, t, extrapolate=extrapolate)
    spread = drift_sigma(stats, g, t, extrapolate=extrapolate)
    if isinstance(drift, LogTimeDrift):
        return np.maximum(programmed + mean - g + spread * second, 0.0)
    return np.maximum(mean + spread * first, 0.0) if with_programming else mean
