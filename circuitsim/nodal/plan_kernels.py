"""Factor the lines of an array and find the slowest modes of the sweeps, compiled; `modes` says what for.

Arrays are flat. Those of modes have as many numbers for each cell as `lanes`, a tuple, has: one for each vector.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import math
from typing import NamedTuple

import numba
import numpy as np

from circuitsim.nodal.kernel import bare_kernel
from circuitsim.nodal.lanes import fma, load_like, store, take_like, zeros_for
from circuitsim.nodal.small_eigen import eigenvectors

MODES = 4  # modes removed, at most
PER_CELL = 8  # numbers of a cell in `SweepPlan.down` and `SweepPlan.up`, by name:
G0, L_LEFT, L_RIGHT, INVERSE_ROW, INVERSE, C_X, C_Y, Z = range(PER_CELL)

_ITERATIONS = 2  # one would do for wires without end resistances
_CHUNK = 64  # cells whose vectors stay in the nearest cache


class ModeRoom(NamedTuple):
    """Memory of a search for modes: three values of every vector at each cell, three small matrices, their values."""

    x: np.ndarray
    b: np.ndarray
    y: np.ndarray
    product: np.ndarray
    scaled: np.ndarray
    turn: np.ndarray
    values: np.ndarray


@bare_kernel
def hold_ends(wires, short, g_row, g_col):
    """Copy the segments of `SweptWires`, with `short` [S] in place of end segments of 0 ohm."""
    rows, cols = wires.rows, wires.cols
    for at in range(len(g_row)):
        held = at % (cols + 1) in (0, cols) and wires.g_row[at] == np.inf
        g_row[at] = short if held else wires.g_row[at]
    for at in range(len(g_col)):
        held = (at < cols or at >= rows * cols) and wires.g_col[at] == np.inf
        g_col[at] = short if held else wires.g_col[at]


@numba.njit(inline="always")
def _share(following, pivot):
    """A segment over the pivot before it: all of a segment that has no resistance."""
    return following / pivot if following < np.inf else 1.0


@bare_kernel
def factor_lines(rows, cols, g_row, g_col, g0, behind, down, up):
    """Fill `SweepPlan.down` and `SweepPlan.up`, Z with 0; False when a pivot vanishes.

    A pivot is the next segment plus what the cell sees behind it: sums only, so that segments of any conductance,
    infinite ones included, keep every digit. `behind` (cols) is memory.
    """
    good = True
    for a in range(rows):
        wire, seen, share = a * (cols + 1), g_row[a * (cols + 1)], g_row[a * (cols + 1)]
        for b in range(cols):
            c = a * cols + b
            at, following = c * PER_CELL, g_row[wire + b + 1]
            seen = g0[c] + (seen if b == 0 else share * seen)
            pivot = seen + following
            good &= pivot > 0.0
            inverse = 1.0 / pivot
            down[at + G0], down[at + L_LEFT], down[at + INVERSE_ROW], down[at + Z] = g0[c], share, inverse, 0.0
            up[at + G0], up[at + L_LEFT], up[at + INVERSE_ROW], up[at + Z] = g0[c], share, inverse, 0.0
            share = _share(following, pivot)
            down[at + L_RIGHT] = up[at + L_RIGHT] = share if b < cols - 1 else 0.0
    for a in range(rows):
        for b in range(cols):
            c = a * cols + b
            at, following = c * PER_CELL, g_col[c + cols]
            seen = g0[c] + (g_col[b] if a == 0 else behind[b])
            pivot = seen + following
            good &= pivot > 0.0
            share = _share(following, pivot)
            up[at + INVERSE], up[at + C_X] = 1.0 / pivot, share
            if a == 0:
                down[at + C_Y] = 0.0
            if a < rows - 1:
                down[at + cols * PER_CELL + C_Y] = share
            behind[b] = share * seen
    for a in range(rows - 1, -1, -1):
        for b in range(cols):
            c = a * cols + b
            at, following = c * PER_CELL, g_col[c]
            seen = g0[c] + (g_col[c + cols] if a == rows - 1 else behind[b])
            pivot = seen + following
            good &= pivot > 0.0
            share = _share(following, pivot)
            down[at + INVERSE], down[at + C_X] = 1.0 / pivot, share
            if a == rows - 1:
                up[at + C_Y] = 0.0
            if a > 0:
                up[at - cols * PER_CELL + C_Y] = share
            behind[b] = share * seen
    return good


@bare_kernel
def find_modes(lanes, wires, down, up, places, wanted, room, more, rates):
    """Find the slowest modes by subspace iteration from those of equal cells.

    Args:
        lanes: A tuple of as many numbers as there are vectors side by side.
        wires: `SweptWires`.
        down, up: As in `SweepPlan`; Z is written.
        places: (vectors, 2) as in `ModeStarts`.
        wanted: Modes to remove.
        room: `ModeRoom`.
        more: As in `SweepPlan`, written; empty where one mode is removed.
        rates: (MODES,) as in `SweepPlan`; 0 before.

    Returns:
        The largest rate of the modes that are left.
    """
    cells, wide, count = wires.rows * wires.cols, len(lanes), min(len(lanes), len(places))
    _start(wires, wide, count, places, room.x)
    room.y[:wide] = 0.0  # `_apply` multiplies it by 0
    for _ in range(_ITERATIONS):
        _apply(lanes, down, up, wires.rows, wires.cols, room.x, room.b, room.y)
        _orthonormal(lanes, cells, count, room)
    _apply(lanes, down, up, wires.rows, wires.cols, room.x, room.b, room.y)
    _multiply(lanes, cells, room.x, room.b, room.scaled)
    for i in range(count):
        for j in range(count):
            room.product[i * wide + j] = 0.5 * (room.scaled[i * wide + j] + room.scaled[j * wide + i])
    eigenvectors(count, wide, room.product, room.turn, room.values)
    kept = min(count, wanted)
    for k in range(kept):
        rates[k] = min(max(room.values[k], 0.0), 1.0 - 1e-12)
    for c in range(cells):
        for k in range(kept):
            value = 0.0
            for i in range(count):
                value += room.x[c * wide + i] * room.turn[i * wide + k]
            if k == 0:
                down[c * PER_CELL + Z] = up[c * PER_CELL + Z] = value
            else:
                more[c * (MODES - 1) + k - 1] = value
        for k in range(kept, MODES):
            if len(more) > 0:
                more[c * (MODES - 1) + k - 1] = 0.0
    return min(max(room.values[min(kept, count - 1)], 0.0), 1.0 - 1e-12)


@bare_kernel
def _start(wires, wide, count, places, x):
    """Fill x with modes of equal cells."""
    tall, long = len(wires.theta), len(wires.phi)
    for a in range(wires.rows):
        for b in range(wires.cols):
            at = (a * wires.cols + b) * wide
            for k in range(count):
                x[at + k] = wires.along_col[a * tall + places[k, 0]] * wires.along_row[b * long + places[k, 1]]
            x[at + count : at + wide] = 0.0


@bare_kernel
def _multiply(lanes, cells, left, right, product):
    """Fill product (wide, wide) with the sum over the cells of left times right for every pair of vectors."""
    wide, zero = len(lanes), zeros_for(lanes)
    product[:] = 0.0
    for first in range(0, cells, _CHUNK):
        last = min(first + _CHUNK, cells)
        for i in range(wide):
            total = load_like(zero, product, i * wide)
            for c in range(first, last):
                total = fma(take_like(zero, left, c * wide + i), load_like(zero, right, c * wide), total)
            store(product, i * wide, total)


@bare_kernel
def _orthonormal(lanes, cells, count, room):
    """Turn y = T_c⁻¹b into vectors x that are orthonormal in T_c, the largest first; the rest of x is 0."""
    wide, zero, turn = len(lanes), zeros_for(lanes), room.turn
    _multiply(lanes, cells, room.y, room.b, room.product)
    for i in range(count):
        size = room.product[i * wide + i]
        room.scaled[i] = 1.0 / math.sqrt(size) if size > 0.0 else 0.0
    for i in range(count):
        for j in range(i + 1):
            value = room.product[i * wide + j] * room.scaled[i] * room.scaled[j]
            room.product[i * wide + j] = room.product[j * wide + i] = value
    eigenvectors(count, wide, room.product, turn, room.values)
    for i in range(count):
        for k in range(wide):
            good = k < count and room.values[k] > 1e-12 * room.values[0]
            turn[i * wide + k] = room.scaled[i] * turn[i * wide + k] / math.sqrt(room.values[k]) if good else 0.0
    for c in range(cells):
        value = zero
        for i in range(count):
            value = fma(take_like(zero, room.y, c * wide + i), load_like(zero, turn, i * wide), value)
        store(room.x, c * wide, value)


@bare_kernel
def _apply(lanes, down, up, rows, cols, x, b, y):
    """b = G·T_r⁻¹·G·x and y = T_c⁻¹·b for as many vectors as `lanes` has numbers: a sweep without neighbours' news."""
    wide, zero = len(lanes), zeros_for(lanes)
    for a in range(rows):
        carry = zero
        for c in range(a * cols, (a + 1) * cols):
            at = c * PER_CELL
            fed = take_like(zero, down, at + G0) * load_like(zero, x, c * wide)
            carry = fma(take_like(zero, down, at + L_LEFT), carry, fed)
            store(b, c * wide, carry)
        voltage = zero
        for c in range((a + 1) * cols - 1, a * cols - 1, -1):
            at = c * PER_CELL
            back = take_like(zero, down, at + INVERSE_ROW) * load_like(zero, b, c * wide)
            voltage = fma(take_like(zero, down, at + L_RIGHT), voltage, back)
            right = take_like(zero, down, at + G0) * voltage
            store(b, c * wide, right)
            before = load_like(zero, y, max(c - cols, 0) * wide)  # C_Y is 0 in the first row
            store(y, c * wide, fma(take_like(zero, down, at + C_Y), before, right))
    for c in range(rows * cols - 1, -1, -1):
        at = c * PER_CELL
        value = take_like(zero, up, at + INVERSE) * load_like(zero, y, c * wide)
        if c < (rows - 1) * cols:
            value = fma(take_like(zero, up, at + C_X), load_like(zero, y, (c + cols) * wide), value)
        store(y, c * wide, value)
