"""Climb from a read to a larger error: flip rows of the input, change blocks of the matrix."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from circuitsim.calibration.comparison import BothLevels, Difference, Search

ROUNDS = 20  # of flips; three to six are enough
GAIN = 1e-4  # relative gain of a round of flips below which it was the last
STEP_UP = 1e-3  # relative gain that makes a change of the matrix worth a step
PARTS = 4  # blocks along a column, along the rows and along the columns


def flip_rows(search: Search, start: Difference) -> Difference:
    """Change inputs row by row as long as the error grows.

    One batch reads every change of a single row. A second one applies the best change of each row cumulatively, the
    most promising first: whole blocks of rows turn in one round.
    """
    best = start
    for _ in range(ROUNDS):
        single = _single_changes(best.v_in, search.box.steps)
        error = search.errors(best.both, single, best.family).max(axis=1)
        together = _cumulative(best.v_in, single[error > best.error], error[error > best.error])
        if len(together) == 0:
            break
        found = largest_of(search, best.both, together, best.family)
        if found.error <= best.error * (1 + GAIN):
            break
        best = found
    return best


def change_blocks(search: Search, start: Difference, inputs: np.ndarray, *, programs: int) -> Difference:
    """Set blocks of the matrix to other conductances as long as the error grows, and flip rows after each round.

    Args:
        search: The search under way.
        start: Where to start.
        inputs: Inputs (batch, rows) [V] that each matrix is read with besides those of the best read.
        programs: Largest number of matrices to program.
    """
    best, left, improved = start, programs, True
    while improved:
        improved = False
        column = best.column
        for block, value in _blocks(search, column):
            for g in _changed(best.both.g, block, value, column):
                if left == 0:
                    return flip_rows(search, best) if improved else best
                left -= 1
                found = largest_of(search, search.program(g), np.vstack([best.v_in, inputs]), best.family)
                if found.error > best.error * (1 + STEP_UP):
                    best, improved = found, True
        if improved:
            best = flip_rows(search, best)
    return best


def largest_of(search: Search, both: BothLevels, v_in: np.ndarray, family: str) -> Difference:
    """Read a matrix with inputs (batch, rows) [V] and return the largest difference."""
    error = search.errors(both, v_in, family)
    vector, column = np.unravel_index(error.argmax(), error.shape)
    return Difference(float(error[vector, column]), both, v_in[vector].copy(), int(column), family)


def _single_changes(v_in: np.ndarray, steps: tuple[float, ...]) -> np.ndarray:
    """Return every input that differs from `v_in` in one row, which takes one of the steps."""
    rows, values = np.nonzero(v_in[:, None] != np.array(steps))
    changed = np.repeat(v_in[None], len(rows), axis=0)
    changed[np.arange(len(rows)), rows] = np.array(steps)[values]
    return changed


def _cumulative(v_in: np.ndarray, single: np.ndarray, error: np.ndarray) -> np.ndarray:
    """Apply the single changes one after the other, the largest error first, each row once."""
    together, current, turned = [], v_in.copy(), set()
    for changed in single[np.argsort(-error, kind="stable")]:
        (row,) = np.flatnonzero(changed != v_in)
        if row not in turned:
            turned.add(row)
            current[row] = changed[row]
            together.append(current.copy())
    return np.array(together)


Block = tuple[slice, slice]


def _blocks(search: Search, column: int) -> Iterator[tuple[Block, float]]:
    """Yield blocks of the matrix, with the conductance [S] to give them."""
    spec = search.model.spec
    (rows, cols), low, high = spec.shape, spec.device.g_min, spec.device.g_max
    pair = slice(column - column % 2, column - column % 2 + 2) if spec.array.cell == "2t2r" else None
    own = slice(column, column + 1)
    for value in (low, high, (low * high) ** 0.5, (low + high) / 2):
        for part in _parts(rows):
            yield (part, own), value
            if pair is not None:
                yield (part, pair), value
    for value in (low, high):
        yield from (((part, slice(0, cols)), value) for part in _parts(rows))
        yield from (((slice(0, rows), part), value) for part in _parts(cols))


def _changed(g: np.ndarray, block: Block, value: float, column: int) -> Iterator[np.ndarray]:
    """Yield the matrix with a block set, and with all of the block but the column that errs."""
    whole = g.copy()
    whole[block] = value
    if not np.array_equal(whole, g):
        yield whole
    around = whole.copy()
    around[:, column] = g[:, column]
    if not np.array_equal(around, g) and not np.array_equal(around, whole):
        yield around


def _parts(count: int) -> list[slice]:
    """Cut a range into at most `PARTS` parts, none of them empty."""
    cuts = np.unique(np.linspace(0, count, PARTS + 1).round().astype(int))
    return [slice(int(a), int(b)) for a, b in pairwise(cuts)]
