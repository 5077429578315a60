"""Pulses that start together, as intervals in which every row is constant."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np


def constant_rows(
    height: np.ndarray, width: np.ndarray, rest: float | np.ndarray, end: float = 0.0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield what stays constant of each row (reads, rows) and how long (reads,) [s], interval after interval.

    Args:
        height: (reads, rows) value during each pulse, such as its voltage [V].
        width: (reads, rows) its duration [s]; all start together.
        rest: Value without a pulse, of all or of each (reads, rows).
        end: From the start of the pulses to the end of a last interval, in which all rows are at rest [s].
    """
    ends = np.sort(np.concatenate([np.zeros((len(width), 1)), width, np.full((len(width), 1), end)], axis=1), axis=1)
    for before, after in pairwise(ends.T):
        if (after > before).any():
            yield np.where(width >= after[:, None], height, rest), after - before
