"""What a designer reads off a waveform: integrals, crossings, settling."""

import numpy as np


def integral(time: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Integrate waveforms (points, n) over time (points,) [s] by the trapezoidal rule."""
    return np.sum((values[1:] + values[:-1]) * np.diff(time)[:, None], axis=0) / 2


def crossing_time(time: np.ndarray, values: np.ndarray, level: np.ndarray) -> np.ndarray:
    """Time (n,) [s] at which each waveform (points, n) first reaches its level (n,), from the side it starts on.

    Returns inf where the level is not reached, and the first time where the waveform starts at it.
    """
    away = np.sign(values[0] - level)
    reached = (values - level) * away <= 0
    return np.array([_first(time, values[:, k] - level[k], reached[:, k]) for k in range(values.shape[1])])


def settling_time(time: np.ndarray, values: np.ndarray, final: np.ndarray, band: float) -> np.ndarray:
    """Time (n,) [s] from which each waveform (points, n) stays within `band` of its final value (n,).

    Returns inf where the last point lies outside the band. The crossing is interpolated between time points.
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
    """Time at which `values` is zero between points k − 1 and k."""
    span = values[k - 1] - values[k]
    share = values[k - 1] / span if span else 1.0
    return float(time[k - 1] + share * (time[k] - time[k - 1]))
