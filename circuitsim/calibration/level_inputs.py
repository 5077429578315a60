"""Inputs of gates with several levels: what a hold-out draws, and what a search tries.

Levels differ in more than their current: near the threshold of the transistor a cell follows the source line, far above
it the bit line. So some reads hold all rows at one level, and blocks of rows at a low level beside others at the top.
"""

from collections.abc import Iterator

import numpy as np

from circuitsim.errors import InputError
from circuitsim.spec import ArraySpec

LEVEL_KINDS = ("levels", "sparse_levels", "low_levels", "one_level", "steps")
"""Kinds of inputs besides those of gates that are off or on."""
_USUAL = {"levels": 6, "sparse_levels": 3, "low_levels": 2, "one_level": 3, "steps": 2}
LEVEL_VECTORS = (
    {**_USUAL, "half": 1, "adjacent": 2, "all_on": 1},
    {"levels": 3, "one_level": 3, "steps": 2, "adjacent": 2, "all_on": 1},
    {"levels": 4, "sparse_levels": 8},
)
"""How many of each kind a hold-out has: for usual, extreme and network-like matrices."""
LEVEL_VALIDATION = {"levels": 8, "sparse_levels": 4, "one_level": 4, "steps": 4, "adjacent": 2, "all_on": 1}
"""The same for the choice of a grade."""
LEVEL_LARGER = {"levels": 4, "one_level": 2, "steps": 2, "adjacent": 1, "all_on": 1}
"""The same for a larger array."""
_SPARSE = 0.15  # of the rows
_STEPS = 5  # levels that a search tries


def last_level(spec: ArraySpec) -> int:
    """Return the number of the last level of the gates: 1 where they are off or on."""
    return 1 if spec.driver.gate_levels is None else len(spec.driver.gate_levels) - 1


def draw_levels(kind: str, count: int, spec: ArraySpec, rng: np.random.Generator) -> np.ndarray:
    """Sample inputs (count, rows) of one of `LEVEL_KINDS`, each k / (n − 1) for the k-th of n levels.

    "levels" takes all levels alike and "low_levels" those of the lower half; "one_level" puts all rows at one, and
    "steps" holds up to four blocks of rows at a level each.

    Raises:
        InputError: The kind is unknown.
    """
    last, shape = last_level(spec), (count, spec.array.rows)
    if kind in ("levels", "sparse_levels"):
        drawn = rng.integers(0, last + 1, shape)
        drawn = drawn * (rng.random(shape) < _SPARSE) if kind == "sparse_levels" else drawn
    elif kind == "low_levels":
        drawn = rng.integers(0, last // 2 + 1, shape)
    elif kind == "one_level":
        drawn = np.broadcast_to(rng.integers(1, last + 1, (count, 1)), shape)
    elif kind == "steps":
        block = (rng.random(shape) < 4 / spec.array.rows).cumsum(axis=1)
        drawn = np.take_along_axis(rng.integers(0, last + 1, (count, spec.array.rows + 1)), block, axis=1)
    else:
        raise InputError(f"input kind = {kind!r}: expected one of {', '.join(LEVEL_KINDS)}")
    return drawn / last


def tried_levels(spec: ArraySpec, count: int = _STEPS) -> tuple[float, ...]:
    """Return the inputs that a search tries: all levels, or so many of them, the ends included."""
    last = last_level(spec)
    return tuple(float(k) for k in np.unique(np.rint(np.linspace(0, last, min(count, last + 1)))) / last)


def levels_of_patterns(spec: ArraySpec, on: np.ndarray, blocks: np.ndarray) -> Iterator[np.ndarray]:
    """Yield inputs (…, rows) of which patterns select rows: at each searched level, and the others at one below.

    Args:
        spec: The array.
        on: Patterns (n, rows), 0 or 1.
        blocks: Further ones, which cost most: they are taken at the middle level and at the top alone.
    """
    levels = [level for level in tried_levels(spec) if level > 0]
    for level in levels:
        yield on * level
        if level < 1:
            yield np.where(on > 0, 1.0, level)
    yield blocks * levels[(len(levels) - 1) // 2]
    yield blocks
