"""Sweeps over a linear array for one volt or ampere at a time, as `nodal.sweep`, and what is summed up of them.

A block solves as many drives side by side as `lanes` has numbers. Every flat array has that many numbers where its
description has one. With all voltages at 0, the first pass down needs no row solved: what the drives feed into the
columns runs down them.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import math
from collections.abc import Callable
from typing import Any

import numba

from circuitsim.behavioral import field_buffers
from circuitsim.behavioral.field_buffers import Drives
from circuitsim.nodal.balance import SUMS
from circuitsim.nodal.column_voltages import amplitudes_of, column_voltage
from circuitsim.nodal.kernel import bare_kernel
from circuitsim.nodal.lanes import (
    add,
    fma,
    fma_at,
    larger,
    largest,
    load_like,
    magnitude,
    multiply,
    spread_like,
    store,
    subtract,
    sum_of,
    zeros_for,
)
from circuitsim.nodal.plan_kernels import C_Y, G0, INVERSE_ROW, L_LEFT, L_RIGHT, MODES, PER_CELL, Z
from circuitsim.nodal.sweep import extrapolate_modes

_SLOWEST_TRUSTED = 0.95  # a slower measured rate is noise, or the sweeps are the wrong method
_LEAST = 1e-3  # V: row voltages below it are no measure of what one volt at a terminal does


def _kernel(function: Callable[..., Any]) -> Any:
    return bare_kernel(function, field_buffers)


@numba.njit(inline="always")
def _hand_on(plan, lanes, steps, a, b, before, into, drives, buffers, sums):
    """Add the drives to the current into a column node, eliminate it, and return the modes' sums with it."""
    wide, zero, c = len(lanes), zeros_for(lanes), a * plan.cols + b
    at, lane = c * PER_CELL, b - drives.column
    if len(drives.weight) > 0 and 0 <= lane < wide and drives.first <= a < drives.last:
        buffers.inject[lane] = drives.weight[c]
        into = add(into, load_like(zero, buffers.inject, 0))
        buffers.inject[lane] = 0.0
    if drives.pulled and (a == 0 or a == plan.rows - 1):
        ends = (plan.g_col[b] if a == 0 else 0.0) + (
            plan.g_col[plan.rows * plan.cols + b] if a == plan.rows - 1 else 0.0
        )
        into = fma(spread_like(zero, ends), load_like(zero, buffers.pull, b * wide), into)
    s_0, s_1, s_2, s_3 = sums
    s_0 = fma_at(steps, at + Z, into, s_0)
    if len(plan.more) > 0:
        z = c * (MODES - 1)
        s_1, s_2, s_3 = (
            fma_at(plan.more, z, into, s_1), fma_at(plan.more, z + 1, into, s_2), fma_at(plan.more, z + 2, into, s_3)
        )  # fmt: skip
    further = load_like(zero, buffers.y, (before * plan.cols + b) * wide)
    store(buffers.y, c * wide, fma_at(steps, at + C_Y, further, into))
    return s_0, s_1, s_2, s_3


@numba.njit(inline="always")
def _keep_sums(lanes, sums, modes):
    wide = len(lanes)
    store(modes, SUMS * wide, sums[0])
    store(modes, (SUMS + 1) * wide, sums[1])
    store(modes, (SUMS + 2) * wide, sums[2])
    store(modes, (SUMS + 3) * wide, sums[3])


@_kernel
def _begin(plan, lanes, reach, drives, buffers):
    """Run down the columns what the drives feed into them with all columns at 0 V.

    `reach` (cells) [S] is the current into each column node per volt at the source of its row.
    """
    wide, zero, cols = len(lanes), zeros_for(lanes), plan.cols
    sums = (zero, zero, zero, zero)
    buffers.y[: cols * wide] = 0.0
    for a in range(plan.rows):
        source = load_like(zero, buffers.drive, a * wide)
        for b in range(cols):
            into = fma_at(reach, a * cols + b, source, zero)
            sums = _hand_on(plan, lanes, plan.down, a, b, max(a - 1, 0), into, drives, buffers, sums)
    _keep_sums(lanes, sums, buffers.modes)


@numba.njit(inline="always")
def _eliminate_row(plan, lanes, steps, a, amplitudes, buffers):
    """Substitute the columns of a row back, and eliminate the row from the left."""
    wide, zero, cols, scratch = len(lanes), zeros_for(lanes), plan.cols, buffers.scratch
    source = load_like(zero, buffers.drive, a * wide)
    carry = source
    for b in range(cols):
        c = a * cols + b
        at = c * PER_CELL
        column = column_voltage(plan, lanes, steps, c, b, amplitudes, buffers)
        carry = fma_at(steps, at + L_LEFT, carry, fma_at(steps, at + G0, column, zero))
        store(scratch, (cols + b) * wide, carry)
    store(scratch, (2 * cols - 1) * wide, fma_at(plan.g_row, a * (cols + 1) + cols, source, carry))


