"""Solve experiments at the level that counts as the truth."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from circuitsim import spice, truth
from circuitsim.chain import exact_array, read_exact, sensed_inputs
from circuitsim.results import AnyCell, CellSurface, Experiment, SenseTable, Solution
from circuitsim.spec import ArraySpec, checked, with_ideal
from circuitsim.spice import Progress


@checked
def solve_in_ngspice(
    spec: ArraySpec,
    experiments: Sequence[Experiment],
    *,
    folder: str | Path | None = None,
    n_jobs: int = 2,
    simulator: spice.Simulator | None = None,
    progress: Progress | None = None,
    drawn: bool = False,
) -> list[Solution]:
    """Solve experiments in ngspice: one deck of the whole array per experiment, with an index sweep over its inputs.

    Of charges there is one deck for each input.

    Args:
        spec: The array; drivers and ADCs that are circuits are left out.
        experiments: Conductances and inputs.
        folder: Where to keep a numbered run folder per deck; None removes them after success.
        n_jobs: Number of decks solved in parallel.
        simulator: The ngspice to use.
        progress: Called with (finished, total) after each deck.
        drawn: The conductances are what programming left, see `devices.programmable_range`.

    Raises:
        SimulatorError: A deck failed; the other decks were finished and their folders are kept.
    """
    reads = truth_reads(spec, experiments, drawn=drawn)
    return truth.read_many(reads, n_jobs=n_jobs, folder=folder, simulator=simulator, progress=progress)


def truth_reads(
    spec: ArraySpec, experiments: Sequence[Experiment], *, drawn: bool = False
) -> list[tuple[truth.TruthArray, np.ndarray]]:
    """Return what `truth.read_many` solves of experiments, with ideal drivers and ADCs."""
    spec = with_ideal(spec, "driver", "adc")
    return [(truth.prepare(spec, experiment.g, drawn=drawn), experiment.v_in) for experiment in experiments]


def finished_decks(spec: ArraySpec, solved: Callable[[], list[Solution]]) -> list[Solution]:
    """Return what decks that are running find; where ngspice fails on strings, add what else solves them.

    Raises:
        DecksFailedError: A deck failed.
    """
    try:
        return solved()
    except spice.DecksFailedError as error:
        if spec.array.input_line == "string":
            error.add_note(
                "ngspice does not always converge on strings of nonlinear devices, seldom on more than 8 of rram_sinh; "
                "with truth = 'nodal' the array solver solves the hold-out, and ngspice a corner of 8 rows to check it"
            )
        raise


@checked
def solve_in_nodal(
    spec: ArraySpec,
    surface: AnyCell,
    experiments: Sequence[Experiment],
    *,
    off: CellSurface | None = None,
    between: tuple[CellSurface, ...] = (),
    sense: SenseTable | None = None,
    drawn: bool = False,
) -> list[Solution]:
    """Solve experiments with the array solver, the characterized cells and the table of the sense amplifiers.

    `off` is the cell of a row at 0 where inputs switch gates, and `between` those of levels between; see
    `chain.exact_array`.
    If the conductances are `drawn`, they may lie outside g_min to g_max, as far as the surface reaches.
    """
    g_range = surface.g_range if drawn else None
    v_range = sensed_inputs(spec, sense)
    cells = {"off": off, "between": between, "sense": sense, "v_range": v_range, "g_range": g_range}
    arrays = (exact_array(spec, e.g, surface, **cells) for e in experiments)
    return [read_exact(array, e.v_in) for array, e in zip(arrays, experiments, strict=True)]
