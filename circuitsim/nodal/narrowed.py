"""Chebyshev series over part of their range: the same numbers from fewer terms.

A surface serves every voltage that a cell may have, and near the threshold of a transistor takes 64 × 20 terms for it.
The source lines of one array rise by some millivolts: over these a few terms give the same current to rounding.
"""

import numpy as np
from numpy.polynomial import chebyshev

_KEPT = 1e-14  # of the largest coefficient: smaller ones at the end are rounding


def narrowed(tensor: np.ndarray, axis: int, low: float, high: float) -> np.ndarray:
    """Return a series in T_n over low … high along one axis, in place of −1 … 1, with as many terms as it needs.

    Args:
        tensor: Coefficients, of any shape.
        axis: The axis to narrow.
        low, high: The part of −1 … 1 that is kept, low < high.
    """
    count = tensor.shape[axis]
    nodes = np.cos(np.pi * (np.arange(count) + 0.5) / count)
    within = chebyshev.chebvander(0.5 * (low + high) + 0.5 * (high - low) * nodes, count - 1)
    share = np.full((count, 1), 2.0 / count)
    share[0] = 1.0 / count
    again = share * chebyshev.chebvander(nodes, count - 1).T @ within  # values at the nodes, as a series once more
    series = np.moveaxis(np.tensordot(again, tensor, axes=(1, axis)), 0, axis)
    largest = np.abs(series).max(axis=tuple(other for other in range(series.ndim) if other != axis))
    needed = np.flatnonzero(largest > _KEPT * largest.max(initial=0.0))
    return np.ascontiguousarray(np.take(series, np.arange(needed[-1] + 1 if len(needed) else 1), axis=axis))
