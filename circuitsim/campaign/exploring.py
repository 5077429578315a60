"""Explore a design space: ask for points, measure them as a campaign, and the best of them by finer measures."""

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim.campaign.engines import Engine, local_engine
from circuitsim.campaign.evaluations import Evaluator, Measured, measure_places, open_evaluator, spec_of
from circuitsim.campaign.expansion import set_up
from circuitsim.campaign.exploration_file import FEWEST, MOST_EVALUATIONS, ExplorationFile, campaign_of
from circuitsim.campaign.finalists import judged_finalists
from circuitsim.campaign.fronts import excess, hypervolume, pareto_front, spread_along
from circuitsim.campaign.held_engine import held_engine
from circuitsim.campaign.point_keys import program_versions
from circuitsim.campaign.search import Place, PlaceSearch, PlaceVerdict, ask_places, open_search, tell_place
from circuitsim.errors import InputError
from circuitsim.results import DesignAxis, Exploration, Finalist, GridCheck, Objective, ResultLimit
from circuitsim.spec import checked

_MARGIN = 0.1  # of the range of the grid's front: how far beyond its worst values the corner of volumes lies


@dataclass(frozen=True)
class ExplorationStep:
    """How far an exploration is.

    Attributes:
        step: "points", "finalists" or "grid".
        done, total: Number of points of measures of this step that are done, and of all.
        front: Number of points on the front so far.
        best: Least (or largest) value of the first objective on it, with its unit; None: nothing keeps the limits yet.
    """

    step: str
    done: int
    total: int
    front: int
    best: tuple[float, str] | None


Told = Callable[[ExplorationStep], None]


@checked
def explore(
    file: ExplorationFile,
    folder: str | Path,
    store: str | Path,
    *,
    engine: Engine | None = None,
    retry_failed: bool = False,
    grid: bool = False,
    progress: Told | None = None,
) -> Exploration:
    """Look for the best designs of a space, and measure the finalists among them by finer measures.

    Points are those of a campaign, kept in its store: what is there is not measured again, and an exploration that was
    stopped goes on where it was. Batches have a fixed size, so that neither the number of workers nor the order in
    which results come decides what is asked for next.

    Args:
        file: From `load_exploration`.
        folder: Where its relative paths start.
        store: Folder of the results; made when it is missing.
        engine: What carries points to workers; None: `local_engine()`.
        retry_failed: Measure again what failed.
        grid: Measure every place of the space besides, and say how much of its front the exploration found.
        progress: Called after each result.

    Returns:
        The points with their front, which is empty where no point keeps the limits; and the finalists.

    Raises:
        InputError: A file, a key, a measure or a constraint cannot be used; an objective or a limit names what its
            measure does not return; no place is a design; every point failed; the store cannot be written.
        MissingExtraError: optuna is not installed.
        SimulatorError: The executor broke and cannot be started anew.
    """
    setup = set_up(campaign_of(file), Path(folder), program_versions())
    search = open_search(
        setup.shape,
        [all(isinstance(label, int | float) and not isinstance(label, bool) for label in a.labels) for a in setup.axes],
        objectives=len(file.minimize) + len(file.maximize),
        random=FEWEST,
        seed=file.seed,
        limited=bool(file.limits),
    )
    with held_engine(engine or local_engine()) as held:
        evaluator = open_evaluator(file, setup, store, held, retry_failed)
        found = _searched(file, evaluator, search, _listener(file, search, evaluator, progress))
        return _with_finalists(file, evaluator, search, found, grid, progress)


def objectives_of(file: ExplorationFile) -> tuple[Objective, ...]:
    """Return what makes a point better, in the order of `minimize`, then `maximize`."""
    return (*(Objective(name, 1) for name in file.minimize), *(Objective(name, -1) for name in file.maximize))


def limits_of(file: ExplorationFile) -> tuple[ResultLimit, ...]:
    """Return what makes a point allowed."""
    return tuple(ResultLimit(name, table.at_least, table.at_most) for name, table in file.limits.items())


def verdict_of(file: ExplorationFile, measured: Measured) -> PlaceVerdict:
    """Return the objectives of a point, each to be made small, and how far it is outside the limits."""
    if measured.values is None:
        return PlaceVerdict(None, np.nan)
    values = measured.values
    goals = tuple(each.sign * values[each.name] for each in objectives_of(file))
    return PlaceVerdict(goals, sum(excess(limit, values[limit.name]) for limit in limits_of(file)))


def _searched(
    file: ExplorationFile, evaluator: Evaluator, search: PlaceSearch, told: Callable[[str, int, int], None]
) -> dict[Place, Measured]:
    """Measure places until the budget is spent, or the space is."""
    found: dict[Place, Measured] = {}
    names = tuple(file.measures)
    budget = min(file.budget, int(np.prod(search.sizes)))
    while len(found) < budget:
        asked = ask_places(
            search, min(file.batch, budget - len(found)), lambda place: spec_of(evaluator, place) is not None
        )
        if not asked:
            break
        told("points", len(found), budget)
        measured = measure_places(evaluator, [place for place, _ in asked], names)
        for place, trial in asked:
            found[place] = measured[place]
            tell_place(search, place, trial, verdict_of(file, measured[place]))
        told("points", len(found), budget)
    if not found:
        raise InputError(f"no place of the space is a design: {_most_frequent(evaluator.refused)}")
    if all(each.values is None for each in found.values()):
        raise InputError(f"every point failed: {_most_frequent(Counter(each.reason for each in found.values()))}")
    return found


