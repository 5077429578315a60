"""An exploration in words: the rows of its front, and the nearest point where none keeps the limits."""

import numpy as np

from circuitsim.results import Exploration, Finalist, limit_in_words, result_in_words
from circuitsim.spec import checked


@checked
def front_rows(found: Exploration) -> tuple[list[str], list[list[str]]]:
    """Return the heading and the rows of a table of the front, the best in the first objective on top.

    Columns are the axes, then the objectives and the limited results; behind those that finalists measured anew, their
    finer number and how far the cheap one is off, relative to the finer one.
    """
    names = shown_results(found)
    finer = [name for name in names if any(name in each.finer for each in found.finalists)]
    others = list(dict.fromkeys(name for each in found.finalists for name in each.others))
    head = [f"{axis.name} [{axis.unit}]" if axis.unit else axis.name for axis in found.axes]
    for name in names:
        head += [name, *([f"{name}, finer", f"{name}, off by (of finer)"] if name in finer else [])]
    head += [*others, *(["finalist"] if found.finalists else [])]
    beside = {each.point: each for each in found.finalists}
    first = found.objectives[0]
    points = sorted(np.flatnonzero(found.front), key=lambda k: first.sign * found.column(first.name)[k])
    return head, [_row(found, int(k), beside.get(int(k)), names, finer, others) for k in points]


@checked
def shown_results(found: Exploration) -> list[str]:
    """Return the objectives, then the results that are limited besides."""
    return list(dict.fromkeys([*(each.name for each in found.objectives), *(each.name for each in found.limits)]))


@checked
def nothing_allowed(found: Exploration) -> str:
    """Say that no point keeps the limits, and which is the nearest."""
    k = int(np.nanargmin(found.violation))
    broken = []
    for limit in found.limits:
        value, unit = float(found.column(limit.name)[k]), found.units[limit.name]
        if (limit.high is not None and value > limit.high) or (limit.low is not None and value < limit.low):
            broken.append(f"{limit.name} = {result_in_words(value, unit)}, expected {limit_in_words(limit, unit)}")
    place = found.place(tuple(int(each) for each in found.index[k]))
    return f"no point of {len(found.index)} keeps the limits: the nearest is {place} with {'; '.join(broken)}"


def _row(
    found: Exploration, point: int, finalist: Finalist | None, names: list[str], finer: list[str], others: list[str]
) -> list[str]:
    row = [f"{axis.labels[k]}" for axis, k in zip(found.axes, found.index[point], strict=True)]
    for name in names:
        value, unit = float(found.column(name)[point]), found.units[name]
        row.append(result_in_words(value, unit))
        if name in finer:
            there = None if finalist is None else finalist.finer.get(name)
            row += ["", ""] if there is None else [result_in_words(there, unit), _off(value, there, unit)]
    for name in others:
        there = None if finalist is None else finalist.others.get(name)
        row.append("" if there is None else result_in_words(there, found.units[name]))
    if found.finalists:
        row.append("" if finalist is None else finalist.state)
    return row


def _off(value: float, truth: float, unit: str) -> str:
    """Say how far the cheap number is from the finer one, relative to it; in the unit where that is 0."""
    return f"{100 * (value / truth - 1):+.2g} %" if truth != 0 else f"{'+' * (value > 0)}{result_in_words(value, unit)}"
