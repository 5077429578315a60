"""What a pass of the sweeps leaves: the voltages and currents of a block, and what does not balance at its nodes."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from typing import NamedTuple

import numpy as np

from circuitsim.nodal.column_voltages import amplitudes_of, column_voltage
from circuitsim.nodal.kernel import step_kernel
from circuitsim.nodal.lanes import (
    add,
    all_at_most,
    fma_at,
    larger,
    load_like,
    magnitude,
    multiply,
    negative,
    smaller,
    spread_like,
    store,
    subtract,
    zeros_for,
)
from circuitsim.nodal.plan_kernels import G0, MODES, PER_CELL
from circuitsim.nodal.polynomial import beyond_chord

EPSILON = float(np.finfo(float).eps)
# What `BlockBuffers.modes` holds behind the amplitudes that are added: those that they extrapolate, those of a pass as
# they sum up, and the largest change of a sampled row voltage in this pass and before.
AMPLITUDES, SUMS, CHANGE, LAST = MODES, 2 * MODES, 3 * MODES, 3 * MODES + 1
SCRATCH_ROWS, MODE_ENTRIES = 3, LAST + 1


class BlockBuffers(NamedTuple):
    """Arrays that `solve_block` works on and fills, as many numbers for each entry as there are lanes.

    | field     | entries      | unit    | content                                                                |
    |-----------|--------------|---------|------------------------------------------------------------------------|
    | `i_row`   | rows         | A       | current that each source delivers into its row                         |
    | `i_out`   | cols         | A       | current into each sense node                                           |
    | `checks`  | 3            | A, V, V | largest unbalanced current at any node; lowest, highest column voltage |
    | `y`       | rows · cols  | A       | state of the sweeps: right sides of the columns, eliminated            |
    | `v_row`   | rows · cols  | V       | state of the sweeps: voltage of the row wire at each cell              |
    | `v_col`   | rows · cols  | V       | voltage of the column wire at each cell; an empty array is not filled  |
    | `i_cell`  | rows · cols  | A       | current through each cell; an empty array is not filled                |
    | `scratch` | 3 · cols     |         | what one row hands to the next                                         |
    | `modes`   | MODE_ENTRIES | V       | amplitudes of the modes and changes of the voltages                    |

    Voltages are relative to v_ref.
    """

    i_row: np.ndarray
    i_out: np.ndarray
    checks: np.ndarray
    y: np.ndarray
    v_row: np.ndarray
    v_col: np.ndarray
    i_cell: np.ndarray
    scratch: np.ndarray
    modes: np.ndarray


@step_kernel
def check_row(array, law, lanes, steps, a, step, down, drive, pull, buffers):
    """Substitute the columns of a row back, and find what a pass left unbalanced at its nodes; fill `buffers`.

    Args:
        array: `SweptArray`.
        law: `CellTerms`.
        lanes: See `sweep`.
        steps: `plan.down` or `plan.up`.
        a, step: The row, and how many rows were visited before it, all above it where `down`, else all below.
        drive, pull: Terminal voltages, see `sweep.solve_block`.
        buffers: `BlockBuffers`.
    """
    wide, cols, zero = len(lanes), array.cols, zeros_for(lanes)
    v_r, rows = buffers.v_row, buffers.scratch
    kept_rest, kept_column = cols * wide, 2 * cols * wide
    nonlinear, keep = len(law.law) > 0, len(buffers.v_col) > 0
    row, wire = a * cols, a * (cols + 1)
    seam = row if down else (a + 1) * cols  # segments between this row and the one before
    far = (a + 1) * cols if down else row
    last = step == array.rows - 1
    amplitudes, source = amplitudes_of(lanes, buffers.modes), load_like(zero, drive, a * wide)
    worst, low, high = (
        load_like(zero, buffers.checks, 0), load_like(zero, buffers.checks, wide),
        load_like(zero, buffers.checks, 2 * wide),
    )  # fmt: skip
    here, total, flow, onward, joined = load_like(zero, v_r, row * wide), zero, zero, zero, False
    for b in range(cols):
        c, j = row + b, b * wide
        column, extra = column_voltage(array, lanes, steps, c, b, amplitudes, buffers), zero
        u = subtract(here, column)
        if nonlinear:
            extra = multiply(u, beyond_chord(law, c, u, column))
        current = fma_at(steps, c * PER_CELL + G0, u, extra)
        # Row node: a segment of no resistance hands on what is left, one to a held terminal takes it.
        to_left, to_right = array.g_row[wire + b], array.g_row[wire + b + 1]
        right = source if b == cols - 1 else load_like(zero, v_r, (c + 1) * wide)
        if b == 0:
            joined = to_left >= array.short
            flow = zero if joined else fma_at(array.g_row, wire + b, subtract(source, here), zero)
            total = flow
        elif to_left < np.inf:
            joined, flow = False, onward
        flow = subtract(flow, current)
        if to_right < array.short:
            onward = fma_at(array.g_row, wire + b + 1, subtract(here, right), zero)
            flow = subtract(flow, onward)
            if b == cols - 1:
                total = subtract(total, onward)
        if joined or (b == cols - 1 and to_right >= array.short):
            if b == cols - 1 or to_right < np.inf:
                total = subtract(total, flow)
        elif to_right < np.inf:
            worst = larger(worst, magnitude(flow))
        here = right
        # Column node: what the cell brings and what the segment from the row before brings; the next row completes.
        seam_g = array.g_col[seam + b]
        above = load_like(zero, pull, j) if len(pull) > 0 else zero
        rest = current
        if step == 0:
            inward = fma_at(array.g_col, seam + b, subtract(above, column), zero)
            store(buffers.i_out, j, negative(inward))
            rest = add(rest, inward)
        elif seam_g < np.inf:
            inward = fma_at(array.g_col, seam + b, subtract(load_like(zero, rows, kept_column + j), column), zero)
            worst = larger(worst, magnitude(subtract(load_like(zero, rows, kept_rest + j), inward)))
            rest = add(rest, inward)
        else:
            rest = add(rest, load_like(zero, rows, kept_rest + j))
        if last:
            outflow = fma_at(array.g_col, far + b, subtract(column, above), zero)
            store(buffers.i_out, j, add(load_like(zero, buffers.i_out, j), outflow))
            rest = subtract(rest, outflow)
            worst = larger(worst, magnitude(rest))
        store(rows, kept_rest + j, rest)
        store(rows, kept_column + j, column)
        low, high = smaller(low, column), larger(high, column)
        if keep:
            store(buffers.v_col, c * wide, column)
            store(buffers.i_cell, c * wide, current)
    store(buffers.i_row, a * wide, total)
    store(buffers.checks, 0, worst)
    store(buffers.checks, wide, low)
    store(buffers.checks, 2 * wide, high)


@step_kernel
def is_balanced(array, lanes, highest, tol, buffers):
    """Whether what `check_row` found in all rows is within the tolerance in every lane; see `sweep.solve_block`."""
    wide, zero = len(lanes), zeros_for(lanes)
    flow, fed, missing = zero, zero, zero
    for a in range(array.rows):
        current = load_like(zero, buffers.i_row, a * wide)
        size = magnitude(current)
        flow, fed, missing = larger(flow, size), add(fed, size), add(missing, current)
    for b in range(array.cols):
        current = load_like(zero, buffers.i_out, b * wide)
        flow, missing = larger(flow, magnitude(current)), subtract(missing, current)
    rounding = multiply(spread_like(zero, 8.0 * EPSILON * array.stiffest), load_like(zero, highest, 0))
    allowed, of_all = spread_like(zero, tol), spread_like(zero, 0.125 * array.rows * array.cols)
    worst = load_like(zero, buffers.checks, 0)
    # Equal rows round alike.
    return all_at_most(worst, larger(multiply(allowed, flow), rounding)) and all_at_most(
        magnitude(missing), larger(multiply(allowed, fed), multiply(of_all, rounding))
    )
