"""Chebyshev nodes on an interval and the tensor interpolant through values on them."""

import numpy as np
from numpy.polynomial import chebyshev


def nodes(count: int, low: float, high: float) -> np.ndarray:
    """First-kind Chebyshev nodes (count,) in (low, high), in falling order; the ends are never among them."""
    unit = np.cos(np.pi * (np.arange(count) + 0.5) / count)
    return (low + high) / 2 + (high - low) / 2 * unit


def to_unit(x: np.ndarray, low: float, high: float) -> np.ndarray:
    """Map [low, high] to [−1, 1]; an interval of no width maps to 0."""
    if high == low:
        return np.zeros_like(np.asarray(x, dtype=float))
    return (2 * np.asarray(x, dtype=float) - low - high) / (high - low)


def tensor_fit(values: np.ndarray) -> np.ndarray:
    """Coefficients of the interpolant through values on a tensor grid of first-kind nodes; same shape as `values`."""
    coefficients = values
    for axis, count in enumerate(values.shape):
        inverse = np.linalg.inv(chebyshev.chebvander(nodes(count, -1.0, 1.0), count - 1))
        coefficients = np.moveaxis(np.tensordot(inverse, coefficients, (1, axis)), 0, axis)
    return coefficients
