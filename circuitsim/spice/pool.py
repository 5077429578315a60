"""Many decks side by side."""

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


class DecksFailedError(SimulatorError):
    """Some of many decks failed; the others finished.

    Attributes:
        results: One entry per deck, in order: its `RawResult`, or the error it failed with.
    """

    def __init__(self, message: str, results: list[Any]):
        super().__init__(message)
        self.results: list[RawResult | CircuitsimError] = results


def run_many(
    decks: Sequence[str | Deck],
    *,
    n_jobs: int = 2,
    folder: str | Path | None = None,
    time_limit_s: float = TIME_LIMIT_S,
    simulator: Simulator | None = None,
    options: Mapping[str, str] | None = None,
    progress: Callable[[int, int], None] | None = None,
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
    count = len(decks)
    lock = threading.Lock()
    finished = 0
    children: list[subprocess.Popen] = []
    interrupted = False

    def started(child: subprocess.Popen) -> None:
        children.append(child)
        if interrupted:
            raise SimulatorError("interrupted")

    def one(index: int) -> RawResult | CircuitsimError:
        nonlocal finished
        place = None if folder is None else Path(folder) / f"deck_{index:04d}"
        try:
            outcome = run(
                decks[index],
                folder=place,
                time_limit_s=time_limit_s,
                simulator=simulator,
                options=options,
                started=started,
            )
        except CircuitsimError as error:
            outcome = error
        with lock:
            finished += 1
            if progress is not None:
                progress(finished, count)
        return outcome

    # Threads suffice: the work is in ngspice's own processes.
    try:
        outcomes = list(Parallel(n_jobs=n_jobs, backend="threading")(delayed(one)(index) for index in range(count)))
    except BaseException:  # a keyboard interrupt reaches this thread only; the simulators would run on
        interrupted = True
        for child in list(children):
            end(child)
        raise
    good = [outcome for outcome in outcomes if isinstance(outcome, RawResult)]
    if len(good) == count:
        return good
    first = next(outcome for outcome in outcomes if isinstance(outcome, CircuitsimError))
    if count == 1 or all(isinstance(outcome, RawResult | InputError) for outcome in outcomes):
        raise first
    raise DecksFailedError(f"{count - len(good)} of {count} decks failed, the first with: {first}", outcomes)
