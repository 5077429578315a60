"""Run the points of a campaign: hand them out, keep what comes back, and begin again what was lost on the way."""

import json
import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from circuitsim.campaign.batches import mean_time, points_per_batch
from circuitsim.campaign.commits import Journal
from circuitsim.campaign.engines import Engine, Started, local_engine
from circuitsim.campaign.expansion import CampaignSetup
from circuitsim.campaign.journals import refresh
from circuitsim.campaign.leases import claim_point, coordinator, release_point
from circuitsim.campaign.manifest import CampaignPlan, save_list
from circuitsim.campaign.point_results import failure_content, result_content, unlike
from circuitsim.campaign.stopping import StopWatch, next_points
from circuitsim.campaign.store import (
    CampaignStore,
    clear_forgotten,
    failed_keys,
    finished_keys,
    forget_failure,
    keep_run_folder,
    open_store,
    told,
    write_once,
)
from circuitsim.campaign.work import CampaignPoint, PointOutcome
from circuitsim.errors import SimulatorError
from circuitsim.spec import checked

_log = logging.getLogger(__name__)

AHEAD = 2  # batches handed out for each worker: one at work, one waiting
DEATHS = 2  # of workers that a point may cause
_BREAKS = 3  # of all workers, with no point in between
_DIED = "its worker died: out of memory, or ended from outside"
_POLL = 0.5  # [s] between looks at points that another coordinator has


@dataclass(frozen=True)
class CampaignStep:
    """A point that is done, and how far the campaign is.

    Attributes:
        point: The point; None: the state before the first one, or after the last one, where replicates stop by a rule.
        outcome: What became of it; None: another coordinator did it, or `point` is None.
        done, failed, total: Number of points with a result, of those that failed, and of all.
    """

    point: CampaignPoint | None
    outcome: PointOutcome | None
    done: int
    failed: int
    total: int


@checked
def run_campaign(
    plan: CampaignPlan, store: str | Path, *, engine: Engine | None = None, retry_failed: bool = False
) -> Iterator[CampaignStep]:
    """Measure the points of a campaign that have no result yet, and keep each result as it comes.

    What is in the store is not measured again. It may be stopped at any moment, and run by several processes on one
    store at once. Neither changes a bit of any result.

    Args:
        plan: From `plan_campaign`.
        store: Folder of the results; made when it is missing.
        engine: What carries points to workers; None: `local_engine()`, two processes on this machine.
        retry_failed: Measure again what failed; else failures stay as they are.

    Returns:
        One step before the first point, then one for each point that is done, in the order in which they come, and one
        after the last where replicates stop by a rule.

    Raises:
        InputError: The store is of another version or cannot be written, such as on a full disk; what was done stays.
        SimulatorError: The executor broke and cannot be started anew.
    """
    return _steps(plan, open_store(store, make=True), engine or local_engine(), retry_failed)


@dataclass(frozen=True)
class _Tally:
    """Points by their state, while a campaign runs; those at work are with `_run`.

    Attributes:
        points: All points by their keys.
        watch: What the rule on replicates knows.
        todo: Points to hand out.
        alone: Points that may have killed their worker: each is handed out as a batch of its own.
        elsewhere: Points that another coordinator has claimed.
        deaths: How many workers a point took with it for certain.
        done, failed: Keys of points that are done, or failed.
        kinds: Names and units that each measure returned first.
        stopped: Keys of points that are not needed, see `stopping.stop_state`.
    """

    points: Mapping[str, CampaignPoint]
    watch: StopWatch
    done: set[str]
    failed: set[str]
    todo: deque[CampaignPoint] = field(default_factory=deque)
    elsewhere: list[CampaignPoint] = field(default_factory=list)
    alone: deque[CampaignPoint] = field(default_factory=deque)
    deaths: dict[str, int] = field(default_factory=dict)
    kinds: dict[str, dict[str, str]] = field(default_factory=dict)
    stopped: set[str] = field(default_factory=set)

    def step(self, point: CampaignPoint | None, outcome: PointOutcome | None) -> CampaignStep:
        total = len(self.points) - len(self.stopped)
        return CampaignStep(point, outcome, len(self.done), len(self.failed), total)


