"""Run small decks whose results are judged afterwards: the run folder stays if the judgement fails."""

import contextlib
import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import mkdtemp

from circuitsim import spice
from circuitsim.results import Provenance
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


def deck_provenance(raw: RawResult, files_digest: str, simulator: Simulator) -> Provenance:
    """Return the provenance of what one deck of a cell or its parts gave; it serves every array with the same cell.

    Args:
        raw: Results of the deck.
        files_digest: Digest of the circuit and its files.
        simulator: The ngspice that ran.
    """
    return Provenance(
        level="ngspice",
        spec_digest=None,  # the first array that needs the cell fills the cache for all others
        files_digest=files_digest,
        deck_digest=raw.deck_digest,
        ngspice=str(simulator.version),
        options=dict(raw.options),
    )


def runs_provenance(decks: Sequence[str], simulator: Simulator, options: Mapping[str, str]) -> Provenance:
    """Return the origin of a table that several runs made.

    Args:
        decks: Digests of the decks, in the order of the runs; of several, the digest of the table is that of all.
        simulator: The ngspice that ran them.
        options: Solver options of the runs.
    """
    digest = decks[0] if len(decks) == 1 else hashlib.sha256("".join(decks).encode()).hexdigest()
    return Provenance(
        level="ngspice", spec_digest=None, deck_digest=digest, ngspice=str(simulator.version), options=dict(options)
    )
