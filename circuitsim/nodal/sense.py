"""Sense amplifiers whose input voltage depends on their current: the array and its periphery solved together."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from circuitsim.errors import InputError, NotConvergedError
from circuitsim.nodal.array import MOST_PASSES, TOLERANCE, PreparedArray
from circuitsim.nodal.bit_lines import read_bit_lines
from circuitsim.nodal.blocks import sweep_batch
from circuitsim.nodal.gated import NodalArray, on_bit_lines
from circuitsim.nodal.judgement import RESOLUTION, tell_cell_error
from circuitsim.nodal.linear import solve_linear
from circuitsim.nodal.terminals import with_references
from circuitsim.results import Solution
from circuitsim.spec import Count, Tolerance, check_inputs, checked, real_numbers

_ITERATIONS = 40
_BISECTIONS = 52  # as many as a float64 has binary digits
_LEAST_SLOPE = 1e-3
_LEAST = 0.1 * RESOLUTION  # [A]
_TOLD = 1e-3  # of a cell's current at full scale; what leaks at rest is no output whose relative error counts


@checked
def read_with_sense(
    array: NodalArray,
    v_in: np.ndarray,
    drop: Callable[[np.ndarray], np.ndarray],
    *,
    nodes: bool = False,
    tol: Tolerance = TOLERANCE,
    threads: Count = 1,
) -> Solution:
    """Solve a read whose sense amplifiers are not held at v_ref but rise with the current they take.

    The array is solved for given sense voltages. Around them each column is a line, with the conductance that its
    amplifier sees; where this line meets the curve of the amplifier the voltages are set anew, until both sides agree
    on every current. A curve may be as steep near zero current as that of a cascode.

    Args:
        array: From `prepare`; its `sense.r_in` only helps convergence and may be any typical value of v/i.
        v_in: Inputs (batch, rows) [V].
        drop: Voltage of the sense input above v_ref [V] as a function of its current [A], elementwise, not falling.
        nodes, tol, threads: As in `read`; `tol` also bounds the disagreement, relative to the vector's largest output;
            less than 1e-15 A, the tolerance of ngspice, is not asked for.

    Returns:
        As `read`; the heat of the amplifiers themselves is part of `power`.

    Raises:
        InputError: The input switches gates, or `drop` is not a function that returns finite voltages of its
            argument's shape.
        NotConvergedError: A column did not settle; names vector, column and disagreement.
    """
    array = on_bit_lines(array, "read_with_sense")
    v_in = check_inputs(array.spec, v_in, name="v_in")
    r_in, v_ref = array.wires.r_sense, array.spec.sense.v_ref
    admittance = _input_conductance(array)
    solution = read_bit_lines(array, v_in, None, nodes=nodes, tol=tol, threads=threads)
    i = solution.out
    allowed = np.zeros((len(v_in), 1))
    off = np.full(i.shape, np.inf)
    for _ in range(_ITERATIONS):
        extra = _drop(drop, i) - r_in * i
        solution = read_bit_lines(array, v_in, v_ref + extra, nodes=nodes, tol=tol, threads=threads)
        off = solution.out - i
        scale = np.abs(solution.out).max(axis=1, keepdims=True)
        allowed = np.maximum(tol * scale, _LEAST)
        if np.all(np.abs(off) <= allowed):
            # The amplifiers turn their drop into heat: only the references at v_ref, behind them, deliver power.
            told = _TOLD * array.spec.device.g_max * array.spec.driver.v_read
            assert solution.i_row is not None and solution.cell_error is not None
            tell_cell_error(np.where(scale[:, 0] > told, solution.cell_error, 0.0))
            power = with_references((v_in * solution.i_row).sum(axis=1), v_ref, solution.out)
            return replace(solution, out=i + off, power=power)
        i = _meet(drop, i, off, admittance, r_in)
    vector, column = np.unravel_index((np.abs(off) / allowed).argmax(), off.shape)
    raise NotConvergedError(
        f"vector {vector}, column {column}: array and sense amplifier differ by {abs(off[vector, column]):.2e} A; "
        "try a sense.r_in closer to the amplifier's v/i"
    )


def _meet(
    drop: Callable[[np.ndarray], np.ndarray], i: np.ndarray, off: np.ndarray, admittance: np.ndarray, r_in: float
) -> np.ndarray:
    """Return the currents (batch, cols) at which the line of each column meets the curve of its amplifier [A].

    The line is i_array = i + off − admittance · (extra − extra(i)), extra = drop − r_in · i. What it misses the curve
    by rises with the current with a slope of at least 1 − admittance · r_in, which bounds where they meet.

    Args:
        drop: Curve of the amplifier.
        i: Currents at which the array was solved (batch, cols) [A].
        off: Currents of the array there, less i.
        admittance: Conductance of each column, r_in included (cols,) [S].
        r_in: Resistance that the array contains [ohm].
    """

    def extra(at: np.ndarray) -> np.ndarray:
        return _drop(drop, at) - r_in * at

    wanted = i + off + admittance * extra(i)
    reach = off / np.maximum(1 - admittance * r_in, _LEAST_SLOPE)
    low, high = np.minimum(i, i + reach), np.maximum(i, i + reach)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        below = middle + admittance * extra(middle) < wanted
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def _input_conductance(array: PreparedArray) -> np.ndarray:
    """Conductance (cols,) that each sense amplifier sees into its column, r_in included [S]."""
    rows, cols = array.wires.rows, array.wires.cols
    if array.plan is not None:
        swept = sweep_batch(array.plan, np.zeros((cols, rows)), np.eye(cols), tol=1e-3, most=MOST_PASSES)
        return -np.diag(swept.i_out)
    return -np.diag(solve_linear(array.factored, np.zeros((cols, rows)), np.eye(cols)).i_out)


def _drop(drop: Callable[[np.ndarray], np.ndarray], i: np.ndarray) -> np.ndarray:
    v = real_numbers("drop", drop(i))
    if v.shape != i.shape or not np.all(np.isfinite(v)):
        raise InputError(f"drop returned shape {v.shape}: expected finite voltages of shape {i.shape}")
    return v
