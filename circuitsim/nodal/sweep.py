"""Chord line Gauss–Seidel: solve every row exactly, then the next, down the array and up again.

A block holds `lanes.WIDTH` vectors. Voltages are relative to v_ref; `pull` holds
what each sense node is above it. The state between two passes
is the row voltage v_r of every cell and y, the eliminated right side of the columns; a pass runs through both once.
The slowest modes of the iteration are removed exactly by `alpha`, an amplitude per mode and vector.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import numba
import numpy as np

from circuitsim.nodal.lanes import WIDTH, fma, larger, load, smaller, spread, store
from circuitsim.nodal.polynomial import TERMS, beyond_chord

EPSILON = float(np.finfo(float).eps)
MODES = 4  # modes removed
_BEFORE_CHECK = 30.0  # of the tolerance: voltages are then close enough for the residual, which decides, to be worth it
_SLOWEST_TRUSTED = 0.95  # a slower measured rate is noise, or the sweeps are the wrong method


@numba.njit(cache=True, nogil=True)
def _pass(plan, down, drive, pull, state, alpha, found, keep):
    """Run once through the array, downwards or upwards; `found` takes each mode's amplitude and the largest change.

    Row voltages are kept and their change is found only when asked for: ohmic cells do not need them for the next pass.
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
    store(found, 0, sum_0)
    store(found, WIDTH, sum_1)
    store(found, 2 * WIDTH, sum_2)
    store(found, 3 * WIDTH, sum_3)
    store(found, MODES * WIDTH, change)


@numba.njit(cache=True, nogil=True)
def _deflate(plan, amplitude, alpha, found):
    """Extrapolate every mode to its fixed point: in one pass its error shrinks by exactly its eigenvalue."""
    for k in range(MODES):
        rate = plan.rates[k]
        for lane in range(WIDTH):
            i = k * WIDTH + lane
            fixed = (found[i] - rate * amplitude[i]) / (1.0 - rate)
            alpha[i] = fixed - found[i]
            amplitude[i] = fixed


@numba.njit(cache=True, nogil=True)
def _settled(change, last, count, slowest, limit):
    """Whether the error that is left, by the rate of the last two passes, is below each lane's limit."""
    for lane in range(WIDTH):
        rate = _SLOWEST_TRUSTED
        if count > 2 and last[lane] > 0.0:
            rate = min(max(change[lane] / last[lane], slowest), _SLOWEST_TRUSTED)
        elif count <= 2:
            rate = max(slowest, 0.5)
        if not change[lane] * rate / (1.0 - rate) <= limit[lane]:
            return False
    return True


@numba.njit(cache=True, nogil=True)
def _balance(plan, down, drive, pull, state, alpha, i_row, i_out, checks, v_c, i_cell):
    """Substitute the columns back after a pass; terminal currents and what is left unbalanced at every node.

    `checks` takes per lane the largest residual at any node [A], the smallest and the largest column voltage [V].
    `v_c` and `i_cell` take the whole array unless they are empty.
    """
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
                joined = to_left >= plan.held
                flow = spread(0.0) if joined else spread(to_left) * (source - here)
                total = flow
            elif to_left < np.inf:
                joined = False
                flow = spread(to_left) * (left - here)
            flow = flow - current
            if to_right < plan.held:
                flow = flow + spread(to_right) * (right - here)
                if b == cols - 1:
                    total = fma(spread(to_right), source - here, total)
            if joined or (b == cols - 1 and to_right >= plan.held):
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


@numba.njit(cache=True, nogil=True)
def _largest(values, count):
    """Largest magnitude in each lane of `count` rows."""
    top = spread(0.0)
    for k in range(count):
        value = load(values, k * WIDTH)
        top = larger(top, larger(value, spread(0.0) - value))
    largest = np.empty(WIDTH)
    store(largest, 0, top)
    return largest


@numba.njit(cache=True, nogil=True)
def _imbalance(i_row, rows, i_out, cols):
    """What the residuals of all nodes add up to in each lane, and the sum of |row currents| to hold it against."""
    total, size = spread(0.0), spread(0.0)
    for a in range(rows):
        current = load(i_row, a * WIDTH)
        total, size = total + current, size + larger(current, spread(0.0) - current)
    for b in range(cols):
        total = total - load(i_out, b * WIDTH)
    left, fed = np.empty(WIDTH), np.empty(WIDTH)
    store(left, 0, total)
    store(fed, 0, size)
    return np.abs(left), fed


@numba.njit(cache=True, nogil=True)
def solve_block(plan, drive, pull, tol, most, i_row, i_out, checks, v_r, y, v_c, i_cell):
    """Solve one block of vectors.

    Args:
        plan: `SweepPlan`.
        drive: (rows · WIDTH) source voltages less v_ref [V].
        pull: (cols · WIDTH) sense voltages less v_ref [V]; empty when all are 0.
        tol: What may be left at any node: of the vector's largest terminal current, unbalanced; of its largest input,
            in voltage.
        most: Largest number of passes.
        i_row, i_out, checks, v_r, v_c, i_cell: Filled; see `_balance`.
        y: Room for the state; v_r and y have (rows · cols · WIDTH) numbers.

    Returns:
        Passes used, negative when the tolerance was not reached; 0 when this code was compiled for other lanes or
        polynomials (numba's cache looks at the age of this file alone).
    """
    rows, cols = plan.rows, plan.cols
    if len(drive) != rows * WIDTH or (plan.shape >= 0 and len(plan.coefficients) != rows * cols * TERMS[plan.shape]):
        return 0
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
    found = np.zeros((MODES + 1) * WIDTH)
    highest = _largest(drive, rows)
    if len(pull) > 0:
        highest = np.maximum(highest, _largest(pull, cols))
    rounding = 8.0 * EPSILON * plan.stiffest * highest
    count, down = 0, False
    while count < most:
        down = not down
        count += 1
        keep = not linear or count >= min(expected, most)
        _pass(plan, down, drive, pull, state, alpha, found, keep)
        if len(plan.z) > 0:
            _deflate(plan, amplitude, alpha, found)
        if linear:
            settled = keep
        else:
            change = found[MODES * WIDTH :]
            settled = _settled(change, last, count, plan.slowest, _BEFORE_CHECK * tol * highest)
            last[:] = change
        if settled:
            _balance(plan, down, drive, pull, state, alpha, i_row, i_out, checks, v_c, i_cell)
            flow = np.maximum(_largest(i_row, rows), _largest(i_out, cols))
            left, fed = _imbalance(i_row, rows, i_out, cols)
            limit = np.maximum(tol * fed, 0.125 * rounding * rows * cols)  # equal rows round alike
            if np.all(checks[:WIDTH] <= np.maximum(tol * flow, rounding)) and np.all(left <= limit):
                return count
    _balance(plan, down, drive, pull, state, alpha, i_row, i_out, checks, v_c, i_cell)
    return -count
