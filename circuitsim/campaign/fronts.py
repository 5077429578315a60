"""Which points are the best: limits, the Pareto front, its hypervolume, and points spread along it."""

from collections.abc import Sequence

import numpy as np

from circuitsim.results import ResultLimit


def excess(limit: ResultLimit, value: float) -> float:
    """Return how far a value is outside a limit, relative to it; 0: it keeps it; positive in any case outside."""
    over = 0.0
    for end, beyond in ((limit.high, value - (limit.high or 0.0)), (limit.low, (limit.low or 0.0) - value)):
        if end is not None and beyond > 0:
            over = max(over, beyond / abs(end) if end != 0 else beyond)
    return over


def pareto_front(goals: np.ndarray, violation: np.ndarray) -> np.ndarray:
    """Return which points are on the front (points,).

    Args:
        goals: (points, objectives), each to be made small; NaN: the point failed.
        violation: (points,) 0: the point keeps the limits.
    """
    allowed = (violation == 0) & np.isfinite(goals).all(axis=1)
    front = np.zeros(len(goals), dtype=bool)
    for k in np.flatnonzero(allowed):
        no_worse = (goals[allowed] <= goals[k]).all(axis=1)
        front[k] = not (no_worse & (goals[allowed] < goals[k]).any(axis=1)).any()
    return front


def hypervolume(goals: np.ndarray, corner: np.ndarray) -> float:
    """Return the volume between points (points, objectives), to be made small, and a corner that is worse.

    Points beyond the corner add nothing. Exact: slices along the last objective.
    """
    inside = goals[(goals < corner).all(axis=1)]
    if len(inside) == 0:
        return 0.0
    if inside.shape[1] == 1:
        return float(corner[0] - inside.min())
    inside = inside[np.argsort(inside[:, -1], kind="stable")]
    ends = np.append(inside[1:, -1], corner[-1])
    heights = ends - inside[:, -1]
    return float(
        sum(height * hypervolume(inside[: k + 1, :-1], corner[:-1]) for k, height in enumerate(heights) if height > 0)
    )


def spread_along(goals: np.ndarray, count: int) -> list[int]:
    """Return the numbers of points spread over a front (points, objectives), at most `count`.

    The best in each objective come first, then whichever is farthest from those chosen, each objective in units of the
    front's own range. Points with equal objectives count once.
    """
    low, high = goals.min(axis=0), goals.max(axis=0)
    unit = (goals - low) / np.where(high > low, high - low, 1.0)
    chosen: list[int] = []
    for each in range(goals.shape[1]):
        best = int(np.lexsort((*unit.T, unit[:, each]))[0])
        if best not in chosen and len(chosen) < count:
            chosen.append(best)
    while len(chosen) < count:
        distance = np.min([np.abs(unit - unit[k]).max(axis=1) for k in chosen], axis=0)
        if distance.max() == 0:
            break
        chosen.append(int(distance.argmax()))
    return chosen


def nearest_allowed(violation: Sequence[float] | np.ndarray) -> int | None:
    """Return the number of the point that is least outside its limits; None where all failed."""
    found = np.asarray(violation, dtype=float)
    return None if not np.isfinite(found).any() else int(np.nanargmin(found))
