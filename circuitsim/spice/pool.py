"""Run many decks in parallel."""

import logging
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from circuitsim.errors import CircuitsimError, InputError, SimulatorError
from circuitsim.netlist import ChainNetlist, Netlist, TransientNetlist
from circuitsim.spec import checked
from circuitsim.spice.batch import Deck, run
from circuitsim.spice.folders import clear_numbered
from circuitsim.spice.process import end
from circuitsim.spice.result import RawResult
from circuitsim.spice.simulator import Simulator, find_ngspice
from circuitsim.spice.time_limit import predicted_time

MOST_JOBS = 1024

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with (finished, total) after each piece of long work."""

_Outcome = RawResult | CircuitsimError


class DecksFailedError(SimulatorError):
    """Some of many decks failed; the others finished.

    Attributes:
        results: One entry per deck, in order: its `RawResult`, or the error with which it failed.
    """

    def __init__(self, message: str, results: list[_Outcome]):
        super().__init__(message)
        self.results = results


@checked
def run_many(
    decks: Sequence[str | Deck],
    *,
    n_jobs: int = 2,
    folder: str | Path | None = None,
    time_limit_s: float | None = None,
    simulator: Simulator | None = None,
    options: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> list[RawResult]:
    """Run decks in parallel and return their results in the order of the decks.

    Arrays are started in the order of the time that they are predicted to take, the longest first: a long one that
    starts last runs alone. Decks given as text start behind them, in their order.

    Args:
        decks: Whole decks.
        n_jobs: Number of decks that run at the same time, each on one core.
        folder: Where to keep a numbered run folder per deck, deck_0000 and so on; decks and results of earlier calls
            are removed from such folders first. None: temporary folders, removed after success.
        simulator, options, time_limit_s: As in `run`.
        progress: Called with (finished, total) after each deck, from the thread that ran it.

    Raises:
        DecksFailedError: Some decks failed. It is raised after all decks have run and contains every result. The error
            of a single deck is raised unchanged, and so is the first InputError if there are no other errors.
    """
    with running_decks(
        decks,
        n_jobs=n_jobs,
        folder=folder,
        time_limit_s=time_limit_s,
        simulator=simulator,
        options=options,
        progress=progress,
    ) as results:
        return results()


@checked
@contextmanager
def running_decks(
    decks: Sequence[str | Deck],
    *,
    n_jobs: int = 2,
    folder: str | Path | None = None,
    time_limit_s: float | None = None,
    simulator: Simulator | None = None,
    options: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> Iterator[Callable[[], list[RawResult]]]:
    """Run decks in parallel while the body of a `with` statement does other work.

    The body gets a function that waits for the decks and returns their results, or raises, as `run_many` does. An
    exception in the body, a keyboard interrupt too, ends all simulators. Arguments as of `run_many`.
    """
    check_jobs(n_jobs)
    simulator = simulator or find_ngspice()
    if folder is not None:
        clear_numbered(Path(folder))
    children = _Children()

    def one(index: int) -> _Outcome:
        place = None if folder is None else Path(folder) / f"deck_{index:04d}"
        try:
            return run(
                decks[index],
                folder=place,
                time_limit_s=time_limit_s,
                simulator=simulator,
                options=options,
                launcher=children.launch,
            )
        except CircuitsimError as error:
            return error

    with ThreadPoolExecutor(1) as beside:
        outcomes = beside.submit(_in_threads, one, _longest_first(decks, simulator), n_jobs, progress)
        try:
            yield lambda: _good(outcomes.result())
        except BaseException:  # a keyboard interrupt reaches only this thread; the simulators would keep running
            children.end()
            raise


class _Children:
    """The simulators that were started, so that an interrupt can end all of them.

    A lock keeps starting and ending apart: threads live until the interpreter stops, and without the lock one of them
    could start a simulator after the others were ended.
    """

    def __init__(self):
        self._started: list[subprocess.Popen] = []
        self._interrupted = False
        self._lock = threading.Lock()

    def launch(self, launch: Callable[[], subprocess.Popen]) -> subprocess.Popen:
        with self._lock:
            if self._interrupted:
                raise SimulatorError("interrupted")
            child = launch()
            self._started.append(child)
            return child

    def end(self) -> None:
        with self._lock:
            self._interrupted = True
            for child in self._started:
                end(child)


@checked
def check_jobs(n_jobs: int) -> None:
    """Refuse a number of jobs that starts none, or more than a machine has cores.

    Raises:
        InputError: `n_jobs` is neither -1 nor from 1 to `MOST_JOBS`.
    """
    if n_jobs != -1 and not 1 <= n_jobs <= MOST_JOBS:
        raise InputError(f"n_jobs = {n_jobs}: expected 1 or more, up to {MOST_JOBS}, or -1 for one on every core")


def _longest_first(decks: Sequence[str | Deck], simulator: Simulator) -> list[int]:
    """Return the indices of decks in the order in which they start."""

    def seconds(index: int) -> float:
        deck = decks[index]
        return predicted_time(deck, simulator) if isinstance(deck, Netlist | TransientNetlist | ChainNetlist) else 0.0

    return sorted(range(len(decks)), key=seconds, reverse=True)


def _in_threads(
    one: Callable[[int], _Outcome], order: Sequence[int], n_jobs: int, progress: Progress | None
) -> list[_Outcome]:
    """Run `one` for every index, in this order, in threads, which suffice because each ngspice is a process."""
    lock = threading.Lock()
    finished, count = 0, len(order)

    def counted(index: int) -> tuple[int, _Outcome]:
        nonlocal finished
        outcome = one(index)
        with lock:
            finished += 1
            _log.info("deck %d: %s (%d of %d)", index, _in_words(outcome), finished, count)
            if progress is not None:
                progress(finished, count)
        return index, outcome

    from joblib import Parallel, delayed  # takes 0.1 s to import

    done: list[Any] = list(Parallel(n_jobs, backend="threading")(delayed(counted)(index) for index in order))
    return [outcome for _, outcome in sorted(done, key=lambda pair: pair[0])]


def _in_words(outcome: _Outcome) -> str:
    if isinstance(outcome, RawResult):
        return f"finished in {sum(attempt.seconds for attempt in outcome.attempts):.1f} s"
    return f"failed: {outcome}"


def _good(outcomes: list[_Outcome]) -> list[RawResult]:
    """Return the results if every deck has one; otherwise raise as `run_many` says."""
    good = [outcome for outcome in outcomes if isinstance(outcome, RawResult)]
    if len(good) == len(outcomes):
        return good
    first = next(outcome for outcome in outcomes if isinstance(outcome, CircuitsimError))
    if len(outcomes) == 1 or all(isinstance(outcome, RawResult | InputError) for outcome in outcomes):
        raise first
    failed = len(outcomes) - len(good)
    raise DecksFailedError(f"{failed} of {len(outcomes)} decks failed, the first with: {first}", outcomes)