def _steps(plan: CampaignPlan, store: CampaignStore, engine: Engine, retry_failed: bool) -> Iterator[CampaignStep]:
    clear_forgotten(store)
    save_list(store, plan.listing)
    points = {point.key: point for point in plan.points}  # an axis that a measure does not feel repeats its points
    done = finished_keys(store) & points.keys()
    failed = failed_keys(store) & points.keys() - done
    if retry_failed:
        for key in failed:
            forget_failure(store, key)
        failed = set()
    tally = _Tally(points, StopWatch(store, plan.listing), done, failed)
    if not _refill(tally):
        yield tally.step(None, None)
        return
    crew = _Crew(engine, engine.start(plan.setup), plan.setup)  # before other threads begin
    try:
        yield tally.step(None, None)
        with coordinator(store) as own, (store.root / "runs" / f"{own.token}.jsonl").open("a", encoding="utf-8") as log:
            tally.todo.rotate(-(int(own.token, 16) % len(tally.todo)))  # several coordinators begin at different points
            with Journal(own) as journal:
                for point, outcome in _run(journal, tally, crew):
                    if outcome is not None:
                        _write_log(log, store, point, outcome)
                    yield tally.step(point, outcome)
        if tally.stopped:  # the last points decided that no more are needed
            yield tally.step(None, None)
    finally:
        crew.started.stop()


def _refill(tally: _Tally) -> bool:
    """Put points into `todo`: all of them, or those that the rule on replicates lets run by what is known now.

    Returns:
        Whether there is any.
    """
    due, stopped = next_points(tally.watch, tally.done, tally.failed)
    tally.stopped.update(stopped)
    tally.done.difference_update(stopped)  # of an earlier campaign: they are not needed, and not counted
    tally.failed.difference_update(stopped)
    tally.todo.extend(tally.points[key] for key in due if key in tally.points)
    return bool(tally.todo)


_Done = tuple[CampaignPoint, PointOutcome | None]


@dataclass
class _Crew:
    """Workers at work for a coordinator.

    Attributes:
        engine: What started them.
        started: The workers.
        setup: The campaign.
        flying: Points of each batch that are not back yet, by its ticket.
        tickets: Number of batches so far.
        each: Mean time of a point [s]; None: none is back yet.
        breaks: How often the workers broke since a point came back.
    """

    engine: Engine
    started: Started
    setup: CampaignSetup
    flying: dict[int, deque[CampaignPoint]] = field(default_factory=dict)
    tickets: int = 0
    each: float | None = None
    breaks: int = 0

    def send(self, points: Sequence[CampaignPoint]) -> None:
        """Hand a batch out."""
        self.tickets += 1
        self.flying[self.tickets] = deque(points)
        self.started.submit(self.tickets, points, 2 * self.engine.batch)


def _run(journal: Journal, tally: _Tally, crew: _Crew) -> Iterator[_Done]:
    """Yield points as they are done, with None where another coordinator did them."""
    while tally.todo or tally.alone or tally.elsewhere or crew.flying or _refill(tally):
        yield from _hand_out(journal, tally, crew)
        if not crew.flying:  # what is left is at work elsewhere
            journal.settle()
            time.sleep(_POLL if tally.elsewhere else 0)
            tally.todo.extend(tally.elsewhere)
            tally.elsewhere.clear()
            continue
        for arrival in crew.started.arrivals():
            points = crew.flying.get(arrival.ticket)
            if points is None:  # of workers that broke meanwhile
                continue
            for outcome in arrival.outcomes:
                crew.each, crew.breaks = mean_time(crew.each, outcome.took), 0
                point = points.popleft()
                yield point, _keep(journal, tally, point, outcome)
            if arrival.broken:
                _start_anew(tally, crew)
            elif arrival.ended:
                del crew.flying[arrival.ticket]
                yield from _go_out_again(journal, tally, points, arrival.suspects)
        journal.settle(due=False)


