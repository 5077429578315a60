"""Seek the matrix and the input at which a model errs most."""

from typing import Annotated

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.calibration.ascent import change_blocks, climb_from_random, flip_promising, flip_rows
from circuitsim.calibration.box import full_scale_of_model
from circuitsim.calibration.comparison import Difference, LimitReached, Search, largest_of
from circuitsim.calibration.families import Families, affordable_families, structured_inputs, structured_matrices
from circuitsim.calibration.random_starts import STARTS, random_inputs
from circuitsim.errors import InputError
from circuitsim.results import CapacitorCell, TileModel, WorstFound
from circuitsim.spec import Count, Tolerance, check_conductances, checked
from circuitsim.spice import Progress

ASCENTS = 12  # matrices whose inputs are improved: lower places come near the worst, at 2 ohm even the fourteenth
MOST_INPUTS = (
    32  # structured inputs that changed matrices are read with, those of the largest errors; signed arrays have 85
)
# Cells that one ascent of matrices programs: 40 matrices of 64 × 64. After as many, fifteen random starts had reached
# 93 to 100 % of where 150 took them. Small arrays get more and large ones fewer: programming takes the time.
# Random starts, and matrices of which each start takes the worst: small arrays are programmed in no time.
START_CELLS, FEW_STARTS, MANY_STARTS, MANY_TRIES = 32 * 32, 2, 6, 16
CELLS, FEWEST, MOST = 40 * 64 * 64, 20, 80


@checked
def find_worst(
    model: TileModel,
    full_scale: Tolerance,
    *,
    rng: np.random.Generator,
    starts: Annotated[int, "a whole number >= 0"] | None = None,
    families: Families | None = None,
    most_programs: Count | None = None,
    time_limit: Tolerance | None = None,
    progress: Progress | None = None,
) -> WorstFound:
    """Seek the largest error of a model against the array solver over all matrices and inputs of its box.

    Structured matrices are read with structured inputs. From the worst of them the search flips rows of the inputs and
    changes blocks of the matrix, then it does so from random starts, and last it moves the rows of the worst input in
    small steps. The result is the largest error found, no bound.

    Args:
        model: The behavioral model; its range of inputs is that of the box.
        full_scale: What errors are divided by [A], see `full_scale_of_box`.
        rng: Generates the random starts. The result depends on the seed alone, unless a time limit ends the search.
        starts: Number of random starts, 0 or more; None: 2, and more, up to 6, in arrays of less than 512
            cells; none for capacitors, whose charges are linear in the inputs.
        families: "all" structured matrices, or the "few" that were the worst of some model; None: few for arrays of
            more than 96 × 96 cells, of capacitors 32 × 32.
        most_programs: Matrices after which the search ends; None: no limit.
        time_limit: Processor time of the calling thread [s] after which the search ends, however busy the machine is;
            None: no limit.
        progress: Called with (finished, total) after each step.

    Returns:
        The largest error, its witness, the effort, and whether a limit ended the search.

    Raises:
        InputError: An argument does not fit.
        NotConvergedError: The array solver did not reach its tolerance.

    Warns:
        CellErrorWarning, UnbalancedWarning: As `nodal.read`, for the witness.
    """
    if starts is None:
        starts = 0 if _linear(model) else min(max(_tries(model), FEW_STARTS), MANY_STARTS)
    if starts < 0:
        raise InputError(f"starts = {starts}: expected a whole number >= 0")
    search = Search(model, full_scale, most_programs=most_programs, time_limit=time_limit)
    matrices = structured_matrices(search.box, families or affordable_families(model.spec))
    steps = _Steps(progress, len(matrices) + min(ASCENTS, len(matrices)) + 1 + starts)
    try:
        inputs = structured_inputs(search.box)
        best, largest = [], np.zeros(len(inputs))
        for name, g in matrices.items():
            both = search.program(g)
            error = search.errors(both, inputs, name)
            best, largest = _keep(best, largest_of(error, both, inputs, name)), np.maximum(largest, error.max(axis=1))
            steps.done()
        inputs = inputs[np.sort(np.argsort(-largest, kind="stable")[:MOST_INPUTS])]
        best = flip_promising(search, best, done=steps.done)
        change_blocks(search, max(best, key=lambda found: found.error), inputs, programs=_matrices_per_ascent(model))
        steps.done()
        effort = {"programs": _matrices_per_ascent(model), "tries": _tries(model)}
        for number in range(starts):
            climb_from_random(search, inputs, STARTS[number % len(STARTS)], rng, **effort)
            steps.done()
        if search.largest is not None and len(search.box.steps) > 2:
            flip_rows(search, search.largest, steps=search.box.fine_steps)
    except LimitReached:
        return search.worst_found(stopped=True)
    return search.worst_found(stopped=False)