def _most_frequent(reasons: "Counter[str]") -> str:
    return reasons.most_common(1)[0][0] if reasons else "none meets the constraints"


def _with_finalists(
    file: ExplorationFile,
    evaluator: Evaluator,
    search: PlaceSearch,
    found: dict[Place, Measured],
    grid: bool,
    progress: Told | None,
) -> Exploration:
    places = list(found)
    goals, violation = _judged(file, found.values())
    front = pareto_front(goals, violation)
    told = _listener(file, search, evaluator, progress)
    finalists: tuple[Finalist, ...] = ()
    if file.finalists is not None and front.any():
        on_front = np.flatnonzero(front)
        chosen = [int(on_front[k]) for k in spread_along(goals[front], file.finalists.count)]
        told("finalists", 0, len(chosen))
        finalists = judged_finalists(file, evaluator, [(k, places[k], found[places[k]]) for k in chosen])
        told("finalists", len(chosen), len(chosen))
    check = _grid_check(file, evaluator, search, set(found), told) if grid else None
    results = tuple(name for name in evaluator.units if name.partition(".")[0] in file.measures)
    rows = [[(each.values or {}).get(name, np.nan) for name in results] for each in found.values()]
    failed = Counter(each.reason for each in found.values() if each.values is None)
    return Exploration(
        name=file.name,
        axes=tuple(DesignAxis(axis.name, axis.keys, axis.labels, axis.unit) for axis in evaluator.setup.axes),
        size=int(np.prod(search.sizes)),
        budget=file.budget,
        objectives=objectives_of(file),
        limits=limits_of(file),
        units=dict(evaluator.units),
        index=np.array(places, dtype=np.int32),
        values=np.array(rows, dtype=float),
        results=results,
        violation=violation,
        front=front,
        finalists=finalists,
        failed=tuple(failed.most_common()),
        refused=tuple(evaluator.refused.most_common()),
        grid=check,
    )


def _judged(file: ExplorationFile, measured: Iterable[Measured]) -> tuple[np.ndarray, np.ndarray]:
    """Return objectives (points, objectives), each to be made small, and violations (points,)."""
    verdicts = [verdict_of(file, each) for each in measured]
    nothing = (np.nan,) * len(objectives_of(file))
    goals = np.array([nothing if each.goals is None else each.goals for each in verdicts])
    return goals, np.array([each.violation for each in verdicts])


def _grid_check(
    file: ExplorationFile,
    evaluator: Evaluator,
    search: PlaceSearch,
    explored: set[Place],
    told: Callable[[str, int, int], None],
) -> GridCheck:
    """Measure every place of the space, and compare its front with that of the places explored."""
    if np.prod(search.sizes, dtype=float) > MOST_EVALUATIONS:
        raise InputError(
            f"the grid has {' x '.join(map(str, search.sizes))} places: expected at most {MOST_EVALUATIONS}, leave "
            "--grid out"
        )
    every = [p for p in itertools.product(*map(range, search.sizes)) if spec_of(evaluator, p) is not None]
    told("grid", 0, len(every))
    measured = measure_places(evaluator, every, tuple(file.measures))
    told("grid", len(every), len(every))
    goals, violation = _judged(file, [measured[place] for place in every])
    front = pareto_front(goals, violation)
    known = np.array([place in explored for place in every])
    ours = pareto_front(np.where(known[:, None], goals, np.nan), violation)
    best = [place for place, on_it in zip(every, front, strict=True) if on_it]
    missed = tuple(place for place in best if place not in explored)
    volume = _relative_volume(goals[ours], goals[front]) if front.any() else None
    return GridCheck(len(every), len(best), len(best) - len(missed), volume, missed)


def _relative_volume(ours: np.ndarray, whole: np.ndarray) -> float | None:
    low, high = whole.min(axis=0), whole.max(axis=0)
    unit = np.where(high > low, high - low, 1.0)
    corner = np.full(whole.shape[1], 1.0 + _MARGIN)
    full = hypervolume((whole - low) / unit, corner)
    return hypervolume((ours - low) / unit, corner) / full if full > 0 else None


def _listener(
    file: ExplorationFile, search: PlaceSearch, evaluator: Evaluator, progress: Told | None
) -> Callable[[str, int, int], None]:
    """Return what tells how far a step is, with the front so far."""

    def told(step: str, done: int, total: int) -> None:
        if progress is None:
            return
        goals, violation = _known(file, search)
        front = pareto_front(goals, violation)
        first = objectives_of(file)[0]
        best = None if not front.any() else (float(first.sign * goals[front][:, 0].min()), evaluator.units[first.name])
        progress(ExplorationStep(step, done, total, int(front.sum()), best))

    return told


def _known(file: ExplorationFile, search: PlaceSearch) -> tuple[np.ndarray, np.ndarray]:
    there: Sequence[PlaceVerdict] = [each for each in search.known.values() if each.goals is not None]
    goals = np.array([each.goals for each in there], dtype=float).reshape(len(there), len(objectives_of(file)))
    return goals, np.array([each.violation for each in there])
