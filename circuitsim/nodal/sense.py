"""Sense amplifiers whose input voltage depends on their current: the array and its periphery solved together."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from circuitsim.errors import InputError, NotConvergedError
from circuitsim.nodal.array import MOST_PASSES, TOLERANCE, PreparedArray
from circuitsim.nodal.blocks import sweep_batch
from circuitsim.nodal.gated import NodalArray, on_bit_lines
from circuitsim.nodal.linear import solve_linear
from circuitsim.nodal.reading import read
from circuitsim.nodal.terminals import with_references
from circuitsim.results import Solution
from circuitsim.spec import Count, Tolerance, check_inputs, checked, real_numbers

_ITERATIONS = 40


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

    The array is solved for given sense voltages, and these are moved by Newton steps on each column's own input
    conductance until both sides agree on every current.

    Args:
        array: From `prepare`; its `sense.r_in` only helps convergence and may be any typical value of v/i.
        v_in: Inputs (batch, rows) [V].
        drop: Voltage of the sense input above v_ref [V] as a function of its current [A], elementwise, not falling.
        nodes, tol, threads: As in `read`; `tol` also bounds the disagreement, relative to the vector's largest output.

    Returns:
        As `read`; the heat of the amplifiers themselves is part of `power`.

    Raises:
        InputError: The input switches gates, or `drop` does not return finite voltages of its argument's shape.
        NotConvergedError: A column did not settle; names vector, column and disagreement.
    """
    array = on_bit_lines(array, "read_with_sense")
    v_in = check_inputs(array.spec, v_in)
    r_in, v_ref = array.wires.r_sense, array.spec.sense.v_ref
    admittance = _input_conductance(array)
    solution = read(array, v_in, nodes=nodes, tol=tol, threads=threads)
    i = solution.out
    off = np.full(i.shape, np.inf)
    for _ in range(_ITERATIONS):
        extra = _drop(drop, i) - r_in * i
        solution = read(array, v_in, v_sense=v_ref + extra, nodes=nodes, tol=tol, threads=threads)
        off = solution.out - i
        scale = np.abs(solution.out).max(axis=1, keepdims=True)
        if np.all(np.abs(off) <= tol * scale):
            # The amplifiers turn their drop into heat: only the references at v_ref, behind them, deliver power.
            assert solution.i_row is not None
            power = with_references((v_in * solution.i_row).sum(axis=1), v_ref, solution.out)
            return replace(solution, out=i + off, power=power)
        step = 1e-4 * np.where(scale > 0, scale, 1e-9)
        slope = (_drop(drop, i + step) - _drop(drop, i - step)) / (2 * step) - r_in
        i = i + off / np.maximum(1 + admittance * slope, 0.1)
    vector, column = np.unravel_index(np.abs(off).argmax(), off.shape)
    raise NotConvergedError(
        f"vector {vector}, column {column}: array and sense amplifier differ by {abs(off[vector, column]):.2e} A; "
        "try a sense.r_in closer to the amplifier's v/i"
    )


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