@checked
def structured_worst(model: TileModel, full_scale: Tolerance, *, families: Families | None = None) -> WorstFound:
    """Return the largest error of a model over structured matrices and inputs: the first stage of `find_worst` alone.

    It finds most of what the whole search finds, in a tenth of the time, and needs no random numbers.

    Args:
        model: The behavioral model.
        full_scale: What errors are divided by [A].
        families: As `find_worst`.

    Raises:
        InputError, NotConvergedError: As `find_worst`.
    """
    search = Search(model, full_scale)
    inputs = structured_inputs(search.box)
    for name, g in structured_matrices(search.box, families or affordable_families(model.spec)).items():
        search.errors(search.program(g), inputs, name)
    return search.worst_found(stopped=False)


@checked
def worst_inputs(
    model: TileModel, g: ArrayLike, *, rng: np.random.Generator, full_scale: Tolerance | None = None
) -> WorstFound:
    """Seek the input at which a model errs most for one matrix of conductances.

    Args:
        model: The behavioral model.
        g: Conductances (rows, cols) [S].
        rng: Generates the inputs of random starts.
        full_scale: What errors are divided by, in the unit of the outputs; None: the largest output of the box.

    Returns:
        The largest error over all columns, with its input as witness.

    Raises:
        InputError, OutsideRangeError: The conductances do not fit the array.
        NotConvergedError: The array solver did not reach its tolerance.
    """
    g = check_conductances(model.spec, g)
    if full_scale is None:
        full_scale = full_scale_of_model(model)[0]
    search = Search(model, full_scale)
    both = search.program(g)
    for family, inputs in (
        ("structured input", structured_inputs(search.box)),
        ("random input", random_inputs(search.box, rng, each=10)),
    ):
        error = search.errors(both, inputs, family)
        for vector in np.argsort(-error.max(axis=1), kind="stable")[:3]:
            flip_rows(search, largest_of(error[[vector]], both, inputs[[vector]], family))
    return search.worst_found(stopped=False)


def _linear(model: TileModel) -> bool:
    """Whether errors are linear in the inputs: all high is then the worst matrix that random starts met, too."""
    return isinstance(model.surface, CapacitorCell)


def _matrices_per_ascent(model: TileModel) -> int:
    rows, cols = model.spec.shape
    if _linear(model):
        return FEWEST
    return min(max(CELLS // (rows * cols), FEWEST), MOST)


def _tries(model: TileModel) -> int:
    rows, cols = model.spec.shape
    return min(max(START_CELLS // (rows * cols), 1), MANY_TRIES)


def _keep(best: list[Difference], found: Difference) -> list[Difference]:
    """Keep the largest differences: a programmed matrix takes memory."""
    return sorted([*best, found], key=lambda difference: -difference.error)[:ASCENTS]


class _Steps:
    """Counts finished steps for a progress bar."""

    def __init__(self, progress: Progress | None, total: int):
        self._progress, self._total, self._finished = progress, total, 0

    def done(self) -> None:
        """Report one more step."""
        self._finished += 1
        if self._progress is not None:
            self._progress(self._finished, self._total)
