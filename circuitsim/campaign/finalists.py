"""Measure the best points by finer measures, such as ngspice, and judge by these which of them stay."""

from collections.abc import Sequence

import numpy as np

from circuitsim.campaign.evaluations import Evaluator, Measured, measure_places
from circuitsim.campaign.exploration_file import ExplorationFile, finalist_measures
from circuitsim.campaign.fronts import excess
from circuitsim.campaign.search import Place
from circuitsim.results import Finalist, ResultLimit, limit_in_words, result_in_words


def judged_finalists(
    file: ExplorationFile, evaluator: Evaluator, chosen: Sequence[tuple[int, Place, Measured]]
) -> tuple[Finalist, ...]:
    """Measure finalists, and judge each by its finer numbers: limits first, then whether another one is better.

    Args:
        file: The exploration.
        evaluator: Measures.
        chosen: Number, place and cheap numbers of each finalist.
    """
    names = finalist_measures(file)
    measured = measure_places(evaluator, [place for _, place, _ in chosen], names)
    finer_names = {name: own for name, (own, _) in names.items() if own != name}
    judged = [_judged(file, evaluator, k, cheap, measured[place], finer_names) for k, place, cheap in chosen]
    return tuple(_beside(file, each, judged) for each in judged)


def _judged(
    file: ExplorationFile, evaluator: Evaluator, k: int, cheap: Measured, finer: Measured, names: dict[str, str]
) -> Finalist:
    assert cheap.values is not None  # it is on the front
    if finer.values is None:
        return Finalist(k, cheap.values, {}, {}, "failed", finer.reason)
    both, others = {}, {}
    for name, value in finer.values.items():
        measure, _, result = name.partition(".")
        both_name = f"{names[measure]}.{result}" if measure in names else ""
        if both_name in cheap.values:
            both[both_name] = value
        else:
            others[name] = value
    for limit in (ResultLimit(name, table.at_least, table.at_most) for name, table in file.limits.items()):
        value = both.get(limit.name, cheap.values[limit.name])
        if excess(limit, value) > 0:
            unit = evaluator.units[limit.name]
            why = f"{limit.name} = {result_in_words(value, unit)}, expected {limit_in_words(limit, unit)}"
            return Finalist(k, cheap.values, both, others, "out", why)
    return Finalist(k, cheap.values, both, others, "confirmed", "")


def _beside(file: ExplorationFile, one: Finalist, every: Sequence[Finalist]) -> Finalist:
    """Return a finalist as dominated where another confirmed one is at least as good in all, and better in one."""
    if one.state != "confirmed":
        return one
    own = _goals(file, one)
    for other in every:
        if other.state != "confirmed" or other is one:
            continue
        goals = _goals(file, other)
        if (goals <= own).all() and (goals < own).any():
            why = f"point {other.point} is as good or better in each objective by the finer numbers"
            return Finalist(one.point, one.cheap, one.finer, one.others, "dominated", why)
    return one


def _goals(file: ExplorationFile, one: Finalist) -> np.ndarray:
    """Return the objectives, each to be made small: by the finer numbers where there are some."""
    signs = {**dict.fromkeys(file.minimize, 1), **dict.fromkeys(file.maximize, -1)}
    return np.array([sign * one.finer.get(name, one.cheap[name]) for name, sign in signs.items()])
