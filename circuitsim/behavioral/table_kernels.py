"""The table of residual currents, row by row in one kernel: each row stays in the nearest caches until it is solved.

The points of a cell, its inputs and levels, lie side by side in lanes. Newton's method starts from the linear solution;
its first step takes fewer terms of the cell, because its error squares.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np

from circuitsim.behavioral import cell_powers
from circuitsim.nodal.kernel import bare_kernel
from circuitsim.nodal.lanes import (
    add,
    choose_negative,
    divide,
    fma,
    larger,
    least,
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
from circuitsim.nodal.surface_points import conductance_coordinate, to_unit

STEPS = 2  # Newton steps of a row


def _kernel(function: Callable[..., Any]) -> Any:
    return bare_kernel(function, cell_powers)


class RowBuffers(NamedTuple):
    """Values at the points of a row's cells, flat (cols · points), and the terms of one cell of both directions."""

    v_col: np.ndarray
    v_row: np.ndarray
    voltage: np.ndarray
    current: np.ndarray
    slope: np.ndarray
    inverse: np.ndarray
    right: np.ndarray
    in_t: np.ndarray
    forward: np.ndarray
    reverse: np.ndarray
    chain: np.ndarray


class RowsOfCells(NamedTuple):
    """What `fill_table` reads of an array, (rows, cols) where nothing else is said.

    Attributes:
        g, g_ref: Conductances and reference conductances [S].
        linear, link: (rows, cols + 1) row segments in the linear array and for Newton's method [S].
        from_input, from_mean: As in `Columns`.
        band: (rows,) band of each row.
        v: (points,) input at each point [V].
        mean: (bands · cols · points) mean of the column over each band at each point [V].
        v_ref: Voltage of the sense nodes [V].
    """

    g: np.ndarray
    g_ref: np.ndarray
    linear: np.ndarray
    link: np.ndarray
    from_input: np.ndarray
    from_mean: np.ndarray
    band: np.ndarray
    v: np.ndarray
    mean: np.ndarray
    v_ref: float


@numba.njit(inline="always")
def _evaluated(zero, terms, counts, x, y, in_m):
    """k and its slopes along x and, where `in_m`, along y: Horner's rule over the terms of `SidePowers`."""
    value, along_x, along_y, at = zero, zero, zero, 0
    for i in range(len(counts)):
        here, steep = take_like(zero, terms, at), zero
        for more in range(1, counts[i]):
            if in_m:
                steep = fma(steep, y, here)
            here = fma(here, y, take_like(zero, terms, at + more))
        at += counts[i]
        if in_m:
            along_y = fma(along_y, x, steep)
        along_x = fma(along_x, x, value)
        value = fma(value, x, here)
    return value, along_x, along_y


@numba.njit(inline="always")
def _contract(terms, in_t, found):
    """Put one conductance into the terms."""
    found[: terms.shape[1]] = 0.0
    for n in range(terms.shape[0]):
        for q in range(terms.shape[1]):
            found[q] += in_t[n] * terms[n, q]


@_kernel
def _solve_linear(cells, lanes, a, points, buffers):
    """Fill v_col, and v_row and voltage of the row with cells of their reference conductances."""
    cols, zero, width, chain = cells.g.shape[1], zeros_for(lanes), len(lanes), buffers.chain
    behind = 0.0
    for b in range(cols):
        share = cells.linear[a, b] * chain[b - 1] if b > 0 else 0.0
        behind = cells.g_ref[a, b] + (share * behind if b > 0 else cells.linear[a, 0])
        chain[b] = 1.0 / (behind + cells.linear[a, b + 1])
    first = cells.band[a] * cols * points
    for q in range(0, points, width):
        drive = load_like(zero, cells.v, q)
        carry = multiply(spread_like(zero, cells.linear[a, 0]), drive)
        for b in range(cols):
            at = b * points + q
            column = multiply(spread_like(zero, cells.from_mean[a, b]), load_like(zero, cells.mean, first + at))
            column = fma(spread_like(zero, cells.from_input[a, b]), drive, column)
            store(buffers.v_col, at, column)
            carry = fma(spread_like(zero, cells.g_ref[a, b]), column, carry)
            if b == cols - 1:
                carry = fma(spread_like(zero, cells.linear[a, cols]), drive, carry)
            store(buffers.right, at, carry)
            carry = multiply(spread_like(zero, cells.linear[a, b + 1] * chain[b]), carry)
        voltage = zero
        for b in range(cols - 1, -1, -1):
            at = b * points + q
            following = cells.linear[a, b + 1] if b < cols - 1 else 0.0
            voltage = fma(spread_like(zero, following), voltage, load_like(zero, buffers.right, at))
            voltage = multiply(voltage, spread_like(zero, chain[b]))
            store(buffers.v_row, at, voltage)
            store(buffers.voltage, at, subtract(voltage, load_like(zero, buffers.v_col, at)))


