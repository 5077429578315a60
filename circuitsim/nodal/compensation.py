"""Conductances that make the array, wires and cells included, compute the matrix that was wanted."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.nodal.array import PreparedArray
from circuitsim.nodal.gated import on_bit_lines
from circuitsim.nodal.preparation import prepare
from circuitsim.nodal.reading import effective_matrix, read
from circuitsim.results import CellSurface
from circuitsim.spec import ArraySpec, Count, WireGrid, by_value, check_inputs, checked, real_numbers


@by_value
@dataclass(frozen=True)
class Compensation:
    """Programmed conductances and what they gain.

    Attributes:
        g: (rows, cols) conductances to program [S].
        before, after: rms error of the outputs relative to the largest wanted output, with the wanted matrix programmed
            as it is and with `g`.
        history: rms error after each step, the first one being `before`.
        at_limit: Fraction of the cells that the device's range holds back.
    """

    g: np.ndarray
    before: float
    after: float
    history: tuple[float, ...]
    at_limit: float


@checked
def compensate(
    spec: ArraySpec,
    wanted: np.ndarray,
    surface: CellSurface | None = None,
    *,
    v_in: np.ndarray | None = None,
    wires: WireGrid | None = None,
    steps: Count = 20,
) -> Compensation:
    """Find conductances with which i_out = (v_in − v_ref) @ wanted as well as the device's range allows.

    Each step scales every conductance by what its own element of the array's matrix lacks, at most by two and within
    the range. The first step that gains nothing is the last one, and the best is kept.

    Args:
        spec: The array; g_min and g_max are the range. A wanted 0 stays an open cell.
        wanted: Matrix to compute (rows, cols) [S]. Wires only take away: leave some range above its largest element.
        surface: The characterized cell; None for ohmic 1R cells.
        v_in: Inputs (batch, rows) [V] over which the error counts. Characterized cells need at least `rows` of them,
            since their matrix is the best linear fit over them.
        wires: Segment resistances in place of the specification's.
        steps: Largest number of steps.

    Raises:
        InputError: Shapes do not fit, the input switches gates, or a characterized cell comes with too few inputs.
        OutsideRangeError: An element of `wanted` is outside the device's range.
    """
    wanted = real_numbers("wanted", wanted, shape=spec.shape, axes="(rows, cols)")
    array = on_bit_lines(prepare(spec, wanted, surface, wires=wires), "compensate")
    v_in = None if v_in is None else check_inputs(spec, v_in, name="v_in")
    if surface is not None and (v_in is None or len(v_in) < spec.array.rows):
        raise InputError(f"a characterized cell needs v_in with at least rows = {spec.array.rows} vectors")
    v_ref = spec.sense.v_ref
    inputs = v_ref + np.eye(spec.array.rows) * spec.driver.v_read if v_in is None else v_in
    target = (inputs - v_ref) @ wanted
    matrix, error = _matrix_and_error(array, inputs, target)
    best, history = (error, wanted), [error]
    g = wanted
    for _ in range(steps):
        g = np.where(wanted > 0, np.clip(g * _ratio(wanted, matrix), spec.device.g_min, spec.device.g_max), 0.0)
        array = on_bit_lines(prepare(spec, g, surface, wires=wires), "compensate")
        matrix, error = _matrix_and_error(array, inputs, target)
        history.append(error)
        if error >= best[0]:
            break
        best = (error, g)
    at_limit = (best[1] == spec.device.g_min) | (best[1] == spec.device.g_max)
    return Compensation(best[1], history[0], best[0], tuple(history), float(at_limit[wanted > 0].mean()))


def _matrix_and_error(array: PreparedArray, inputs: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, float]:
    """The matrix an array is, and the rms error of its outputs relative to the largest wanted one."""
    drive = inputs - array.spec.sense.v_ref
    if array.surface is None:
        matrix = effective_matrix(array)
        out = drive @ matrix
    else:
        out = read(array, inputs).out
        matrix = np.linalg.lstsq(drive, out, rcond=None)[0]
    return matrix, float(np.sqrt(np.mean((out - target) ** 2)) / np.abs(target).max())


def _ratio(wanted: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Factor on each conductance; a fit may give small elements the wrong sign, so steps are bounded."""
    usable = matrix > 0
    return np.clip(np.where(usable, wanted / np.where(usable, matrix, 1.0), 2.0), 0.5, 2.0)
