"""What a pass of the sweeps leaves: the voltages and currents of a block, and what does not balance at its nodes."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from typing import NamedTuple

import numpy as np

from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, fma, larger, load, smaller, spread, store
from circuitsim.nodal.polynomial import beyond_chord

MODES = 4  # modes removed


class BlockBuffers(NamedTuple):
    """Arrays that `solve_block` works on and fills, WIDTH numbers for each entry; voltages are relative to v_ref.

    | field    | entries     | unit    | content                                                                |
    |----------|-------------|---------|------------------------------------------------------------------------|
    | `i_row`  | rows        | A       | current that each source delivers into its row                         |
    | `i_out`  | cols        | A       | current into each sense node                                           |
    | `checks` | 3           | A, V, V | largest unbalanced current at any node; lowest, highest column voltage |
    | `y`      | rows · cols | A       | state of the sweeps: right sides of the columns, eliminated            |
    | `v_row`  | rows · cols | V       | state of the sweeps: voltage of the row wire at each cell              |
    | `v_col`  | rows · cols | V       | voltage of the column wire at each cell; an empty array is not filled  |
    | `i_cell` | rows · cols | A       | current through each cell; an empty array is not filled                |
    """

    i_row: np.ndarray
    i_out: np.ndarray
    checks: np.ndarray
    y: np.ndarray
    v_row: np.ndarray
    v_col: np.ndarray
    i_cell: np.ndarray


@kernel
def balance(plan, down, drive, pull, state, alpha, buffers):
    """Substitute the columns back after a pass, find what is left unbalanced at every node, and fill `buffers`."""
    i_row, i_out, checks, _, _, v_c, i_cell = buffers
    rows, cols = plan.rows, plan.cols
    # p takes the residual of the row before, still without its neighbour's wire, and n the column voltage there.
    v_r, y, x, p, n = state
    nonlinear, deflated = plan.shape >= 0, len(plan.z) > 0
    keep = len(v_c) > 0
    x[:] = 0.0
    worst, low, high = spread(0.0), spread(0.0), spread(0.0)
    # After a downward pass substitution goes upwards, and the other way round.
    inverse = plan.inv_down if down else plan.inv_up
    carry_x, shift_x = (plan.c_down, cols) if down else (plan.c_up, 0)
    for step in range(rows):
        a = rows - 1 - step if down else step
        row, wire = a * cols, a * (cols + 1)
        seam = (a + 1) * cols if down else row  # segments between this row and the one before
        far = row if down else (a + 1) * cols
        last = step == rows - 1
        source = load(drive, a * WIDTH)
        left, total, flow, joined = source, spread(0.0), spread(0.0), False
        for b in range(cols):
            c = row + b
            here = load(v_r, c * WIDTH)
            column = fma(spread(inverse[c]), load(y, c * WIDTH), spread(carry_x[c + shift_x]) * load(x, b * WIDTH))
            store(x, b * WIDTH, column)
            if deflated:
                for k in range(MODES):
                    column = fma(load(alpha, k * WIDTH), spread(plan.z[c * MODES + k]), column)
            u = here - column
            current = spread(plan.g0[c]) * u
            if nonlinear:
                current = fma(u, beyond_chord(plan.coefficients, plan.shape, c, u, column), current)
            # Row node: a segment of no resistance hands on what is left, one to a held terminal takes it.
            to_left, to_right = plan.g_row[wire + b], plan.g_row[wire + b + 1]
            right = source if b == cols - 1 else load(v_r, (c + 1) * WIDTH)
            if b == 0:
                joined = to_left >= plan.short
                flow = spread(0.0) if joined else spread(to_left) * (source - here)
                total = flow
            elif to_left < np.inf:
                joined = False
                flow = spread(to_left) * (left - here)
            flow = flow - current
            if to_right < plan.short:
                flow = flow + spread(to_right) * (right - here)
                if b == cols - 1:
                    total = fma(spread(to_right), source - here, total)
            if joined or (b == cols - 1 and to_right >= plan.short):
                if b == cols - 1 or to_right < np.inf:
                    total = total - flow
            elif to_right < np.inf:
                worst = larger(worst, larger(flow, spread(0.0) - flow))
            left = here
            # Column node: what the cell brings and what the segment from the row before brings; the next row completes.
            seam_g = plan.g_col[seam + b]
            above = load(pull, b * WIDTH) if len(pull) > 0 else spread(0.0)
            rest = current
            if step == 0:
                inward = spread(seam_g) * (above - column)
                store(i_out, b * WIDTH, spread(0.0) - inward)
                rest = rest + inward
            elif seam_g < np.inf:
                inward = spread(seam_g) * (load(n, b * WIDTH) - column)
                before = load(p, b * WIDTH) - inward
                worst = larger(worst, larger(before, spread(0.0) - before))
                rest = rest + inward
            else:
                rest = rest + load(p, b * WIDTH)
            if last:
                outflow = spread(plan.g_col[far + b]) * (column - above)
                store(i_out, b * WIDTH, load(i_out, b * WIDTH) + outflow)
                rest = rest - outflow
                worst = larger(worst, larger(rest, spread(0.0) - rest))
            store(p, b * WIDTH, rest)
            store(n, b * WIDTH, column)
            low, high = smaller(low, column), larger(high, column)
            if keep:
                store(v_c, c * WIDTH, column)
                store(i_cell, c * WIDTH, current)
        store(i_row, a * WIDTH, total)
    store(checks, 0, worst)
    store(checks, WIDTH, low)
    store(checks, 2 * WIDTH, high)


@kernel
def largest(values, count):
    """Largest magnitude in each lane of `count` rows."""
    top = spread(0.0)
    for k in range(count):
        value = load(values, k * WIDTH)
        top = larger(top, larger(value, spread(0.0) - value))
    largest = np.empty(WIDTH)
    store(largest, 0, top)
    return largest


@kernel
def imbalance(i_row, rows, i_out, cols):
    """What the residuals of all nodes add up to in each lane, and the sum of |row currents| to hold it against."""
    total, size = spread(0.0), spread(0.0)
    for a in range(rows):
        current = load(i_row, a * WIDTH)
        total, size = total + current, size + larger(current, spread(0.0) - current)
    for b in range(cols):
        total = total - load(i_out, b * WIDTH)
    left, fed = np.empty(WIDTH), np.empty(WIDTH)
    store(left, 0, larger(total, spread(0.0) - total))
    store(fed, 0, size)
    return left, fed
