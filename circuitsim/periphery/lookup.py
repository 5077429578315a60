"""Look up the codes of many inputs of an ADC: an even grid knows which edges an input in a cell may pass."""

import numba
import numpy as np

_CELLS, _MOST = 16, 2**18  # cells of the grid for each edge, and of all
_MISPLACED = 0.05  # of a cell, by which float32 may misplace an input


def edge_grid(edges: np.ndarray, dtype: np.dtype) -> tuple[np.ndarray, np.ndarray, float, float, int]:
    """Lay out rising edges (n,) [LSB].

    Returns:
        The number of edges surely below the inputs of each cell, the edges and infinity behind them, where the first
        cell begins, cells per LSB, and the largest number of edges that an input in a cell may still pass.
    """
    cells = min(_CELLS * len(edges), _MOST)
    low = float(edges[0])
    per_step = cells / (float(edges[-1]) - low) if len(edges) > 1 else 1.0
    cell = np.arange(cells + 1)
    below = np.searchsorted(edges, low + (cell - _MISPLACED) / per_step, side="left")
    passed = np.searchsorted(edges, low + (cell + 1 + _MISPLACED) / per_step, side="right")
    passed[-1] = len(edges)
    most = int((passed - below).max())
    return below.astype(np.int32), np.append(edges, np.inf).astype(dtype), low, per_step, most


@numba.njit(cache=True, nogil=True)
def look_up(steps, below, edges, low, per_step, most, codes, found):
    """Write the codes of inputs (n,) [LSB]: that of index k lies above k edges; NaN gets the first.

    Every input is compared `most` times: a loop that ends where it may would be predicted wrongly too often.
    """
    kind = steps.dtype.type
    zero, last = kind(0), kind(len(below) - 1)
    for n in range(len(steps)):
        place = min(max((steps[n] - low) * per_step, zero), last)
        k = np.uint64(below[np.uint64(np.int32(place))])
        for _ in range(most):
            k += np.uint64(steps[n] > edges[k])
        found[n] = codes[k]


@numba.njit(cache=True, nogil=True)
def look_up_levels(codes, levels, found):
    """Write the levels of codes (n,), and return True; stop and return False at a code that has no level."""
    for n in range(len(codes)):
        if not 0 <= codes[n] < len(levels):
            return False
        found[n] = levels[np.uint64(np.int32(codes[n]))]
    return True