def _hand_out(journal: Journal, tally: _Tally, crew: _Crew) -> Iterator[_Done]:
    """Hand points out until enough are at work; yield those that turn out to be done by another coordinator."""
    store = journal.own.store
    while (tally.todo or tally.alone) and len(crew.flying) < AHEAD * crew.started.slots:
        if tally.alone:
            crew.send([tally.alone.popleft()])
            continue
        size = points_per_batch(crew.engine.batch, crew.each, len(tally.todo), crew.started.slots)
        points = [tally.todo.popleft() for _ in range(min(size, len(tally.todo)))]
        claimed = {point.key for point in points if claim_point(journal.own, point.key)}
        refresh(store.index)  # what was done before its claim was given back
        ours: list[CampaignPoint] = []
        for point in points:
            if point.key in store.index.places or store.has_failed(point.key):
                (tally.done if point.key in store.index.places else tally.failed).add(point.key)
                if point.key in claimed:
                    release_point(journal.own, point.key)
                yield point, None
            elif point.key in claimed:
                ours.append(point)
            else:
                tally.elsewhere.append(point)
        if ours:
            crew.send(ours)


def _go_out_again(journal: Journal, tally: _Tally, points: deque[CampaignPoint], suspects: int) -> Iterator[_Done]:
    """Hand out again what a batch left; a point that took its workers with it more than once fails.

    Args:
        journal, tally: Where points are kept.
        points: What the batch left; all of it is claimed.
        suspects: How many of them, from the first on, may have killed the worker.
    """
    if suspects and points:
        _log.warning("a worker died; %d points of its batch begin again", len(points))
    for k, point in enumerate(points):
        if k == 0 and min(suspects, len(points)) == 1:
            tally.deaths[point.key] = tally.deaths.get(point.key, 0) + 1
            if tally.deaths[point.key] >= DEATHS:
                yield point, _keep(journal, tally, point, PointOutcome(None, _DIED, {"error": "WorkerDied"}))
                continue
        tally.alone.append(point)


def _start_anew(tally: _Tally, crew: _Crew) -> None:
    """Start the workers anew after all of them were lost; their points go out again."""
    crew.breaks += 1
    if not crew.engine.restarts or crew.breaks > _BREAKS:
        raise SimulatorError("the executor broke; results that were complete stay: run again with another one")
    points = [point for batch in crew.flying.values() for point in batch]
    _log.warning("the workers were lost; %d points at work begin again", len(points))
    tally.alone.extend(points)
    crew.flying.clear()
    crew.started.stop()
    crew.started = crew.engine.start(crew.setup)


def _keep(journal: Journal, tally: _Tally, point: CampaignPoint, outcome: PointOutcome) -> PointOutcome:
    """Write what became of a point, and give its claim back; a result of another kind than before is a failure."""
    store = journal.own.store
    if outcome.values is not None and (wrong := unlike(store, tally.kinds, point, outcome.values)):
        outcome = replace(outcome, values=None, reason=wrong, details={"error": "InputError"})
    if outcome.values is not None:
        journal.write(point.key, result_content(point, outcome.values))
        tally.done.add(point.key)
    else:
        folder = keep_run_folder(store, point.key, outcome.details.get("folder"))
        details = outcome.details | ({} if folder is None else {"folder": folder})
        write_once(store, store.failure(point.key), failure_content(point, outcome, details))
        release_point(journal.own, point.key)
        tally.failed.add(point.key)
    return outcome


def _write_log(log: TextIO, store: CampaignStore, point: CampaignPoint, outcome: PointOutcome) -> None:
    line = {"key": point.key, "seconds": round(outcome.seconds, 6), "worker": outcome.worker}
    line |= {"warned": outcome.warned} if outcome.warned else {}
    line |= {"failed": outcome.reason} if outcome.values is None else {}
    with told(store.root):
        log.write(json.dumps(line) + "\n")
        log.flush()
