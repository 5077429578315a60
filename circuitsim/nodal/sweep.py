"""Chord line Gauss–Seidel: solve every row exactly, then the next, down the array and up again.

Each cell is its chord conductance g0 and a current n = i − g0·(v_r − v_c) beyond it, taken from the pass before. With
all voltages relative to v_ref, the rows and the columns of the array then obey

    T_r·v_r = g0·v_c − n + (what the drivers feed into the end segments),
    T_c·v_c = g0·v_r + n + (what the sense nodes feed into the end segments),

one tridiagonal matrix a wire: its segments, and g0 on the diagonal. A pass visits every row once. There it substitutes
the columns back from the side that the pass comes from, solves the row for v_r, and eliminates the columns one row
further for the pass that will come from the other side. So the state between two passes is v_r and y, the eliminated
right sides of the columns. The slowest modes of this iteration are removed exactly: `alpha`, an amplitude for each mode
and vector, is added to the column voltages.

`lanes.WIDTH` vectors are solved side by side, a block. Every array named here is flat, with WIDTH numbers where its
description has one.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import numpy as np

from circuitsim.nodal.balance import MODES, balance, imbalance, largest
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, fma, larger, load, spread, store
from circuitsim.nodal.polynomial import beyond_chord

EPSILON = float(np.finfo(float).eps)
_BEFORE_CHECK = 30.0  # of the tolerance: voltages are then close enough for the residual, which decides, to be worth it
_SLOWEST_TRUSTED = 0.95  # a slower measured rate is noise, or the sweeps are the wrong method


@kernel
def _pass(plan, down, drive, pull, state, alpha, measured, keep):
    """Run once through the array, row by row.

    Args:
        plan: `SweepPlan`.
        down: Whether the pass runs from the first row to the last.
        drive, pull: Terminal voltages, see `solve_block`.
        state: v_r and y, see above, and three rows of scratch.
        alpha: (MODES) amplitudes added to the column voltages [V].
        measured: (MODES + 1) filled with the amplitude of each mode in the new right sides, and with the largest change
            of a row voltage [V].
        keep: Store the row voltages and measure their change. Ohmic cells need them after the last pass only.
    """
    rows, cols = plan.rows, plan.cols
    v_r, y, x, p, n = state
    nonlinear, deflated = plan.shape >= 0, len(plan.z) > 0
    x[:] = 0.0
    change = spread(0.0)
    # Four modes by name: they stay in registers, an array of them would be stored and loaded at every cell.
    sum_0, sum_1, sum_2, sum_3 = spread(0.0), spread(0.0), spread(0.0), spread(0.0)
    alpha_0, alpha_1, alpha_2, alpha_3 = (
        load(alpha, 0),
        load(alpha, WIDTH),
        load(alpha, 2 * WIDTH),
        load(alpha, 3 * WIDTH),
    )
    inverse = plan.inv_up if down else plan.inv_down
    carry_x, shift_x = (plan.c_up, 0) if down else (plan.c_down, cols)
    carry_y, shift_y = (plan.c_down, 0) if down else (plan.c_up, cols)
    for step in range(rows):
        a = step if down else rows - 1 - step
        row, wire = a * cols, a * (cols + 1)
        before = row if step == 0 else (row - cols if down else row + cols)  # its factor is 0 at the first step
        at_end = len(pull) > 0 and (a == 0 or a == rows - 1)
        source = load(drive, a * WIDTH)
        carry = source
        for b in range(cols):
            c = row + b
            column = fma(spread(inverse[c]), load(y, c * WIDTH), spread(carry_x[c + shift_x]) * load(x, b * WIDTH))
            store(x, b * WIDTH, column)
            if deflated:
                z = c * MODES
                column = fma(alpha_0, spread(plan.z[z]), fma(alpha_1, spread(plan.z[z + 1]), column))
                column = fma(alpha_2, spread(plan.z[z + 2]), fma(alpha_3, spread(plan.z[z + 3]), column))
            into = spread(plan.g0[c]) * column
            if nonlinear:
                u = load(v_r, c * WIDTH) - column
                extra = u * beyond_chord(plan.coefficients, plan.shape, c, u, column)
                store(n, b * WIDTH, extra)
                into = into - extra
            carry = fma(spread(plan.l_row[wire + b]), carry, into)
            store(p, b * WIDTH, carry)
        store(p, (cols - 1) * WIDTH, fma(spread(plan.g_right[a]), source, carry))
        voltage = spread(0.0)
        for b in range(cols - 1, -1, -1):
            c = row + b
            # l_row is 0 behind the last cell
            voltage = fma(spread(plan.l_row[wire + b + 1]), voltage, spread(plan.inv_row[c]) * load(p, b * WIDTH))
            if keep:
                moved = voltage - load(v_r, c * WIDTH)
                change = larger(change, larger(moved, spread(0.0) - moved))
                store(v_r, c * WIDTH, voltage)
            into = spread(plan.g0[c]) * voltage
            if nonlinear:
                into = into + load(n, b * WIDTH)
            if at_end:
                ends = (plan.g_col[b] if a == 0 else 0.0) + (plan.g_col[rows * cols + b] if a == rows - 1 else 0.0)
                into = fma(spread(ends), load(pull, b * WIDTH), into)
            if deflated:
                z = c * MODES
                sum_0, sum_1 = fma(spread(plan.z[z]), into, sum_0), fma(spread(plan.z[z + 1]), into, sum_1)
                sum_2, sum_3 = fma(spread(plan.z[z + 2]), into, sum_2), fma(spread(plan.z[z + 3]), into, sum_3)
            store(y, c * WIDTH, fma(spread(carry_y[c + shift_y]), load(y, (before + b) * WIDTH), into))
    store(measured, 0, sum_0)
    store(measured, WIDTH, sum_1)
    store(measured, 2 * WIDTH, sum_2)
    store(measured, 3 * WIDTH, sum_3)
    store(measured, MODES * WIDTH, change)


@kernel
def _deflate(plan, amplitude, alpha, measured):
    """Extrapolate every mode to its fixed point: in one pass its error shrinks by exactly its rate.

    `amplitude` holds what the pass before was extrapolated to, `measured` what this pass gave; both are (MODES).
    """
    for k in range(MODES):
        rate = plan.rates[k]
        for lane in range(WIDTH):
            i = k * WIDTH + lane
            fixed = (measured[i] - rate * amplitude[i]) / (1.0 - rate)
            alpha[i] = fixed - measured[i]
            amplitude[i] = fixed


@kernel
def _settled(measured, last, count, slowest, tol, highest):
    """Whether the error of the voltages is below `tol` of the highest in every lane.

    After a pass that changed them by c and shrinks errors by a rate q, an error of c·q / (1 − q) is left. The rate is
    that of the last two passes, and at least `slowest`, that of the modes which are not removed.
    """
    for lane in range(WIDTH):
        rate = _SLOWEST_TRUSTED
        change = measured[MODES * WIDTH + lane]
        if count > 2 and last[lane] > 0.0:
            rate = min(max(change / last[lane], slowest), _SLOWEST_TRUSTED)
        elif count <= 2:
            rate = max(slowest, 0.5)
        if not change * rate / (1.0 - rate) <= tol * highest[lane]:
            return False
    return True


@kernel
def _balances(plan, buffers, highest, tol):
    """Whether what `balance` left is within the tolerance in every lane; see `solve_block`."""
    flow_rows, flow_cols = largest(buffers.i_row, plan.rows), largest(buffers.i_out, plan.cols)
    left, fed = imbalance(buffers.i_row, plan.rows, buffers.i_out, plan.cols)
    for lane in range(WIDTH):
        rounding = 8.0 * EPSILON * plan.stiffest * highest[lane]
        if not buffers.checks[lane] <= max(tol * max(flow_rows[lane], flow_cols[lane]), rounding):
            return False
        # Equal rows round alike.
        if not left[lane] <= max(tol * fed[lane], 0.125 * rounding * plan.rows * plan.cols):
            return False
    return True


@kernel
def solve_block(plan, drive, pull, tol, most, buffers):
    """Solve one block of vectors.

    A vector is solved when at no node more than `tol` of its largest terminal current is unbalanced, or more than the
    rounding of the wires' currents, and when all nodes together miss no more than `tol` of the sum of its row currents.
    A block ends when all its vectors are solved. Nodes are checked once the voltages seem to have settled: that costs
    as much as a pass.

    Args:
        plan: `SweepPlan`.
        drive: (rows) source voltages less v_ref [V].
        pull: (cols) sense voltages less v_ref [V]; empty when all are 0.
        tol: Largest unbalanced current, relative to the vector's largest terminal current.
        most: Largest number of passes.
        buffers: `BlockBuffers`, filled; its content does not matter.

    Returns:
        Passes used, negative when a vector was not solved within `most` of them.
    """
    y, v_r = buffers.y, buffers.v_row
    rows, cols = plan.rows, plan.cols
    x, p, n = np.empty(cols * WIDTH), np.empty(cols * WIDTH), np.empty(cols * WIDTH)
    y[:] = 0.0
    linear = plan.shape < 0
    # What an ohmic array needs is known beforehand: each pass leaves `slowest` of the error.
    expected = 1 if not linear else max(1, int(np.ceil(np.log(0.25 * tol) / np.log(max(plan.slowest, 1e-12)))))
    for a in range(rows if not linear else 0):
        for b in range(cols):
            store(v_r, (a * cols + b) * WIDTH, load(drive, a * WIDTH))
    state = (v_r, y, x, p, n)
    alpha, amplitude, last = np.zeros(MODES * WIDTH), np.zeros(MODES * WIDTH), np.zeros(WIDTH)
    measured = np.zeros((MODES + 1) * WIDTH)
    highest = largest(drive, rows)
    if len(pull) > 0:
        pulled = largest(pull, cols)
        for lane in range(WIDTH):
            highest[lane] = max(highest[lane], pulled[lane])
    count, down = 0, False
    while count < most:
        down = not down
        count += 1
        keep = not linear or count >= min(expected, most)
        _pass(plan, down, drive, pull, state, alpha, measured, keep)
        if len(plan.z) > 0:
            _deflate(plan, amplitude, alpha, measured)
        if linear:
            settled = keep
        else:
            settled = _settled(measured, last, count, plan.slowest, _BEFORE_CHECK * tol, highest)
            store(last, 0, load(measured, MODES * WIDTH))
        if settled:
            balance(plan, down, drive, pull, state, alpha, buffers)
            if _balances(plan, buffers, highest, tol):
                return count
    balance(plan, down, drive, pull, state, alpha, buffers)
    return -count
