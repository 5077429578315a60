"""Drift and retention: what a conductance is some time after it was programmed.

Time counts from the end of programming, in seconds.
"""

import numpy as np

from circuitsim.devices.device_toml_statistics import LogTimeDrift, PowerLawDrift, Retention, TableDrift
from circuitsim.devices.statistics.curves import curve_value
from circuitsim.devices.statistics.programming import sample_programmed
from circuitsim.devices.statistics.statistics import Statistics, check_time, relative
from circuitsim.errors import InputError
from circuitsim.spec import checked, real_numbers


@checked
def drift_exponent(stats: Statistics, g: np.ndarray, *, extrapolate: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Mean and device-to-device standard deviation of the exponent ν of a power-law drift.

    Args:
        stats: Statistics with a drift of form "power law".
        g: Wanted conductances (any shape) [S].
        extrapolate: Go on outside the range of the source, with a warning.

    Returns:
        (mean, standard deviation), each in the shape of g.

    Raises:
        InputError: The drift of this card is no power law.
    """
    drift = _power_law(stats)
    x = relative(stats, g, extrapolate=extrapolate)
    return curve_value(drift.nu_mean, x), curve_value(drift.nu_sigma, x)


def drift_factor(stats: Statistics, nu: np.ndarray, t: float, *, extrapolate: bool = False) -> np.ndarray:
    """((t + t0)/t0)^−ν, the factor by which a conductance has drifted t seconds after the end of programming."""
    drift = _power_law(stats)
    check_time(stats, t, drift.t_min, drift.t_max, extrapolate=extrapolate)
    return ((t + drift.t0) / drift.t0) ** -real_numbers("nu", nu)


@checked
def drift_mean(stats: Statistics, g: np.ndarray, t: float, *, extrapolate: bool = False) -> np.ndarray:
    """Mean conductance after t seconds of cells at g, without any randomness.

    For a power law the factor of the mean exponent is used; the mean over devices differs by the spread of ν.

    Args:
        stats: Statistics with drift or retention.
        g: Conductances at the end of programming (any shape) [S].
        t: Time since the end of programming [s].
        extrapolate: Go on outside the range of the source, with a warning.

    Returns:
        (shape of g) [S].
    """
    g = real_numbers("g", g)
    drift = stats.table.drift
    if drift is None:
        _retention(stats, t, extrapolate)
        return g.copy()
    if isinstance(drift, PowerLawDrift):
        return g * drift_factor(stats, drift_exponent(stats, g, extrapolate=extrapolate)[0], t, extrapolate=extrapolate)
    if isinstance(drift, LogTimeDrift):
        check_time(stats, t, drift.t_min, drift.t_max, extrapolate=extrapolate)
        return g + stats.table.unit * drift.mean * np.log(t)
    x = relative(stats, g, extrapolate=extrapolate, g_max=drift.g_max if t > 0 else None)
    check_time(stats, t, drift.t_min, drift.t_max, extrapolate=extrapolate)
    means = np.array([np.interp(t, drift.times, column) for column in np.transpose(drift.means)])
    return g + stats.table.unit * np.polynomial.polynomial.polyval(x, means)


@checked
def drift_sigma(stats: Statistics, g: np.ndarray, t: float, *, extrapolate: bool = False) -> np.ndarray:
    """Spread around `drift_mean` after t seconds, where the source states it as a spread of the conductance.

    Args:
        stats: Statistics with a drift of form "log time" or "table", or a retention.
        g: Conductances (any shape) [S]: programmed (log time), wanted (table, retention).
        t: Time since the end of programming [s].
        extrapolate: Go on outside the range of the source, with a warning.

    Returns:
        (shape of g) [S]. For "table" and retention it contains the programming error.

    Raises:
        InputError: The drift is a power law: its spread is that of ν (`drift_exponent`).
    """
    g = real_numbers("g", g)
    drift = stats.table.drift
    if drift is None:
        retention = _retention(stats, t, extrapolate)
        x = relative(stats, g, extrapolate=extrapolate)
        at = [np.polynomial.polynomial.polyval(x, row) for row in retention.sigmas]
        return stats.table.unit * np.maximum(_between(np.log(retention.times), at, np.log(t)), 0.0)
    if isinstance(drift, LogTimeDrift):
        check_time(stats, t, drift.t_min, drift.t_max, extrapolate=extrapolate)
        sigma = drift.sigma[0] + drift.sigma[1] * np.log(t)
        return np.full(g.shape, stats.table.unit * sigma)
    if isinstance(drift, TableDrift):
        check_time(stats, t, drift.t_min, drift.t_max, extrapolate=extrapolate)
        a, b = (np.interp(t, drift.times, column) for column in np.transpose(drift.saturating))
        moved = drift_mean(stats, g, t, extrapolate=extrapolate) / stats.table.unit
        return stats.table.unit * np.maximum(a * (1 - np.exp(-moved / b)), 0.0)
    raise InputError(f"{stats.name}: drift is a power law; its spread is that of the exponent (drift_exponent)")


def sample_aged(
    stats: Statistics, g: np.ndarray, t: float, *, rng: np.random.Generator, extrapolate: bool = False
) -> np.ndarray:
    """Program cells to g and wait t seconds: one draw per cell, read noise not included.

    Args:
        stats: Statistics with drift or retention.
        g: Wanted conductances (any shape) [S].
        t: Time since the end of programming [s].
        rng: Source of randomness.
        extrapolate: Go on outside the range of the source, with a warning.

    Returns:
        Conductances (shape of g) [S], not below 0.
    """
    g = real_numbers("g", g)
    drift = stats.table.drift
    if isinstance(drift, PowerLawDrift):
        programmed = sample_programmed(stats, g, rng=rng, extrapolate=extrapolate)
        mean, sigma = drift_exponent(stats, g, extrapolate=extrapolate)
        nu = np.abs(mean + sigma * rng.standard_normal(g.shape))
        return programmed * drift_factor(stats, nu, t, extrapolate=extrapolate)
    if isinstance(drift, LogTimeDrift):
        programmed = sample_programmed(stats, g, rng=rng, extrapolate=extrapolate)
        if t == 0:
            return programmed
        shift = drift_mean(stats, g, t, extrapolate=extrapolate) - g
        spread = drift_sigma(stats, g, t, extrapolate=extrapolate)
        return np.maximum(programmed + shift + spread * rng.standard_normal(g.shape), 0.0)
    mean = drift_mean(stats, g, t, extrapolate=extrapolate)
    spread = drift_sigma(stats, g, t, extrapolate=extrapolate)
    return np.maximum(mean + spread * rng.standard_normal(g.shape), 0.0)


def _power_law(stats: Statistics) -> PowerLawDrift:
    drift = stats.stated(stats.table.drift, "drift")
    if not isinstance(drift, PowerLawDrift):
        raise InputError(f"{stats.name}: its drift is {drift.form!r}, which has no exponent")
    return drift


def _retention(stats: Statistics, t: float, extrapolate: bool) -> Retention:
    retention = stats.stated(stats.table.retention, "retention")
    check_time(stats, t, retention.t_min, retention.t_max, extrapolate=extrapolate)
    return retention


def _between(knots: np.ndarray, values: list[np.ndarray], x: float) -> np.ndarray:
    """Interpolate linearly between arrays; beyond the ends, where the caller has warned, keep the last."""
    x = float(np.clip(x, knots[0], knots[-1]))
    k = int(np.clip(np.searchsorted(knots, x) - 1, 0, len(knots) - 2))
    weight = (x - knots[k]) / (knots[k + 1] - knots[k])
    return (1 - weight) * values[k] + weight * values[k + 1]
