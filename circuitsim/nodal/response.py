"""How far the columns of an array follow its inputs: a bound, without a compiled kernel."""

import numpy as np
from scipy.linalg import get_lapack_funcs

_FACTOR, _SOLVE = get_lapack_funcs(("pttrf", "pttrs"), dtype=float)
_SETTLED = 1e-3
_MOST = 200
# What stands for a segment without resistance, times the largest cell: between cells, where digits of these are lost,
# and at the ends, where a node is held.
_MERGED, _HELD = 1e9, 1e13


def highest_response(r_row: np.ndarray, r_col: np.ndarray, g0: np.ndarray) -> float:
    """Return the highest column voltage per volt at all inputs of an array of constant conductances.

    Rows and columns are solved in turn, from rows at 1 V on. Every step is then a bound from above, closer than the one
    before; the last one moves the highest voltage by less than a thousandth of it.

    Args:
        r_row, r_col: Segment resistances, driver and sense resistance in the end segments [ohm].
        g0: Conductances (rows, cols) [S].
    """
    largest = max(float(g0.max()), 1e-300)
    along_row, along_col = (_segments(r, largest) for r in (r_row, r_col.T))
    rows, cols = _factored(along_row, g0), _factored(along_col, g0.T)
    fed = np.zeros(g0.shape)
    fed[:, 0] += along_row[:, 0]
    fed[:, -1] += along_row[:, -1]
    v_row, before, highest = np.ones(g0.shape), np.inf, 1.0
    for _ in range(_MOST):
        v_col = _solved(cols, (g0 * v_row).T).T
        highest = float(v_col.max())
        if before - highest <= _SETTLED * highest:
            break
        v_row, before = _solved(rows, g0 * v_col + fed), highest
    return highest


def _segments(r: np.ndarray, largest: float) -> np.ndarray:
    """Conductances [S] of wires of segments (lines, n + 1) [ohm] beside cells of at most `largest` [S]."""
    limit = np.full(r.shape[1], _MERGED * largest)
    limit[[0, -1]] = _HELD * largest
    with np.errstate(divide="ignore"):
        return np.minimum(1.0 / r, limit)


def _factored(segments: np.ndarray, g0: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Factor wires of segments (lines, n + 1) [S] with cells (lines, n) [S] to 0 V, end to end as one matrix."""
    diagonal = segments[:, :-1] + segments[:, 1:] + g0
    beside = -segments[:, 1:].copy()
    beside[:, -1] = 0.0  # nothing joins one wire to the next
    # One node of its own behind them: a single cell is no matrix to LAPACK.
    return _FACTOR(np.append(diagonal, 1.0), beside.ravel())[:2]


def _solved(factors: tuple[np.ndarray, np.ndarray], current: np.ndarray) -> np.ndarray:
    """Voltages [V] of factored wires for currents [A] into their nodes, of the same shape."""
    return _SOLVE(*factors, np.append(current, 0.0)[:, None])[0][:-1].reshape(current.shape)
