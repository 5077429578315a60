"""Newton's method for columns between two lines, sixteen columns side by side.

Word lines carry no direct current, so each column is a circuit of its own: a bit line and a source line, joined by a
cell at each row. A step of Newton's method replaces each cell by its tangent, i = e + y_b·b + y_c·c for the voltages b
and c of the two lines. What lies above a row is then a source and a conductance matrix: the current that comes down the
lines is q − P·(b, c). Adding the cell gives j − S·(b, c), with S = P + [[y_b, y_c], [−y_b, −y_c]] and j = q − (e, −e).
Adding the resistances r of the next segments gives

    P' = (S⁻¹ + diag(r))⁻¹,   q' = (1 + S·diag(r))⁻¹·j.

Sums of positive numbers only: segments of 0 ohm are exact, and errors do not grow from row to row, however long the
column is. Wires then balance at every node; what is left over is the distance of each cell from its tangent.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from typing import NamedTuple

import numba
import numpy as np

from circuitsim.nodal.gate_cells import GateCells, gate_tangent
from circuitsim.nodal.kernel import bare_kernel, kernel
from circuitsim.nodal.lanes import WIDTH, divide, fma, larger, load, spread, store

_SHARE = 0.3
_KEPT = 12 * WIDTH  # numbers that a row keeps between the marches
_WORST, _TOTAL, _FED, _EXCESS, _OUT = (n * WIDTH for n in range(5))


class ColumnBlock(NamedTuple):
    """WIDTH columns; arrays are flat, WIDTH numbers for each entry; voltages are relative to v_ref.

    | field          | entries  | unit | content                                                |
    |----------------|----------|------|--------------------------------------------------------|
    | `cells`        |          |      | `GateCells`; rows whose gates are on have the last level |
    | `v_bias`       | 1        | V    | terminal of the bit lines                              |
    | `r_bl`, `r_sl` | rows + 1 | ohm  | segments; the two at the ends are not used             |
    | `ends`         | 4        | S    | bit line first, last; source line first, last; 0: open |
    """

    cells: GateCells
    v_bias: float
    r_bl: np.ndarray
    r_sl: np.ndarray
    ends: np.ndarray


class ColumnReads(NamedTuple):
    """What a kernel fills for a block of columns, WIDTH numbers for each entry.

    | field            | entries     | unit | content                                                          |
    |------------------|-------------|------|------------------------------------------------------------------|
    | `i_bias`         | batch       | A    | current that the cells take from the bit line's source           |
    | `i_out`          | batch       | A    | current into the sense node                                      |
    | `checks`         | batch, 2    | A, V | largest current left over at a cell; how far any is outside  |
    | `iterations`     | batch       |      | steps of Newton's method, one number each                        |
    | `v_row`, `v_col` | batch, rows | V    | voltages at the upper and lower end of each cell; if not empty   |
    | `i_cell`         | batch, rows | A    | currents of the cells; if not empty                              |
    """

    i_bias: np.ndarray
    i_out: np.ndarray
    checks: np.ndarray
    iterations: np.ndarray
    v_row: np.ndarray
    v_col: np.ndarray
    i_cell: np.ndarray


@numba.njit(inline="always")
def _magnitude(number):
    return larger(number, spread(0.0) - number)


@numba.njit(inline="always")
def _last_voltages(block, s, j_b, j_c):
    """Voltages of the lines at the last row, where j − S·(b, c) flows into the terminals."""
    s_bb, s_bc, s_cb, s_cc = s
    end_b, end_c = load(block.ends, WIDTH), load(block.ends, 3 * WIDTH)
    s_bb, s_cc = s_bb + end_b, s_cc + end_c
    j_b = fma(end_b, spread(block.v_bias), j_b)
    scale = divide(spread(1.0), s_bb * s_cc - s_bc * s_cb)
    return scale * (s_cc * j_b - s_bc * j_c), scale * (s_bb * j_c - s_cb * j_b)


@bare_kernel
def _march_down(block, level, work, sums):
    """Replace the cells by their tangents and gather everything above each row; the last row's v is then known.

    `work` keeps, row by row: b, c; the current that the tangent before predicted; e, y_b, y_c; P and q of what lies
    above the row. `sums` takes the largest distance from the prediction, Σ|i|, Σi, how far cells leave their box.
    """
    rows = len(level)
    zero, one, bias = spread(0.0), spread(1.0), spread(block.v_bias)
    worst, total, fed, excess = zero, zero, zero, zero
    p_bb, p_bc, p_cb, p_cc = load(block.ends, 0), zero, zero, load(block.ends, 2 * WIDTH)
    q_b, q_c = p_bb * bias, zero
    for k in range(rows):
        at = k * _KEPT
        v_b, v_c = load(work, at), load(work, at + WIDTH)
        u = v_b - v_c
        current, y_b, along_w, outside = gate_tangent(block.cells, level[k], k, u, v_c)
        y_c, excess = along_w - y_b, larger(excess, outside)
        worst = larger(worst, _magnitude(current - load(work, at + 2 * WIDTH)))
        total, fed = total + _magnitude(current), fed + current
        e = current - y_b * v_b - y_c * v_c
        store(work, at + 3 * WIDTH, e)
        store(work, at + 4 * WIDTH, y_b)
        store(work, at + 5 * WIDTH, y_c)
        s_bb, s_bc, s_cb, s_cc = p_bb + y_b, p_bc + y_c, p_cb - y_b, p_cc - y_c
        j_b, j_c = q_b - e, q_c + e
        determinant = s_bb * s_cc - s_bc * s_cb
        if k < rows - 1:
            r_b, r_c = load(block.r_bl, (k + 1) * WIDTH), load(block.r_sl, (k + 1) * WIDTH)
            past_b, past_c = fma(r_b, s_bb, one), fma(r_c, s_cc, one)
            scale = divide(one, past_b + r_c * (s_cc + r_b * determinant))
            p_bb, p_bc = scale * fma(r_c, determinant, s_bb), scale * s_bc
            p_cb, p_cc = scale * s_cb, scale * fma(r_b, determinant, s_cc)
            q_b, q_c = scale * (past_c * j_b - s_bc * r_c * j_c), scale * (past_b * j_c - s_cb * r_b * j_b)
            below = at + _KEPT
            store(work, below + 6 * WIDTH, p_bb)
            store(work, below + 7 * WIDTH, p_bc)
            store(work, below + 8 * WIDTH, p_cb)
            store(work, below + 9 * WIDTH, p_cc)
            store(work, below + 10 * WIDTH, q_b)
            store(work, below + 11 * WIDTH, q_c)
        else:
            v_b, v_c = _last_voltages(block, (s_bb, s_bc, s_cb, s_cc), j_b, j_c)
            store(work, rows * _KEPT, v_b)
            store(work, rows * _KEPT + WIDTH, v_c)
    store(sums, _WORST, worst)
    store(sums, _TOTAL, total)
    store(sums, _FED, fed)
    store(sums, _EXCESS, excess)


@bare_kernel
def _march_up(block, rows, work, sums):
    """Find the voltages row by row from the last one, and what the tangents predict, with its sum."""
    v_b, v_c = load(work, rows * _KEPT), load(work, rows * _KEPT + WIDTH)
    out = spread(0.0)
    for k in range(rows - 1, -1, -1):
        at = k * _KEPT
        if k < rows - 1:
            below = at + _KEPT
            down_b = load(work, below + 10 * WIDTH) - load(work, below + 6 * WIDTH) * v_b
            down_c = load(work, below + 11 * WIDTH) - load(work, below + 8 * WIDTH) * v_b
            down_b = down_b - load(work, below + 7 * WIDTH) * v_c
            down_c = down_c - load(work, below + 9 * WIDTH) * v_c
            v_b = fma(load(block.r_bl, (k + 1) * WIDTH), down_b, v_b)
            v_c = fma(load(block.r_sl, (k + 1) * WIDTH), down_c, v_c)
        current = load(work, at + 3 * WIDTH)
        current = fma(load(work, at + 4 * WIDTH), v_b, fma(load(work, at + 5 * WIDTH), v_c, current))
        store(work, at, v_b)
        store(work, at + WIDTH, v_c)
        store(work, at + 2 * WIDTH, current)
        out = out + current
    store(sums, _OUT, out)


@bare_kernel
def small_in_every_lane(sums, left, scale, tol):
    """Whether what stands at `left` is at most `tol` of what stands at `scale` in each lane; never where one is NaN."""
    small = True
    for lane in range(WIDTH):
        small &= sums[left + lane] <= tol * sums[scale + lane]
    return small


@kernel
def solve_block_of_columns(block, level, tol, most, reads):
    """Solve each vector of a batch in one block of columns, from the same start: no vector depends on its neighbours.

    Args:
        block: A `ColumnBlock`.
        level: (batch, rows) level of the gates of each row, the lowest 0.
        tol: Largest current left over at a cell, relative to the sum of the currents of the column's cells.
        most: Largest number of steps; a vector that needs more counts most + 1.
        reads: `ColumnReads` to fill.
    """
    rows = level.shape[1]
    work, sums = np.empty(rows * _KEPT + 2 * WIDTH), np.empty(5 * WIDTH)
    # With half of the rows selected, cells lose about a third of what they lose with all rows, which the box allows.
    w = _SHARE * block.cells.w_high[-1]
    u = block.v_bias - _SHARE * (block.v_bias - block.cells.u_low[-1])
    for vector in range(len(level)):
        for k in range(rows):
            store(work, k * _KEPT, spread(u + w))
            store(work, k * _KEPT + WIDTH, spread(w))
            store(work, k * _KEPT + 2 * WIDTH, spread(np.inf))  # no tangent has predicted anything yet
        steps = 0
        _march_down(block, level[vector], work, sums)
        while steps <= most and not small_in_every_lane(sums, _WORST, _TOTAL, tol):
            steps += 1
            _march_up(block, rows, work, sums)
            _march_down(block, level[vector], work, sums)
        reads.iterations[vector] = steps
        at = vector * WIDTH
        store(reads.i_bias, at, load(sums, _FED))
        store(reads.i_out, at, load(sums, _OUT))
        store(reads.checks, 2 * at, load(sums, _WORST))
        store(reads.checks, 2 * at + WIDTH, load(sums, _EXCESS))
        if len(reads.v_row) > 0:
            for k in range(rows):
                here, kept = (vector * rows + k) * WIDTH, k * _KEPT
                store(reads.v_row, here, load(work, kept))
                store(reads.v_col, here, load(work, kept + WIDTH))
                store(reads.i_cell, here, load(work, kept + 2 * WIDTH))
