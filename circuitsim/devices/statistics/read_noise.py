"""Read noise: how a conductance varies from one read to the next."""

import numpy as np

from circuitsim.devices.device_toml_statistics import CurveNoise, FlickerNoise, PowerLawDrift, RelativeNoise
from circuitsim.devices.statistics.curves import curve_value
from circuitsim.devices.statistics.statistics import Statistics, check_time, relative
from circuitsim.errors import InputError
from circuitsim.spec import real_numbers


def read_sigma(
    stats: Statistics, g_programmed: np.ndarray, g: np.ndarray, t: float = 0.0, *, extrapolate: bool = False
) -> np.ndarray:
    """Standard deviation of the conductance in one read.

    Args:
        stats: Statistics with read noise.
        g_programmed: Conductances at the end of programming (any shape) [S].
        g: Conductances at the time of the read (same shape) [S].
        t: Time since the end of programming [s]; 1/f noise grows with it.
        extrapolate: Go on outside the range of the source, with a warning.

    Returns:
        (shape of g) [S]; 0 for an open cell and before the end of the first read.
    """
    g = real_numbers("g", g)
    table = stats.table
    noise = stats.stated(table.read_noise, "read noise")
    if isinstance(noise, RelativeNoise):
        return noise.value * np.abs(g)
    if isinstance(noise, CurveNoise):
        return table.unit * np.maximum(curve_value(noise.sigma, relative(stats, g, extrapolate=extrapolate)), 0.0)
    drift = stats.stated(table.drift, "drift")
    check_time(stats, t, drift.t_min, drift.t_max, extrapolate=extrapolate)
    if isinstance(noise, FlickerNoise):
        assert isinstance(drift, PowerLawDrift)  # `StatisticsTable` checks it
        x = relative(stats, np.abs(g_programmed), extrapolate=extrapolate)
        return np.abs(g) * curve_value(noise.q, x) * _spread(t + drift.t0, noise.t_read)
    if (g < 0).any():
        raise InputError(f"{stats.name}: g = {g.min():g} S, expected 0 (an open cell, without noise) or more")
    decades = np.abs(np.log10(np.where(g > 0, g, table.unit) / table.unit))
    return table.unit * noise.k * decades * _spread(t, noise.t_read)


def sample_read(
    stats: Statistics,
    g_programmed: np.ndarray,
    g: np.ndarray,
    t: float = 0.0,
    *,
    rng: np.random.Generator,
    extrapolate: bool = False,
) -> np.ndarray:
    """Conductances of one read: g plus normal read noise, not below 0; arguments as in `read_sigma`."""
    sigma = read_sigma(stats, g_programmed, g, t, extrapolate=extrapolate)
    return np.maximum(real_numbers("g", g) + sigma * rng.standard_normal(np.shape(g)), 0.0)


def _spread(t: float, t_read: float) -> float:
    """sqrt(ln((t + t_read)/(2 t_read))): 1/f noise integrated from the read time to t; 0 before the first read ends."""
    return float(np.sqrt(max(np.log((t + t_read) / (2 * t_read)), 0.0)))
