"""Read a prepared array, whatever line its input lies on."""

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError
from circuitsim.nodal.array import TOLERANCE, plan_of_wires, terminal_matrices
from circuitsim.nodal.bit_lines import read_bit_lines
from circuitsim.nodal.charge import ChargeArray, read_charges
from circuitsim.nodal.gated import GatedArray, NodalArray, on_bit_lines
from circuitsim.nodal.gated_reading import read_gates
from circuitsim.nodal.judgement import tell_cell_error
from circuitsim.nodal.linear import linear_array, solve_linear
from circuitsim.nodal.surface_chords import chord
from circuitsim.results import Solution
from circuitsim.spec import Count, Tolerance, check_argument, checked


@checked
def read(
    array: NodalArray,
    x: ArrayLike,
    *,
    v_sense: ArrayLike | None = None,
    nodes: bool = False,
    tol: Tolerance = TOLERANCE,
    threads: Count = 1,
) -> Solution:
    """Solve the DC read of a prepared array.

    Args:
        array: From `prepare`.
        x: Inputs (batch, rows): voltages [V] of the ideal sources behind the row drivers; 0 or 1 where the input
            switches gates, or k / (n − 1) for the k-th of n `driver.gate_levels`.
        v_sense: Voltage of each ideal sense node (batch, cols) [V]; None: `sense.v_ref` for all. Only for inputs on
            the bit lines.
        nodes: Also return node voltages and cell currents.
        tol: Largest current that may be unbalanced at a node, relative to the vector's largest terminal current. Where
            the input switches gates: at a cell, relative to the currents of its column's cells, or to its string's.
        threads: Threads to use; no bit of the result depends on it.

    Returns:
        Column currents, row currents, power and the balance of each vector. Where the input switches gates the row
        currents are 0: the bit lines' sources feed the array. Of 1C cells charges [C] and power.

    Raises:
        InputError: A shape does not fit, a value is not finite or no input, or an argument does not apply to the array.
        OutsideRangeError: A cell's voltages are outside its surface; names the cell, the voltages and the range.
        NotConvergedError: A vector does not balance; says by how much, where, and what to try.

    Warns:
        CellErrorWarning: The characterization of the cell allows errors above 1e-6 of the largest output of a vector.
        UnbalancedWarning: The terminals balance to less than 1e-6 of the current fed in.

    Valid for: quasi-static reads that do not disturb the state.
    """
    solution = _read(array, x, v_sense, nodes=nodes, tol=tol, threads=threads)
    assert solution.cell_error is not None
    tell_cell_error(_error_to_tell(array, np.asarray(x), solution))
    return solution


def _error_to_tell(array: NodalArray, x: np.ndarray, solution: Solution) -> np.ndarray:
    """Return the error of each vector (batch,) that `tell_cell_error` judges.

    It is `Solution.cell_error`; but a vector that leaves all gates at their lowest level is held to the current of one
    cell that is on, if it carries less: its leak is no scale of its own.
    """
    assert solution.cell_error is not None
    if not isinstance(array, GatedArray) or array.spec.array.input_line != "wl":
        return solution.cell_error
    one_cell = array.spec.device.g_min * array.spec.driver.v_read
    share = np.minimum(np.abs(solution.out).max(axis=1) / one_cell, 1.0)
    return solution.cell_error * np.where((x == 0).all(axis=1), share, 1.0)


def _read(
    array: NodalArray, x: ArrayLike, v_sense: ArrayLike | None, *, nodes: bool, tol: float, threads: int
) -> Solution:
    if isinstance(array, ChargeArray):
        if v_sense is not None or nodes:
            raise InputError("v_sense or nodes with array.cell = '1c': expected none, its output is a charge")
        return read_charges(array, x, threads=threads)
    if not isinstance(array, GatedArray):
        return read_bit_lines(array, x, v_sense, nodes=nodes, tol=tol, threads=threads)
    line = array.spec.array.input_line
    if v_sense is not None:
        raise InputError(f"v_sense with array.input_line = {line!r}: expected None, its sense nodes lie at sense.v_ref")
    return read_gates(array, x, nodes=nodes, tol=tol, threads=threads)


def effective_matrix(array: NodalArray, *, threads: Count = 1) -> np.ndarray:
    """Return the matrix that the array is: i_out = (v_in − v_ref) @ w, with `sense.v_ref` as v_ref.

    For ohmic cells it is exact at any input. For characterized cells it is the small-signal matrix with every terminal
    at `sense.v_ref`: the limit of small inputs.

    Args:
        array: From `prepare`, with its input on the bit lines.
        threads: Threads to use.

    Returns:
        (rows, cols) [S], wires, driver and sense resistances included.

    Raises:
        InputError: The input switches gates, or `technique.skip_zero_rows` does: such an array is no matrix.
    """
    array = on_bit_lines(array, "effective_matrix")
    if array.skips:
        raise InputError(
            "effective_matrix with technique.skip_zero_rows = True: which rows load a column depends on the input, so "
            "that no matrix describes the array; expected False"
        )
    check_argument("threads", threads, Count)
    if array.matrices is not None:
        return array.matrices.w
    if array.surface is None:
        plan, slopes = array.plan, array.g
    else:
        v_ref = array.spec.sense.v_ref
        slopes = chord(array.surface, array.g, v_ref, v_ref)
        plan = plan_of_wires(array.wires, slopes)
    matrices = None if plan is None else terminal_matrices(plan, threads=threads)
    if matrices is not None:
        return matrices.w
    inputs = np.eye(array.wires.rows)
    return solve_linear(linear_array(array.wires, slopes), inputs).i_out