@_kernel
def _pass(plan, lanes, down, keep, drives, buffers):
    """Visit every row once; return the largest change and size of a row voltage where they are to be kept, else 0."""
    wide, zero, rows, cols, v_row = len(lanes), zeros_for(lanes), plan.rows, plan.cols, buffers.v_row
    steps, sums, amplitudes = (
        plan.down if down else plan.up,
        (zero, zero, zero, zero),
        amplitudes_of(lanes, buffers.modes),
    )
    change, size = zero, zero
    buffers.scratch[: cols * wide] = 0.0
    before = 0 if down else rows - 1
    for step in range(rows):
        a = step if down else rows - 1 - step
        _eliminate_row(plan, lanes, steps, a, amplitudes, buffers)
        voltage = zero
        for b in range(cols - 1, -1, -1):
            c = a * cols + b
            at = c * PER_CELL
            back = fma_at(steps, at + INVERSE_ROW, load_like(zero, buffers.scratch, (cols + b) * wide), zero)
            voltage = fma_at(steps, at + L_RIGHT, voltage, back)
            if keep:
                change = larger(change, magnitude(subtract(voltage, load_like(zero, v_row, c * wide))))
                size = larger(size, magnitude(voltage))
                store(v_row, c * wide, voltage)
            into = fma_at(steps, at + G0, voltage, zero)
            sums = _hand_on(plan, lanes, steps, a, b, before, into, drives, buffers, sums)
        before = a
    _keep_sums(lanes, sums, buffers.modes)
    return largest(change), largest(size)


@_kernel
def _solve(plan, lanes, reach, drives, tol, most, buffers):
    """Sweep until what is left of the row voltages' error is below `tol` of the largest one.

    Returns:
        Passes, the first included: v_row is that of the last one, y eliminated in its direction. Negative where `most`
        of them were not enough.
    """
    buffers.modes[:] = 0.0
    _begin(plan, lanes, reach, drives, buffers)
    extrapolate_modes(plan, lanes, buffers.modes)
    # Each pass leaves `slowest` of the error; row voltages are kept, and compared, in the last two only.
    slowest = max(plan.slowest, 1e-12)
    first = max(2, math.ceil(math.log(tol) / math.log(slowest)) - 1)
    least, last = _LEAST if drives.driven or drives.pulled else 0.0, 0.0
    for count in range(2, most + 1):
        change, size = _pass(plan, lanes, count % 2 == 1, count >= first, drives, buffers)
        extrapolate_modes(plan, lanes, buffers.modes)
        if count > first:
            rate = min(max(slowest, change / last), _SLOWEST_TRUSTED) if last > 0.0 else slowest
            last = change
            if change * rate / (1.0 - rate) <= tol * max(size, least):
                return count
    return -most


@numba.njit(inline="always")
def _row_back(plan, count, step):
    """Return the row that is substituted back in a step after so many passes."""
    down = count % 2 == 1
    return plan.rows - 1 - step if down else step


@_kernel
def sweep_ports(plan, lanes, reach, tol, most, buffers, to_output, w, w_port):
    """Solve for one volt at each sense node.

    Args:
        plan: `SweepPlan` of the conductances.
        lanes: A tuple of as many numbers as there are drives in a block.
        reach: (cells) [S], see `_begin`.
        tol, most: See `_solve`.
        buffers: `FieldBuffers`.
        to_output: (cells · wide) voltage from row node to column node, with its sign changed; as all that follow,
            written. Here wide is the number of sense nodes, filled up to whole blocks.
        w: (rows · wide) [S], w_port: (cols · wide) [S], as in `Fields`; 0 before.

    Returns:
        The most passes of a block; negative where one did not settle.
    """
    cells, cols, zero, nothing = plan.rows * plan.cols, plan.cols, zeros_for(lanes), reach[:0]
    wide, across, worst = len(to_output) // cells, len(lanes), 0
    buffers.drive[:] = 0.0
    buffers.pull[:] = 0.0
    for first in range(0, cols, across):
        for lane in range(min(across, cols - first)):
            buffers.pull[(first + lane) * across + lane] = 1.0
        count = _solve(plan, lanes, reach, Drives(False, True, nothing, 0, 0, 0), tol, most, buffers)
        buffers.pull[first * across : (first + across) * across] = 0.0
        if count < 0:
            return count
        worst, steps = max(worst, count), plan.up if count % 2 == 1 else plan.down
        amplitudes = amplitudes_of(lanes, buffers.modes)
        buffers.scratch[: cols * across] = 0.0
        for step in range(plan.rows):
            a, total = _row_back(plan, count, step), zero
            for b in range(cols):
                c = a * cols + b
                column = column_voltage(plan, lanes, steps, c, b, amplitudes, buffers)
                over = subtract(column, load_like(zero, buffers.v_row, c * across))
                store(to_output, c * wide + first, over)
                current = fma_at(steps, c * PER_CELL + G0, over, zero)
                total, at = add(total, current), b * wide + first
                store(w_port, at, add(load_like(zero, w_port, at), current))
            store(w, a * wide + first, total)
    return worst


