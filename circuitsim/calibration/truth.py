"""Solving experiments at the level that is taken for true."""

from collections.abc import Sequence
from pathlib import Path

from circuitsim import nodal, spice, truth
from circuitsim.results import CellSurface, Experiment, Solution
from circuitsim.spec import ArraySpec
from circuitsim.spice import Progress


def solve_in_ngspice(
    spec: ArraySpec,
    experiments: Sequence[Experiment],
    *,
    folder: Path | None = None,
    n_jobs: int = 2,
    simulator: spice.Simulator | None = None,
    progress: Progress | None = None,
) -> list[Solution]:
    """Solve full array decks, one deck per experiment with an index sweep over its inputs.

    Args:
        spec: The array.
        experiments: What is programmed and read.
        folder: Keeps a numbered run folder per deck; None: removed after success.
        n_jobs: Decks solved side by side.
        simulator: The ngspice to use.
        progress: Called with (finished, all) after each deck.

    Raises:
        SimulatorError: A deck failed; the others finished and their folders stay.
    """
    reads = [(truth.prepare(spec, experiment.g), experiment.v_in) for experiment in experiments]
    return truth.read_many(reads, n_jobs=n_jobs, folder=folder, simulator=simulator, progress=progress)


def solve_in_nodal(spec: ArraySpec, surface: CellSurface, experiments: Sequence[Experiment]) -> list[Solution]:
    """Solve the same circuits with the array solver on the characterized cell."""
    return [nodal.read(nodal.prepare(spec, e.g, surface), e.v_in) for e in experiments]
