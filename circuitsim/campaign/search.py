"""Which places of a design space to measure next: an optimizer of optuna, asked in batches.

Where it names places again that are known, unmeasured neighbours of the front take their place. What is asked for
depends on the seed and on the results alone.
"""

import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.campaign.fronts import nearest_allowed, pareto_front
from circuitsim.errors import require

Place = tuple[int, ...]
_TRIES = 4  # times as many places as wanted that the optimizer may name again, or that are no designs


@dataclass(frozen=True)
class PlaceVerdict:
    """What is known of a place.

    Attributes:
        goals: Objectives, each to be made small; None: it failed.
        violation: How far it is outside the limits; 0: it keeps them.
    """

    goals: tuple[float, ...] | None
    violation: float


@dataclass(frozen=True)
class PlaceSearch:
    """An optimizer and what it works on.

    Attributes:
        study: Study of optuna.
        sizes: Number of values of each axis.
        ordered: Whether they are numbers in order; others are words without an order.
        rng: Decides among places of equal worth.
        limited: Whether there are limits, which optuna knows as a constraint.
        known: What is known of each place.
    """

    study: Any
    sizes: tuple[int, ...]
    ordered: tuple[bool, ...]
    rng: np.random.Generator
    limited: bool
    known: dict[Place, PlaceVerdict]


def open_search(
    sizes: Sequence[int], ordered: Sequence[bool], *, objectives: int, random: int, seed: int, limited: bool
) -> PlaceSearch:
    """Begin a search: the tree-structured Parzen estimator of optuna, with limits as constraints.

    Args:
        sizes, ordered, limited: As in `PlaceSearch`.
        objectives: Number of objectives, each to be made small.
        random: Number of places that are drawn at random first.
        seed: Seed of all randomness.

    Raises:
        MissingExtraError: optuna is not installed.
    """
    require("optuna", extra="explore")
    optuna = importlib.import_module("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    first, second = (int(word) for word in np.random.SeedSequence(seed).generate_state(2))
    sampler = optuna.samplers.TPESampler(seed=first, n_startup_trials=random)
    study = optuna.create_study(directions=["minimize"] * objectives, sampler=sampler)
    return PlaceSearch(study, tuple(sizes), tuple(ordered), np.random.default_rng(second), limited, {})


def ask_places(search: PlaceSearch, count: int, allowed: Callable[[Place], bool]) -> list[tuple[Place, Any]]:
    """Return places that were not measured yet, at most `count`, each with its trial.

    Args:
        search: The search.
        count: Number of places.
        allowed: Whether a place is a design at all.

    Returns:
        Fewer than `count` where the space has no more.
    """
    chosen: dict[Place, Any] = {}
    for _ in range(_TRIES * count):
        if len(chosen) >= count:
            break
        trial = search.study.ask(_distributions(search))
        place = tuple(int(trial.params.get(f"axis {k}", 0)) for k in range(len(search.sizes)))
        if place in search.known or place in chosen or not allowed(place):
            search.study.tell(trial, state=_state("FAIL"))
        else:
            chosen[place] = trial
    for place in _others(search):
        if len(chosen) >= count:
            break
        if place not in chosen and allowed(place):
            search.study.enqueue_trial({name: place[int(name.split()[1])] for name in _distributions(search)})
            chosen[place] = search.study.ask(_distributions(search))
    return list(chosen.items())


def tell_place(search: PlaceSearch, place: Place, trial: Any, verdict: PlaceVerdict) -> None:
    """Tell the optimizer what was found at a place."""
    search.known[place] = verdict
    if verdict.goals is None:
        search.study.tell(trial, state=_state("FAIL"))
        return
    if search.limited:
        trial.set_constraint("limits", verdict.violation)
    search.study.tell(trial, list(verdict.goals))


def neighbours(place: Place, sizes: Sequence[int], ordered: Sequence[bool]) -> Iterator[Place]:
    """Yield the places one step away on one axis; on an axis of words every other value is one step away."""
    for k, (size, in_order) in enumerate(zip(sizes, ordered, strict=True)):
        steps = (place[k] - 1, place[k] + 1) if in_order else range(size)
        for step in steps:
            if 0 <= step < size and step != place[k]:
                yield (*place[:k], step, *place[k + 1 :])


def best_places(known: Mapping[Place, PlaceVerdict]) -> list[Place]:
    """Return the places on the front; where no place keeps the limits, the one that is least outside them."""
    places = [place for place, verdict in known.items() if verdict.goals is not None]
    if not places:
        return []
    goals = np.array([known[place].goals for place in places])
    violation = np.array([known[place].violation for place in places])
    front = pareto_front(goals, violation)
    if front.any():
        return [place for place, on_it in zip(places, front, strict=True) if on_it]
    nearest = nearest_allowed(violation)
    return [] if nearest is None else [places[nearest]]


def _others(search: PlaceSearch) -> Iterator[Place]:
    """Yield unmeasured places: beside the front, those with most neighbours on it first, then any, in random order."""
    votes: dict[Place, int] = {}
    for place in best_places(search.known):
        for beside in neighbours(place, search.sizes, search.ordered):
            if beside not in search.known:
                votes[beside] = votes.get(beside, 0) + 1
    shuffled = list(votes)
    search.rng.shuffle(shuffled)
    yield from sorted((tuple(map(int, place)) for place in shuffled), key=lambda place: -votes[place])
    total = int(np.prod(search.sizes))
    for flat in search.rng.permutation(total):
        place = tuple(int(k) for k in np.unravel_index(flat, search.sizes))
        if place not in search.known and place not in votes:
            yield place


def _distributions(search: PlaceSearch) -> dict[str, Any]:
    kinds = importlib.import_module("optuna.distributions")
    return {
        f"axis {k}": kinds.IntDistribution(0, size - 1) if in_order else kinds.CategoricalDistribution(range(size))
        for k, (size, in_order) in enumerate(zip(search.sizes, search.ordered, strict=True))
        if size > 1
    }


def _state(name: str) -> Any:
    return importlib.import_module("optuna.trial").TrialState[name]
