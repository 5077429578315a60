"""Changes of a matrix that a search tries: blocks of it set to another conductance, columns exchanged."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from circuitsim.calibration.box import Box
from circuitsim.calibration.families import columns_of

Change = Callable[[np.ndarray, int], np.ndarray]
"""Makes a matrix (rows, cols) [S] of another one and the index of the column that errs."""

PARTS = 4  # of the rows and of the columns


def changes_of(box: Box, v_in: np.ndarray, column: int) -> Iterator[Change]:
    """Yield changes, those that most often help first.

    Args:
        box: The box.
        v_in: Inputs of the read that errs most (rows,) [V].
        column: The column that errs.
    """
    (rows, cols), low, high = box.spec.shape, box.spec.device.g_min, box.spec.device.g_max
    ends = (low, high)
    by_place, across = _parts(rows), _parts(cols)
    driven = np.abs(v_in - box.rest)
    by_input = [driven > driven.mean(), driven <= driven.mean(), v_in > v_in.mean(), v_in <= v_in.mean()]
    everything = np.ones(rows, dtype=bool)
    yield from (_own(part, value) for value in ends for part in by_place)
    yield from (_block(everything, part, value) for value in ends for part in across)
    yield from (_around(part, value) for value in ends for part in by_place)
    yield from (_block(part, np.ones(cols, dtype=bool), value) for value in ends for part in by_place)
    yield from (change(part, value) for value in ends for part in by_input[:2] for change in (_own, _around))
    yield from (_exchanged(place) for place in columns_of(cols).values())
    if box.spec.array.cell == "2t2r":
        pair = np.arange(cols) // 2 == column // 2
        yield from (_block(part, pair, value) for value in ends for part in by_place)
    if box.v_low < box.rest:
        yield from (change(part, value) for value in ends for part in by_input[2:] for change in (_own, _around))
    yield from (_own(part, value) for value in ((low * high) ** 0.5, (low + high) / 2) for part in by_place)
    yield from (_block(part, other, value) for value in ends for part in by_place for other in across)


def _own(rows: np.ndarray, value: float) -> Change:
    """Set these rows of the column that errs."""
    return lambda g, column: _set(g, rows, np.arange(g.shape[1]) == column, value)


def _around(rows: np.ndarray, value: float) -> Change:
    """Set these rows of all other columns."""
    return lambda g, column: _set(g, rows, np.arange(g.shape[1]) != column, value)


def _block(rows: np.ndarray, cols: np.ndarray, value: float) -> Change:
    return lambda g, column: _set(g, rows, cols, value)


def _set(g: np.ndarray, rows: np.ndarray, cols: np.ndarray, value: float) -> np.ndarray:
    changed = g.copy()
    changed[np.ix_(rows, cols)] = value
    return changed


def _exchanged(place: int) -> Change:
    """Exchange the column that errs with the one at a place."""

    def change(g: np.ndarray, column: int) -> np.ndarray:
        changed = g.copy()
        changed[:, [place, column]] = g[:, [column, place]]
        return changed

    return change


def _parts(count: int) -> list[np.ndarray]:
    """Cut a wire into at most `PARTS` parts, none of them empty, each as the places that it holds."""
    cuts = np.unique(np.linspace(0, count, PARTS + 1).round())
    place = np.arange(count)
    return [(first <= place) & (place < last) for first, last in pairwise(cuts)]
