"""Check arrays of other sizes: a larger one against the array solver, a smaller one against ngspice."""

from dataclasses import replace

import numpy as np

from circuitsim.calibration.box import full_scale_of_box, full_scale_of_model
from circuitsim.calibration.certify import circuit_error, errors_against
from circuitsim.calibration.experiments import input_side, random_experiments
from circuitsim.calibration.level_inputs import LEVEL_LARGER, last_level
from circuitsim.calibration.solve_experiments import solve_in_ngspice, solve_in_nodal
from circuitsim.errors import SpecError
from circuitsim.results import AnyCell, CellSurface, Extrapolation, SenseTable, TileModel
from circuitsim.spec import ArraySpec, input_unit
from circuitsim.spice import Simulator

SERIES = 8  # rows of a corner of strings: ngspice does not always converge on longer ones
SMALL = 12  # rows and columns, even for pairs of columns: ngspice solves such an array within a second
LARGEST = 256 * 256  # cells; programming a larger tile would take longer than the calibration
MATRICES = ("log_uniform", "few_high")
LARGER = {
    "V": {"uniform": 4, "sparse": 2, "binary": 2, "all_on": 1},
    "1": {"half": 4, "sparse_on": 2, "adjacent": 3, "all_on": 1},
}
"""Inputs of a larger array by their unit."""


def extrapolate(model: TileModel, *, rng: np.random.Generator, factor: int = 2) -> Extrapolation | None:
    """Compute the error of the same cell, wires and grade in an array with `factor` times the rows and columns.

    Args:
        model: The calibrated model.
        rng: Generates matrices and inputs.
        factor: Ratio of rows and of columns.

    Returns:
        The error against the array solver; None if the wires are specified segment by segment, or if the array would
        have more than 256 × 256 cells.

    Raises:
        OutsideRangeError: The sense amplifiers do not carry the currents of such an array.
    """
    rows, cols = (factor * n for n in model.spec.shape)
    if rows * cols > LARGEST:
        return None
    try:
        spec = model.spec.replace(array={"rows": rows, "cols": cols})
    except SpecError:
        return None
    larger = replace(model, spec=spec)
    side = input_side(spec, model.sense)
    vectors = LEVEL_LARGER if last_level(spec) > 1 else LARGER[input_unit(spec)]
    experiments = random_experiments(spec, rng, matrices=MATRICES, vectors=vectors, side=side)
    cells = {"off": model.off, "between": model.between}
    truths = solve_in_nodal(spec, model.surface, experiments, **cells, sense=model.sense)
    full_scale, _ = full_scale_of_model(larger)
    error = errors_against(larger, experiments, truths, full_scale)
    return Extrapolation(rows, cols, "nodal", full_scale, error)


def spot_check(
    spec: ArraySpec,
    surface: AnyCell,
    *,
    off: CellSurface | None = None,
    between: tuple[CellSurface, ...] = (),
    sense: SenseTable | None = None,
    rng: np.random.Generator,
    simulator: Simulator | None = None,
) -> Extrapolation | None:
    """Compare the array solver with ngspice on a corner of the array, at most 12 × 12 cells, 8 in a string.

    Args:
        spec: The array.
        surface: Its characterized cell.
        off, between: Its cells at other inputs, see `chain.exact_array`.
        sense: Table of its sense amplifiers; None for ideal ones.
        rng: Generates a matrix and inputs.
        simulator: The ngspice to use.

    Returns:
        The error of the solver; None if the wires are specified segment by segment.
    """
    rows, cols = (min(SMALL, n) for n in spec.shape)
    rows = min(rows, SERIES) if spec.array.input_line == "string" else rows
    try:
        corner = spec.replace(array={"rows": rows, "cols": cols})
    except SpecError:
        return None
    experiments = random_experiments(
        corner,
        rng,
        matrices=("log_uniform",),
        vectors={_usual_inputs(corner): 2, "all_on": 1},
        side=input_side(corner, sense),
    )
    truths = solve_in_ngspice(corner, experiments, simulator=simulator)
    exact = solve_in_nodal(corner, surface, experiments, off=off, between=between, sense=sense)
    full_scale, _ = full_scale_of_box(corner, surface, sense=sense, off=off, between=between)
    return Extrapolation(rows, cols, "ngspice", full_scale, circuit_error(corner, exact, truths, full_scale))


def _usual_inputs(spec: ArraySpec) -> str:
    """Return the kind of inputs that takes all values alike."""
    if last_level(spec) > 1:
        return "levels"
    return "uniform" if input_unit(spec) == "V" else "half"
