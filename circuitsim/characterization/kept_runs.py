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
def bench_folder() -> Iterator[Path]:
    """Yield a folder for the runs of a bench; it is removed when the block ends without an error."""
    folder = Path(mkdtemp(prefix="circuitsim-bench-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def kept_runs(decks: Sequence[str], simulator: Simulator, options: Mapping[str, str]) -> Iterator[list[RawResult]]:
    """Run decks and yield their results; their folders are removed when the block ends without an error.

    Raises:
        SimulatorError: A run failed; its folder is kept.
    """
    with bench_folder() as folder:
        yield run_benches(decks, folder, simulator, options)


def run_benches(
    decks: Sequence[str], folder: Path, simulator: Simulator, options: Mapping[str, str]
) -> list[RawResult]:
    """Run decks in numbered folders within a folder.

    Raises:
        SimulatorError: A run failed; its folder is kept.
    """
    return spice.run_many(decks, folder=folder, simulator=simulator, options=options, time_limit_s=TIME_LIMIT_S)