@_kernel
def sweep_levels(plan, lanes, reach, tol, most, buffers, weight, edges, to_level, mean, port_level):
    """Solve for one ampere into each column's nodes of each band, shared by the weights of its mean.

    Args:
        plan, lanes, reach, tol, most, buffers: As in `sweep_ports`.
        weight: (cells) weights of the means.
        edges: First row of each band, and the number of rows.
        to_level: (cells · bands · wide) as in `Fields`, written; wide is the number of columns, filled up.
        mean: (bands · rows · wide) as in `Fields`, written.
        port_level: (bands · wide), written.
    """
    rows, cols, zero, bands = plan.rows, plan.cols, zeros_for(lanes), len(edges) - 1
    wide, across, worst = len(port_level) // bands, len(lanes), 0
    buffers.drive[:] = 0.0
    buffers.pull[:] = 0.0
    for block in range(bands * (wide // across)):
        band, first = block // (wide // across), block % (wide // across) * across
        drives = Drives(False, False, weight, first, edges[band], edges[band + 1])
        count = _solve(plan, lanes, reach, drives, tol, most, buffers)
        if count < 0:
            return count
        worst, steps = max(worst, count), plan.up if count % 2 == 1 else plan.down
        amplitudes, at_ports = amplitudes_of(lanes, buffers.modes), zero
        buffers.scratch[: cols * across] = 0.0
        for step in range(rows):
            a, total = _row_back(plan, count, step), zero
            for b in range(cols):
                c = a * cols + b
                column = column_voltage(plan, lanes, steps, c, b, amplitudes, buffers)
                over = subtract(column, load_like(zero, buffers.v_row, c * across))
                store(to_level, (c * bands + band) * wide + first, over)
                total = fma_at(reach, c, column, total)
                if a == 0:
                    at_ports = fma_at(plan.g_col, b, column, at_ports)
                if a == rows - 1:
                    at_ports = fma_at(plan.g_col, rows * cols + b, column, at_ports)
            store(mean, (band * rows + a) * wide + first, total)
        store(port_level, band * wide + first, at_ports)
    return worst


@numba.njit(inline="always")
def _sum_inputs(plan, lanes, first, count, covariance, alike, band, buffers, together, by_input, by_mean, w_row):
    """Substitute the columns back for a block of inputs, and sum up what `ColumnMoments` and `Fields.w_row` hold."""
    cols, zero, across = plan.cols, zeros_for(lanes), len(lanes)
    steps, amplitudes = plan.up if count % 2 == 1 else plan.down, amplitudes_of(lanes, buffers.modes)
    wide = len(covariance) // plan.rows
    buffers.scratch[: cols * across] = 0.0
    for step in range(plan.rows):
        a = _row_back(plan, count, step)
        total, near = zero, load_like(zero, covariance, a * wide + first)
        for b in range(cols):
            c = a * cols + b
            column = column_voltage(plan, lanes, steps, c, b, amplitudes, buffers)
            over = subtract(load_like(zero, buffers.v_row, c * across), column)
            total = fma_at(steps, c * PER_CELL + G0, over, total)
            together[c] += sum_of(column)
            by_input[c] += sum_of(multiply(column, near))
            by_mean[c] += sum_of(multiply(column, load_like(zero, alike, (band[a] * cols + b) * wide + first)))
        store(w_row, a * wide + first, total)


@_kernel
def sweep_inputs(plan, lanes, reach, tol, most, buffers, covariance, alike, band, together, by_input, by_mean, w_row):
    """Solve for one volt at each input.

    Args:
        plan, lanes, reach, tol, most, buffers: As in `sweep_ports`.
        covariance: (rows · wide) of inputs; here wide is the number of rows, filled up to whole blocks with zeros.
        alike: (bands · cols · wide) Σ_k covariance·mean.
        band: (rows) band of each row.
        together, by_input, by_mean: (cells) as in `ColumnMoments`; 0 before.
        w_row: (rows · wide) as in `Fields`, written.
    """
    across, worst = len(lanes), 0
    buffers.drive[:] = 0.0
    buffers.pull[:] = 0.0
    for first in range(0, plan.rows, across):
        for lane in range(min(across, plan.rows - first)):
            buffers.drive[(first + lane) * across + lane] = 1.0
        count = _solve(plan, lanes, reach, Drives(True, False, reach[:0], 0, 0, 0), tol, most, buffers)
        buffers.drive[first * across : min(first + across, plan.rows) * across] = 0.0
        if count < 0:
            return count
        worst = max(worst, count)
        _sum_inputs(plan, lanes, first, count, covariance, alike, band, buffers, together, by_input, by_mean, w_row)
    return worst
