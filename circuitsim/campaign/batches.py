"""Points travel in batches: so many that a worker is busy for a while, and few enough to share the last ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from circuitsim.campaign.work import PointOutcome

LARGEST = 64
"""Points of a batch."""
_NEW = 0.3  # weight of the last point in the mean time of a point


@dataclass(frozen=True)
class Arrival:
    """What came back of a batch.

    Attributes:
        ticket: Number of the batch.
        outcomes: What became of its next points, in their order.
        ended: Nothing more comes of it; points that are left go out again.
        suspects: Of the points that are left, how many from the first on may have killed their worker.
        broken: The engine has ended with all that it had.
    """

    ticket: int
    outcomes: Sequence[PointOutcome]
    ended: bool = False
    suspects: int = 0
    broken: bool = False


def points_per_batch(seconds: float, each: float | None, left: int, slots: int) -> int:
    """Return how many points to hand out together.

    Args:
        seconds: Time that a batch should take [s].
        each: Mean time of a point [s]; None: not known yet.
        left: Points that wait.
        slots: Number of workers: each gets a share of what waits, so that they end together.
    """
    if each is None or seconds <= 0:
        return 1
    fits = LARGEST if each * LARGEST <= seconds else int(seconds / each)
    return max(1, min(fits, -(-left // (2 * slots))))


def mean_time(each: float | None, took: float) -> float:
    """Return the mean time of a point [s], with one more point."""
    return took if each is None else (1 - _NEW) * each + _NEW * took
