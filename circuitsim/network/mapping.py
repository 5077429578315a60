"""Weights as pairs of conductances, and currents back as numbers: the one place where units are taken off."""

import numpy as np


def largest_weight(weights: np.ndarray) -> float:
    """Largest |weight| of a layer, which takes g_max; 1 for a layer of zeros."""
    return float(np.max(np.abs(weights), initial=0.0)) or 1.0


def conductances(weights: np.ndarray, *, w_max: float, g_min: float, g_max: float) -> np.ndarray:
    """Map signed weights onto differential pairs of columns.

    The side that carries the sign takes g_min + |w|/w_max · (g_max − g_min), the other side g_min. Column 2j is the
    positive side of output j, column 2j + 1 the negative side: both sit at the same place along the row, so that the
    wires treat them alike.

    Args:
        weights: (inputs, outputs), |weights| <= w_max.
        w_max: Weight that takes the whole range.
        g_min, g_max: Conductance range [S].

    Returns:
        (inputs, 2 · outputs) conductances [S].
    """
    inputs, outputs = weights.shape
    g = np.full((inputs, 2 * outputs), g_min)
    slope = (g_max - g_min) / w_max
    g[:, 0::2] += np.maximum(weights, 0.0) * slope
    g[:, 1::2] += np.maximum(-weights, 0.0) * slope
    return np.minimum(g, g_max)  # rounding alone could pass g_max


def numbers(i_out: np.ndarray, *, w_max: float, g_min: float, g_max: float, v_per_unit: float) -> np.ndarray:
    """Turn column currents back into products of numbers.

    Args:
        i_out: (batch, 2 · outputs) column currents [A], positive into the sense amplifier.
        w_max: Weight that takes the whole range.
        g_min, g_max: Conductance range [S].
        v_per_unit: Voltage that stands for an input of 1 [V].

    Returns:
        (batch, outputs) products input @ weights.
    """
    return (i_out[:, 0::2] - i_out[:, 1::2]) * (w_max / ((g_max - g_min) * v_per_unit))
