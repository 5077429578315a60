"""Run small decks whose results are judged afterwards: the run folder stays if the judgement fails."""

import contextlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp

from circuitsim import spice
from circuitsim.spice import RawResult, Simulator

TIME_LIMIT_S = 120.0


@contextlib.contextmanager
def kept_runs(decks: Sequence[str], simulator: Simulator, options: Mapping[str, str]) -> Iterator[list[RawResult]]:
    """Run decks and yield their results; their folders are removed when the block ends without an error.

    Raises:
        SimulatorError: A run failed; its folder is kept.
    """
    folder = Path(mkdtemp(prefix="circuitsim-bench-"))
    yield spice.run_many(decks, folder=folder, simulator=simulator, options=options, time_limit_s=TIME_LIMIT_S)
    shutil.rmtree(folder, ignore_errors=True)
