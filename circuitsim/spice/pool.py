"""Many decks side by side."""

import logging
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from joblib import Parallel, delayed

from circuitsim.errors import CircuitsimError, InputError, SimulatorError
from circuitsim.spice.batch import TIME_LIMIT_S, Deck, run
from circuitsim.spice.process import end
from circuitsim.spice.result import RawResult
from circuitsim.spice.simulator import Simulator, find_ngspice

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]
"""Called with (finished, all) after each piece of long work."""

_Outcome = RawResult | CircuitsimError


class DecksFailedError(SimulatorError):
    """Some of many decks failed; the others finished.

    Attributes:
        results: One entry per deck, in order: its `RawResult`, or the error it failed with.
    """

    def __init__(self, message: str, results: list[_Outcome]):
        super().__init__(message)
        self.results = results


def run_many(
    decks: Sequence[str | Deck],
    *,
    n_jobs: int = 2,
    folder: str | Path | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    simulator: Simulator | None = None,
    options: Mapping[str, str] | None = None,
    progress: Progress | None = None,
) -> list[RawResult]:
    """Run decks in parallel; results come in the order of the decks.

    Args:
        decks: Whole decks.
        n_jobs: How many run at the same time, each on one core.
        folder: Each deck gets a numbered folder in it, kept; None: temporary folders, removed after success.
        time_limit_s: Wall-clock limit per attempt [s].
        simulator, options: As in `run`.
        progress: Called with (finished, all) after each deck, from the thread that ran it.

    Raises:
        DecksFailedError: Some decks failed, after all were run; holds every result. One deck's own error is raised
            as it is, and so is the first InputError when nothing else went wrong.
    """
    simulator = simulator or find_ngspice()
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

    try:
        outcomes = _in_threads(one, len(decks), n_jobs, progress)
    except BaseException:  # a keyboard interrupt reaches this thread only; the simulators would run on
        children.end()
        raise
    return _good(outcomes)


class _Children:
    """The simulators that were started, so that an interrupt can end them all.

    Starting and ending exclude each other: the threads live until the interpreter stops, and one of them could
    otherwise start a simulator that nobody is left to end.
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


def check_jobs(n_jobs: int) -> None:
    """Refuse a number of jobs that starts none.

    Raises:
        InputError: `n_jobs` is 0.
    """
    if n_jobs == 0:
        raise InputError("n_jobs = 0: expected 1 or more, or -1 for one on every core")


def _in_threads(one: Callable[[int], _Outcome], count: int, n_jobs: int, progress: Progress | None) -> list[_Outcome]:
    """Work in threads: they suffice, since the work is in ngspice's own processes."""
    check_jobs(n_jobs)
    lock = threading.Lock()
    finished = 0

    def counted(index: int) -> _Outcome:
        nonlocal finished
        outcome = one(index)
        with lock:
            finished += 1
            _log.info("deck %d: %s (%d of %d)", index, _in_words(outcome), finished, count)
            if progress is not None:
                progress(finished, count)
        return outcome

    done: list[Any] = list(Parallel(n_jobs, backend="threading")(delayed(counted)(index) for index in range(count)))
    return done


def _in_words(outcome: _Outcome) -> str:
    if isinstance(outcome, RawResult):
        return f"finished in {sum(attempt.seconds for attempt in outcome.attempts):.1f} s"
    return f"failed: {outcome}"


def _good(outcomes: list[_Outcome]) -> list[RawResult]:
    """The results, if all decks gave one; raises otherwise, see `run_many`."""
    good = [outcome for outcome in outcomes if isinstance(outcome, RawResult)]
    if len(good) == len(outcomes):
        return good
    first = next(outcome for outcome in outcomes if isinstance(outcome, CircuitsimError))
    if len(outcomes) == 1 or all(isinstance(outcome, RawResult | InputError) for outcome in outcomes):
        raise first
    failed = len(outcomes) - len(good)
    raise DecksFailedError(f"{failed} of {len(outcomes)} decks failed, the first with: {first}", outcomes)
