"""Compute Chebyshev nodes on an interval, and the tensor interpolant of values on them."""

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.nodal.surface import unit_nodes


def nodes(count: int, low: float, high: float) -> np.ndarray:
    """Return first-kind Chebyshev nodes (count,) in (low, high) in decreasing order, without the ends."""
    return (low + high) / 2 + (high - low) / 2 * unit_nodes(count)


def tensor_fit(values: np.ndarray) -> np.ndarray:
    """Return the coefficients of the interpolant of values on a tensor grid of first-kind nodes, in the same shape."""
    coefficients = values
    for axis, count in enumerate(values.shape):
        inverse = np.linalg.inv(chebyshev.chebvander(nodes(count, -1.0, 1.0), count - 1))
        coefficients = np.moveaxis(np.tensordot(inverse, coefficients, (1, axis)), 0, axis)
    return np.ascontiguousarray(
        coefficients
    )  # as loaded from a file: rounding of products depends on the memory layout


def pair_fit(values: np.ndarray) -> np.ndarray:
    """Return coefficients as `tensor_fit`, of values at the upper and at the lower end of the first axis."""
    upper, lower = tensor_fit(values[:1])[0], tensor_fit(values[1:])[0]
    return np.ascontiguousarray(np.stack([(upper + lower) / 2, (upper - lower) / 2]))


def trimmed(*tensors: np.ndarray, allowed: float) -> tuple[np.ndarray, ...]:
    """Drop the last coefficients along each axis of tensors of one shape, as long as they sum to `allowed` at most."""
    kept = []
    for axis, size in enumerate(tensors[0].shape):
        others = tuple(a for a in range(tensors[0].ndim) if a != axis)
        dropped = np.maximum.reduce([np.abs(tensor).sum(axis=others) for tensor in tensors])[::-1].cumsum()
        kept.append(slice(max(1, size - int(np.count_nonzero(dropped <= allowed)))))
    return tuple(np.ascontiguousarray(tensor[tuple(kept)]) for tensor in tensors)