@_kernel
def _fill_currents(cells, forward, reverse, box, lanes, a, points, buffers):
    """Fill current and slope of the row's cells, see `surface.cells_law`."""
    g_scale, g_parallel, t_low, t_high, u_max, m_low, m_high = box
    zero, width, in_t = zeros_for(lanes), len(lanes), buffers.in_t
    one, by_u, by_m = spread_like(zero, 1.0), spread_like(zero, 2.0 / u_max), spread_like(zero, 2.0 / (m_high - m_low))
    shift = spread_like(zero, (cells.v_ref - m_low) * 2.0 / (m_high - m_low) - 1.0)
    for b in range(cells.g.shape[1]):
        g, turned = cells.g[a, b], False
        if g == 0.0:
            buffers.current[b * points : (b + 1) * points] = 0.0
            buffers.slope[b * points : (b + 1) * points] = 0.0
            continue
        in_t[0], in_t[1] = 1.0, to_unit(conductance_coordinate(g, g_scale), t_low, t_high)
        for n in range(2, len(in_t)):
            in_t[n] = 2.0 * in_t[1] * in_t[n - 1] - in_t[n - 2]
        _contract(forward.terms, in_t, buffers.forward)
        beside = spread_like(zero, g + g_parallel)
        for at in range(b * points, (b + 1) * points, width):
            row, col = load_like(zero, buffers.v_row, at), load_like(zero, buffers.v_col, at)
            u = subtract(row, col)
            size = magnitude(u)
            x = smaller(fma(size, by_u, negative(one)), one)
            y = smaller(larger(fma(smaller(row, col), by_m, shift), negative(one)), one)
            k, along_x, along_y = _evaluated(zero, buffers.forward, forward.counts, x, y, False)
            slope = fma(multiply(size, by_u), along_x, k)
            if least(u) < 0.0:
                if not turned:
                    _contract(reverse.terms, in_t, buffers.reverse)
                    turned = True
                back, along_x, along_y = _evaluated(zero, buffers.reverse, reverse.counts, x, y, True)
                steep = fma(multiply(u, by_m), along_y, fma(multiply(size, by_u), along_x, back))
                k, slope = choose_negative(u, back, k), choose_negative(u, steep, slope)
            store(buffers.current, at, multiply(multiply(beside, u), k))
            store(buffers.slope, at, multiply(beside, slope))


@_kernel
def _step(cells, lanes, a, points, buffers):
    """Take one Newton step of a row; the slopes serve for the currents too."""
    cols, zero, width, link = cells.g.shape[1], zeros_for(lanes), len(lanes), cells.link
    one = spread_like(zero, 1.0)
    for q in range(0, points, width):
        drive = load_like(zero, cells.v, q)
        before, here, carried, behind, inverse = drive, load_like(zero, buffers.v_row, q), zero, one, one
        for b in range(cols):
            at = b * points + q
            after = drive if b == cols - 1 else load_like(zero, buffers.v_row, at + points)
            near, far = spread_like(zero, link[a, b]), spread_like(zero, link[a, b + 1])
            right = fma(far, subtract(after, here), negative(load_like(zero, buffers.current, at)))
            right = fma(near, subtract(before, here), right)
            share = multiply(near, inverse)
            behind = (
                add(load_like(zero, buffers.slope, at), multiply(share, behind))
                if b > 0
                else add(load_like(zero, buffers.slope, at), near)
            )
            right = fma(share, carried, right) if b > 0 else right
            inverse = divide(one, add(behind, far))
            store(buffers.inverse, at, inverse)
            store(buffers.right, at, right)
            carried, before, here = right, here, after
        change = zero
        for b in range(cols - 1, -1, -1):
            at = b * points + q
            following = spread_like(zero, link[a, b + 1] if b < cols - 1 else 0.0)
            change = multiply(
                fma(following, change, load_like(zero, buffers.right, at)), load_like(zero, buffers.inverse, at)
            )
            store(buffers.v_row, at, add(load_like(zero, buffers.v_row, at), change))
            current = fma(load_like(zero, buffers.slope, at), change, load_like(zero, buffers.current, at))
            store(buffers.current, at, current)


@_kernel
def fill_table(cells, powers, lanes, count, buffers, current, v_row, voltage):
    """Solve every row at every point; see `residual.tabulate`.

    Args:
        cells: `RowsOfCells`; its points fill whole lanes.
        powers: `CellPowers`.
        lanes: A tuple of as many numbers as there are points side by side.
        count: Points that are wanted of each cell.
        buffers: `RowBuffers`.
        current: (rows · cols · count + lanes) residual currents [A], written.
        v_row, voltage: As `current`, [V], see `Residual`; empty: not wanted.
    """
    zero, points, (rows, cols) = zeros_for(lanes), len(cells.v), cells.g.shape
    for a in range(rows):
        _solve_linear(cells, lanes, a, points, buffers)
        for step in range(STEPS):
            last = step == STEPS - 1
            forward, reverse = powers.first_forward, powers.first_reverse
            if last:
                forward, reverse = powers.forward, powers.reverse
            _fill_currents(cells, forward, reverse, powers.box, lanes, a, points, buffers)
            _step(cells, lanes, a, points, buffers)
        for b in range(cols):
            for q in range(0, points, len(lanes)):
                at, to = b * points + q, (a * cols + b) * count + q
                # What is beyond the last point of a cell gives way to the next cell.
                volt = load_like(zero, buffers.v_row, at)
                across = subtract(volt, load_like(zero, buffers.v_col, at))
                linear = multiply(spread_like(zero, -cells.g_ref[a, b]), across)
                store(current, to, add(load_like(zero, buffers.current, at), linear))
                if len(v_row) > 0:
                    store(v_row, to, volt)
                    store(voltage, to, load_like(zero, buffers.voltage, at))
