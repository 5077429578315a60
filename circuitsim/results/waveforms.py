"""Evaluate waveforms: integrals, crossing times, settling times."""

import numpy as np


def integral(time: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Integrate waveforms (points, n) over time (points,) [s] by the trapezoidal rule."""
    return np.sum((values[1:] + values[:-1]) * np.diff(time)[:, None], axis=0) / 2


def crossing_time(time: np.ndarray, values: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Return the time (n,) [s] at which each waveform (points, n) first reaches its level (n,).

    The time is inf if the level is not reached, and the first time point if the waveform starts at the level. Other
    times are interpolated between time points.
    """
    side = np.sign(values[0] - level)
    reached = (values - level) * side <= 0
    return np.array([_first(time, values[:, k] - level[k], reached[:, k]) for k in range(values.shape[1])])


def settling_time(time: np.ndarray, values: np.ndarray, final: np.ndarray, band: float) -> np.ndarray:
    """Return the time (n,) [s] from which each waveform (points, n) stays within `band` of its final value (n,).

    The time is inf if the last point is outside the band. Other times are interpolated between time points.
    """
    excess = np.abs(values - final) - band
    return np.array([_last(time, excess[:, k]) for k in range(values.shape[1])])


def _first(time: np.ndarray, difference: np.ndarray, reached: np.ndarray) -> float:
    if not reached.any():
        return np.inf
    k = int(np.argmax(reached))
    return _interpolate(time, difference, k) if k else float(time[0])


def _last(time: np.ndarray, excess: np.ndarray) -> float:
    if excess[-1] > 0:
        return np.inf
    outside = np.flatnonzero(excess > 0)
    return _interpolate(time, excess, int(outside[-1]) + 1) if len(outside) else float(time[0])


def _interpolate(time: np.ndarray, values: np.ndarray, k: int) -> float:
    """Return the time at which `values` is zero between points k − 1 and k."""
    span = values[k - 1] - values[k]
    share = values[k - 1] / span if span else 1.0
    return float(time[k - 1] + share * (time[k] - time[k - 1]))
