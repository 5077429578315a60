"""Columns of a bit line and a source line in a step in time: chains of pairs of nodes, solved pair by pair.

Wires join neighbors of the same line; the cell of a row joins the pair, in both directions differently as its charges
need not be reciprocal. Columns lie side by side in memory, so that a step down the chain serves many at once.
"""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from circuitsim.nodal.kernel import kernel


def column_pairs(matrix: sparse.csr_matrix, bit: np.ndarray, source: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Factor the part of a step's matrix (free, free) [F] that belongs to the columns.

    Args:
        matrix: Slopes of charges, the charges that currents carry in the step included.
        bit, source: (rows, cols) nodes of the cells' ends, each another one.

    Returns:
        The solution for right sides (2 · rows · cols,) [C], the nodes of the bit lines first, both row by row.
    """
    rows, cols = bit.shape
    ends = (bit, source)
    pairs = np.array([[_entries(matrix, one, other) for other in ends] for one in ends])
    ahead = np.array([_entries(matrix, line[:-1], line[1:]) for line in ends])
    inverse = np.empty((rows, 2, 2, cols))
    _factor(pairs, ahead, inverse)

    def solve(r: np.ndarray) -> np.ndarray:
        x = np.empty((2, rows, cols))
        _substitute(inverse, ahead, r.reshape(2, rows, cols), x)
        return x.ravel()

    return solve


def _entries(matrix: sparse.csr_matrix, at: np.ndarray, by: np.ndarray) -> np.ndarray:
    """Entries of a matrix at nodes, by others; the shape of both."""
    return np.asarray(matrix[at.ravel(), by.ravel()]).reshape(at.shape)


@kernel
def _factor(pairs, ahead, inverse):
    """Fill the inverse (rows, 2, 2, cols) of each pair, those above it eliminated.

    Args:
        pairs: (2, 2, rows, cols) slopes at a line by the voltage of a line, within a row.
        ahead: (2, rows - 1, cols) slopes between a row and the next one, on each line.
        inverse: Written.
    """
    rows, cols = pairs.shape[2], pairs.shape[3]
    for k in range(rows):
        for j in range(cols):
            a, b, c, d = pairs[0, 0, k, j], pairs[0, 1, k, j], pairs[1, 0, k, j], pairs[1, 1, k, j]
            if k:
                upper, lower = ahead[0, k - 1, j], ahead[1, k - 1, j]
                a -= upper * upper * inverse[k - 1, 0, 0, j]
                b -= upper * lower * inverse[k - 1, 0, 1, j]
                c -= lower * upper * inverse[k - 1, 1, 0, j]
                d -= lower * lower * inverse[k - 1, 1, 1, j]
            over = 1.0 / (a * d - b * c)
            inverse[k, 0, 0, j], inverse[k, 0, 1, j] = d * over, -b * over
            inverse[k, 1, 0, j], inverse[k, 1, 1, j] = -c * over, a * over


@kernel
def _substitute(inverse, ahead, r, x):
    """Solve for x (2, rows, cols) from right sides r."""
    rows, cols = r.shape[1], r.shape[2]
    for k in range(rows):
        for j in range(cols):
            first, second = r[0, k, j], r[1, k, j]
            if k:
                first -= ahead[0, k - 1, j] * x[0, k - 1, j]
                second -= ahead[1, k - 1, j] * x[1, k - 1, j]
            x[0, k, j] = inverse[k, 0, 0, j] * first + inverse[k, 0, 1, j] * second
            x[1, k, j] = inverse[k, 1, 0, j] * first + inverse[k, 1, 1, j] * second
    for k in range(rows - 2, -1, -1):
        for j in range(cols):
            first, second = ahead[0, k, j] * x[0, k + 1, j], ahead[1, k, j] * x[1, k + 1, j]
            x[0, k, j] -= inverse[k, 0, 0, j] * first + inverse[k, 0, 1, j] * second
            x[1, k, j] -= inverse[k, 1, 0, j] * first + inverse[k, 1, 1, j] * second
