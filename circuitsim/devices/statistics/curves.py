"""Values of the fit functions that a `device.toml` states."""

import numpy as np

from circuitsim.devices.device_toml_statistics import (
    LogCurve,
    PolynomialCurve,
    PowerCurve,
    SaturatingCurve,
    StatisticsCurve,
)

SMALLEST = 1e-7  # relative conductance below which ln x is taken at this value, as the sources of the fits do


def curve_value(curve: StatisticsCurve, x: np.ndarray) -> np.ndarray:
    """Evaluate a fit function; its class states the formula.

    Args:
        curve: The fit function.
        x: Conductance over the reference of the statistics (any shape).

    Returns:
        Values in the shape of x.
    """
    if isinstance(curve, PolynomialCurve):
        return np.polynomial.polynomial.polyval(x, curve.coefficients)
    if isinstance(curve, LogCurve):
        return np.clip(curve.a * np.log(np.maximum(x, SMALLEST)) + curve.b, curve.low, curve.high)
    if isinstance(curve, PowerCurve):
        return np.minimum(curve.c / np.maximum(x**curve.p, curve.floor), curve.cap)
    if isinstance(curve, SaturatingCurve):
        return curve.a * (1 - np.exp(-x / curve.b))
    return np.where(x < curve.at, curve_value(curve.below, x), curve_value(curve.above, x))
