"""Chord line Gauss–Seidel: solve every row exactly, then the next, down the array and up again.

Each cell is its chord conductance g0 and a current n = i − g0·(v_r − v_c) beyond it, taken from the pass before. With
all voltages relative to v_ref, the rows and the columns of the array then obey

    T_r·v_r = g0·v_c − n + (what the drivers feed into the end segments),
    T_c·v_c = g0·v_r + n + (what the sense nodes feed into the end segments),

one tridiagonal matrix a wire: its segments, and g0 on the diagonal. A pass visits every row once. There it substitutes
the columns back from the side that the pass comes from, solves the row for v_r, and eliminates the columns one row
further for the pass that will come from the other side. So the state between two passes is v_r and y, the eliminated
right sides of the columns. The slowest modes of this iteration are removed exactly: `alpha`, an amplitude for each mode
and vector, is added to the column voltages. The first pass knows no voltage and takes the chord alone; where no mode is
slow, wires hardly matter, and it begins with rows at their sources and columns at v_ref.

As many vectors are solved side by side as `lanes`, a tuple, has numbers: a block. Every array named here is flat, with
that many numbers where its description has one.

The steps are kernels of their own, compiled once for each width of the lanes. Only those that evaluate the polynomial
of the cells take `law`, and are compiled for each of its shapes.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import numba
import numpy as np

from circuitsim.nodal.balance import AMPLITUDES, CHANGE, LAST, SUMS, check_row, is_balanced
from circuitsim.nodal.column_voltages import SweptArray, amplitudes_of, column_voltage
from circuitsim.nodal.kernel import bare_kernel, step_kernel
from circuitsim.nodal.lanes import (
    all_at_most,
    divide,
    fma,
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
    take_like,
    zeros_for,
)
from circuitsim.nodal.plan_kernels import C_Y, G0, INVERSE_ROW, L_LEFT, L_RIGHT, MODES, PER_CELL, Z
from circuitsim.nodal.polynomial import CellTerms, beyond_chord

_BEFORE_CHECK = 30.0  # of the tolerance: voltages are then close enough for the residual, which decides, to be worth it
# Where modes are removed, n answers to their extrapolation one pass later: an odd pass leaves 0.02 to 0.9 of its change
# unbalanced, an even one 0.001 to 0.02. Measured on 1T1R arrays of 48 to 128 rows and columns with wires of 1 to 20
# ohm, driven and sensed at either end or both.
_AFTER_ODD_PASSES = 0.6
_SLOWEST_TRUSTED = 0.95  # a slower measured rate is noise, or the sweeps are the wrong method


@step_kernel
def _substitute(array, law, lanes, steps, a, drive, buffers):
    """Substitute the columns of a row back, find n, and eliminate the row from the left.

    Args:
        array: `SweptArray`.
        law: `CellTerms`.
        lanes: See above.
        steps: `plan.down` or `plan.up`.
        a: The row.
        drive: Source voltages, see `solve_block`.
        buffers: `BlockBuffers`; what is eliminated goes into the second row of its scratch, n takes the place of y.
    """
    wide, cols, rows, y = len(lanes), array.cols, buffers.scratch, buffers.y
    zero, p = zeros_for(lanes), cols * wide
    amplitudes = amplitudes_of(lanes, buffers.modes)
    source = load_like(zero, drive, a * wide)
    carry = source
    for b in range(cols):
        c = a * cols + b
        at = c * PER_CELL
        column, extra = column_voltage(array, lanes, steps, c, b, amplitudes, buffers), zero
        if len(law.law) > 0:
            u = subtract(load_like(zero, buffers.v_row, c * wide), column)
            extra = multiply(u, beyond_chord(law, c, u, column))
            store(y, c * wide, extra)
        into = fma_at(steps, at + G0, column, negative(extra))
        carry = fma_at(steps, at + L_LEFT, carry, into)
        store(rows, p + b * wide, carry)
    store(rows, 2 * p - wide, fma_at(array.g_row, a * (cols + 1) + cols, source, carry))


@step_kernel
def _eliminate_sources(array, lanes, steps, a, buffers):
    """Eliminate a row from the left for the first pass, per volt of its source: columns are at 0 V, and n is 0."""
    cols, rows, share = array.cols, buffers.scratch, 1.0
    p = cols * len(lanes)
    for b in range(cols):
        share *= steps[(a * cols + b) * PER_CELL + L_LEFT]
        rows[p + b] = share
    rows[p + cols - 1] += array.g_row[a * (cols + 1) + cols]


@numba.njit(inline="always")
def _samples(lanes, v_row, first, cols):
    """Voltages at the ends and in the middle of a row: at one of them a row changes most, whichever ends are driven."""
    wide, zero = len(lanes), zeros_for(lanes)
    return (
        load_like(zero, v_row, first * wide), load_like(zero, v_row, (first + cols // 2) * wide),
        load_like(zero, v_row, (first + cols - 1) * wide),
    )  # fmt: skip


@step_kernel
def _solve_row(array, lanes, steps, a, before, known, bent, keep, drive, pull, buffers):
    """Solve a row that is eliminated from the left, and eliminate the columns one row further.

    Args:
        before: The row visited before; at the first step the row itself, with which nothing is shared.
        known: Whether `_substitute` eliminated the row, and not `_eliminate_sources`.
        bent: Whether it found n, so that cells are not ohmic.
        keep: Store the row voltages. Ohmic cells need them after the last pass only.
        drive, pull: Terminal voltages, see `solve_block`.
    """
    wide, cols, rows, y, v_row, modes = (
        len(lanes), array.cols, buffers.scratch, buffers.y, buffers.v_row, buffers.modes
    )  # fmt: skip
    zero, many = zeros_for(lanes), len(array.more) > 0
    p, first = cols * wide, a * cols
    at_end = len(pull) > 0 and (a == 0 or a == array.rows - 1)
    sum_0, sum_1 = load_like(zero, modes, SUMS * wide), load_like(zero, modes, (SUMS + 1) * wide)
    sum_2, sum_3 = load_like(zero, modes, (SUMS + 2) * wide), load_like(zero, modes, (SUMS + 3) * wide)
    source, voltage, part = load_like(zero, drive, a * wide), zero, 0.0
    was = _samples(lanes, v_row, first, cols)
    for b in range(cols - 1, -1, -1):
        c, j = first + b, b * wide
        at = c * PER_CELL
        if known:
            back = fma_at(steps, at + INVERSE_ROW, load_like(zero, rows, p + j), zero)
            voltage = fma_at(steps, at + L_RIGHT, voltage, back)
        else:
            part = steps[at + L_RIGHT] * part + steps[at + INVERSE_ROW] * rows[p + b]
            voltage = multiply(spread_like(zero, part), source)
        if keep:
            store(v_row, c * wide, voltage)
        into = fma_at(steps, at + G0, voltage, load_like(zero, y, c * wide) if bent else zero)
        if at_end:
            ends = (array.g_col[b] if a == 0 else 0.0) + (
                array.g_col[array.rows * cols + b] if a == array.rows - 1 else 0.0
            )
            into = fma(spread_like(zero, ends), load_like(zero, pull, j), into)
        sum_0 = fma_at(steps, at + Z, into, sum_0)
        if many:
            z = c * (MODES - 1)
            sum_1 = fma_at(array.more, z, into, sum_1)
            sum_2 = fma_at(array.more, z + 1, into, sum_2)
            sum_3 = fma_at(array.more, z + 2, into, sum_3)
        further = load_like(zero, y, (before * cols + b) * wide)
        store(y, c * wide, fma_at(steps, at + C_Y, further, into))
    store(modes, SUMS * wide, sum_0)
    store(modes, (SUMS + 1) * wide, sum_1)
    store(modes, (SUMS + 2) * wide, sum_2)
    store(modes, (SUMS + 3) * wide, sum_3)
    if bent:
        now, change = _samples(lanes, v_row, first, cols), load_like(zero, modes, CHANGE * wide)
        for k in range(3):
            change = larger(change, magnitude(subtract(now[k], was[k])))
        store(modes, CHANGE * wide, change)


@numba.njit(inline="always")
def extrapolate_modes(plan, lanes, modes):
    """Extrapolate every mode to its fixed point: in one pass its error shrinks by exactly its rate."""
    wide, zero = len(lanes), zeros_for(lanes)
    for k in range(MODES):
        measured = load_like(zero, modes, (SUMS + k) * wide)
        rate, amplitude = take_like(zero, plan.rates, k), load_like(zero, modes, (AMPLITUDES + k) * wide)
        fixed = divide(subtract(measured, multiply(rate, amplitude)), subtract(spread_like(zero, 1.0), rate))
        store(modes, k * wide, subtract(fixed, measured))
        store(modes, (AMPLITUDES + k) * wide, fixed)
        store(modes, (SUMS + k) * wide, zero)


@step_kernel
def _settled(array, lanes, count, tol, highest, modes):
    """End a pass: extrapolate the modes, measure anew; whether errors are below `tol` of the highest in every lane.

    After a pass that changed them by c and shrinks errors by a rate q, an error of c·q / (1 − q) is left. The rate is
    that of the last two passes, and at least `slowest`, that of the modes which are not removed, or
    `_AFTER_ODD_PASSES`. A sample of the voltages is enough: this only tells when to check the balance.
    """
    extrapolate_modes(array, lanes, modes)
    wide, zero = len(lanes), zeros_for(lanes)
    change, last = load_like(zero, modes, CHANGE * wide), load_like(zero, modes, LAST * wide)
    store(modes, LAST * wide, change)
    store(modes, CHANGE * wide, zero)
    rate = spread_like(zero, max(array.slowest, 0.5))
    if count > 2:
        odd = array.rates[0] > 0.0 and count % 2 == 1
        rate = larger(divide(change, last), spread_like(zero, _AFTER_ODD_PASSES if odd else array.slowest))
        rate = smaller(rate, spread_like(zero, _SLOWEST_TRUSTED))
    left = divide(multiply(change, rate), subtract(spread_like(zero, 1.0), rate))
    return all_at_most(left, multiply(spread_like(zero, tol), load_like(zero, highest, 0)))


@step_kernel
def _start_at_sources(array, lanes, drive, buffers):
    """Begin with every row at the voltage of its source, and nothing in the columns."""
    wide, zero = len(lanes), zeros_for(lanes)
    buffers.y[:] = 0.0
    for a in range(array.rows):
        source = load_like(zero, drive, a * wide)
        for c in range(a * array.cols, (a + 1) * array.cols):
            store(buffers.v_row, c * wide, source)


@bare_kernel
def solve_block(plan, lanes, drive, pull, highest, tol, most, buffers):
    """Solve one block of vectors.

    A vector is solved when at no node more than `tol` of its largest terminal current is unbalanced, or more than the
    rounding of the wires' currents, and when all nodes together miss no more than `tol` of the sum of its row currents.
    A block ends when all its vectors are solved. Nodes are checked once the voltages seem to have settled: that costs
    as much as a pass.

    Args:
        plan: `SweepPlan`.
        lanes: A tuple of as many numbers as there are vectors; its values do not matter.
        drive: (rows) source voltages less v_ref [V].
        pull: (cols) sense voltages less v_ref [V]; empty when all are 0.
        highest: (1) largest magnitude of both [V].
        tol: Largest unbalanced current, relative to the vector's largest terminal current.
        most: Largest number of passes.
        buffers: `BlockBuffers`, filled; its content does not matter.

    Returns:
        Passes used, negative when a vector was not solved within `most` of them.
    """
    rows, line = plan.rows, plan.cols * len(lanes)
    array = SweptArray(
        rows, plan.cols, plan.g_row, plan.g_col, plan.stiffest, plan.short, plan.more, plan.rates, plan.slowest
    )
    law = CellTerms(plan.law, plan.forward, plan.reverse)
    buffers.modes[:] = 0.0
    buffers.y[:line] = 0.0
    linear = len(plan.law) == 0
    # What an ohmic array needs is known beforehand: each pass leaves `slowest` of the error.
    expected = 1 if not linear else max(1, int(np.ceil(np.log(0.25 * tol) / np.log(max(plan.slowest, 1e-12)))))
    blind = 1 if linear or plan.rates[0] > 0.0 else 0
    if not blind:
        _start_at_sources(array, lanes, drive, buffers)
    count, check = 0, False
    while True:
        down = count % 2 == 0
        steps = plan.down if down else plan.up
        keep = not linear or count + 1 >= min(expected, most)
        buffers.scratch[:line] = 0.0
        if check:
            buffers.checks[:] = 0.0
        before = 0 if down else rows - 1
        for step in range(rows):
            a = step if down else rows - 1 - step
            if check:
                check_row(array, law, lanes, steps, a, step, down, drive, pull, buffers)
            else:
                known = count >= blind
                if known:
                    _substitute(array, law, lanes, steps, a, drive, buffers)
                else:
                    _eliminate_sources(array, lanes, steps, a, buffers)
                bent = known and not linear
                _solve_row(array, lanes, steps, a, before, known, bent, keep, drive, pull, buffers)
            before = a
        if check:
            if is_balanced(array, lanes, highest, tol, buffers):
                return count
            if count >= most:
                return -count
            check = False
            continue
        count += 1
        settled = _settled(array, lanes, count, _BEFORE_CHECK * tol, highest, buffers.modes)
        check = (keep if linear else settled and count > blind) or count >= most
