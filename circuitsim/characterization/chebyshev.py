"""Chebyshev nodes on an interval and the tensor interpolant through values on them."""

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.nodal.surface import unit_nodes


def nodes(count: int, low: float, high: float) -> np.ndarray:
    """First-kind Chebyshev nodes (count,) in (low, high), in falling order; the ends are never among them."""
    return (low + high) / 2 + (high - low) / 2 * unit_nodes(count)


def tensor_fit(values: np.ndarray) -> np.ndarray:
    """Coefficients of the interpolant through values on a tensor grid of first-kind nodes; same shape as `values`."""
    coefficients = values
    for axis, count in enumerate(values.shape):
        inverse = np.linalg.inv(chebyshev.chebvander(nodes(count, -1.0, 1.0), count - 1))
        coefficients = np.moveaxis(np.tensordot(inverse, coefficients, (1, axis)), 0, axis)
    return np.ascontiguousarray(coefficients)  # as a file returns them: products round by the layout of their arrays
