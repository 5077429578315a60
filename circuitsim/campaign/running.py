"""Run the points of a campaign: hand them out, keep what comes back, and begin again what was lost on the way."""

import json
import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TextIO

from circuitsim.campaign.engines import Engine, Started, local_engine
from circuitsim.campaign.expansion import CampaignSetup
from circuitsim.campaign.leases import Coordinator, claim_point, coordinator, release_point
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
from circuitsim.campaign.work import CampaignPoint, PointOutcome, work_on
from circuitsim.errors import SimulatorError
from circuitsim.spec import checked

_log = logging.getLogger(__name__)

AHEAD = 2  # points handed out for each worker: one at work, one waiting
DEATHS = 2  # of workers that a point may cause, alone with its worker
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
        alone: Points that lost their worker: each is handed out when no other is at work, to see whose fault it was.
        elsewhere: Points that another coordinator has claimed.
        deaths: How many workers a point took with it, while it was alone.
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
    is_any = _refill(tally)
    yield tally.step(None, None)
    if not is_any:
        return
    with coordinator(store) as own, (store.root / "runs" / f"{own.token}.jsonl").open("a", encoding="utf-8") as log:
        tally.todo.rotate(-(int(own.token, 16) % len(tally.todo)))  # several coordinators begin at different points
        for point, outcome in _run(plan.setup, own, tally, engine):
            if outcome is not None:
                _write_log(log, store, point, outcome)
            yield tally.step(point, outcome)
        if tally.stopped:  # the last points decided that no more are needed
            yield tally.step(None, None)


def _refill(tally: _Tally) -> bool:
    """Put points into `todo`: all of them, or those that the rule on replicates lets run by what is known now.

    Returns:
        Whether there is any.
    """
    due, stopped = next_points(tally.watch, tally.done, tally.failed)
    tally.stopped.update(stopped)
    tally.done.difference_update(stopped)  # of an earlier campaign: they are not needed, and not counted
    tally.failed.difference_update(stopped)
    tally.todo.extend(tally.points[key] for key in due)
    return bool(due)


_Done = tuple[CampaignPoint, PointOutcome | None]


def _run(setup: CampaignSetup, own: Coordinator, tally: _Tally, engine: Engine) -> Iterator[_Done]:
    """Yield points as they are done, with None where another coordinator did them."""
    started = engine.start(setup)
    flying: dict[Future, CampaignPoint] = {}
    try:
        while tally.todo or tally.alone or tally.elsewhere or flying or _refill(tally):
            yield from _hand_out(own, tally, started, flying)
            if not flying:  # what is left is at work elsewhere
                time.sleep(_POLL if tally.elsewhere else 0)
                tally.todo.extend(tally.elsewhere)
                tally.elsewhere.clear()
                continue
            finished, _ = wait(flying, return_when=FIRST_COMPLETED)
            lost = []
            for future in finished:
                point = flying.pop(future)
                outcome = _outcome_of(future)
                if outcome is None:
                    lost.append(point)
                else:
                    yield point, _keep(own, tally, point, outcome)
            if lost:
                lost += flying.values()
                flying.clear()
                yield from _after_a_loss(own, tally, lost, engine)
                started.stop()
                started = engine.start(setup)
    finally:
        for future in flying:
            future.cancel()
        started.stop()


def _hand_out(
    own: Coordinator, tally: _Tally, started: Started, flying: dict[Future, CampaignPoint]
) -> Iterator[_Done]:
    """Hand points out until enough are at work; yield those that turn out to be done by another coordinator."""
    if tally.alone:
        if not flying:
            point = tally.alone.popleft()
            flying[started.executor.submit(work_on, started.shared, point)] = point
        return
    while tally.todo and len(flying) < AHEAD * started.slots:
        point = tally.todo.popleft()
        claimed = claim_point(own, point.key)
        if own.store.result(point.key).exists() or own.store.failure(point.key).exists():
            (tally.done if own.store.result(point.key).exists() else tally.failed).add(point.key)
            if claimed:
                release_point(own, point.key)
            yield point, None
        elif claimed:
            flying[started.executor.submit(work_on, started.shared, point)] = point
        else:
            tally.elsewhere.append(point)


def _outcome_of(future: Future) -> PointOutcome | None:
    """Return what a worker sent back; None if it was lost on the way."""
    try:
        return future.result()
    except (BrokenExecutor, CancelledError, OSError):
        return None
    except Exception as error:
        if type(error).__name__ == "KilledWorker":  # of Dask, which has tried several workers
            return PointOutcome(None, _DIED, {"error": "KilledWorker", "traceback": str(error)})
        raise


def _after_a_loss(own: Coordinator, tally: _Tally, lost: list[CampaignPoint], engine: Engine) -> Iterator[_Done]:
    """Decide what happens to points whose worker died: again, each alone; a point that kills its workers fails."""
    if not engine.restarts:
        raise SimulatorError("the executor broke; results that were complete stay: run again with another one")
    _log.warning("a worker died; %d points at work begin again", len(lost))
    if len(lost) == 1:
        (point,) = lost
        tally.deaths[point.key] = tally.deaths.get(point.key, 0) + 1
        if tally.deaths[point.key] >= DEATHS:
            yield point, _keep(own, tally, point, PointOutcome(None, _DIED, {"error": "WorkerDied"}))
            return
    tally.alone.extend(lost)


def _keep(own: Coordinator, tally: _Tally, point: CampaignPoint, outcome: PointOutcome) -> PointOutcome:
    """Write what became of a point, and give its claim back; a result of another kind than before is a failure."""
    store = own.store
    if outcome.values is not None and (wrong := unlike(store, tally.kinds, point, outcome.values)):
        outcome = replace(outcome, values=None, reason=wrong, details={"error": "InputError"})
    if outcome.values is not None:
        write_once(store, store.result(point.key), result_content(point, outcome.values))
        tally.done.add(point.key)
    else:
        folder = keep_run_folder(store, point.key, outcome.details.get("folder"))
        details = outcome.details | ({} if folder is None else {"folder": folder})
        write_once(store, store.failure(point.key), failure_content(point, outcome, details))
        tally.failed.add(point.key)
    release_point(own, point.key)
    return outcome


def _write_log(log: TextIO, store: CampaignStore, point: CampaignPoint, outcome: PointOutcome) -> None:
    line = {"key": point.key, "seconds": round(outcome.seconds, 6), "worker": outcome.worker}
    line |= {"warned": outcome.warned} if outcome.warned else {}
    line |= {"failed": outcome.reason} if outcome.values is None else {}
    with told(store.root):
        log.write(json.dumps(line) + "\n")
        log.flush()
