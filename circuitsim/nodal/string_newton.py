"""Newton's method for strings, sixteen side by side: cells in series down a column, one current through all of them.

The unknowns are the current I of the string and the voltage V of each cell; w is the voltage below it. The equations
are i(V, w) = I at each cell, and that all voltages add up to the bias. From the bottom up, a step is

    δV = (δI − F − i_w·δw) / i_V,   δw ← δw + δV + r·δI,   F = i(V, w) − I,

affine in δI throughout: two numbers a cell, and the sum of the voltages gives δI. Nothing grows along the string, and
segments of 0 ohm are exact.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from typing import NamedTuple

import numpy as np

from circuitsim.nodal.column_newton import small_in_every_lane
from circuitsim.nodal.gate_cells import GateCells, gate_tangent
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, divide, fma, larger, load, smaller, spread, store

_LEAST = 1e-3  # of its value, to which a step may reduce the current
_CURRENT, _WORST, _EXCESS, _REST, _SLOPE = (n * WIDTH for n in range(5))


class StringBlock(NamedTuple):
    """WIDTH strings; arrays are flat, WIDTH numbers for each entry; voltages are relative to v_ref.

    | field           | entries  | unit | content                                                             |
    |-----------------|----------|------|---------------------------------------------------------------------|
    | `cells`         |          |      | `GateCells` of the rows with input 0, and 1                         |
    | `v_bias`        | 1        | V    | terminal at the top                                                 |
    | `r`             | rows + 1 | ohm  | segments, the first above the first cell, ends included             |
    | `r_on`, `r_off` | rows     | ohm  | resistance of each cell to start from                               |
    """

    cells: GateCells
    v_bias: float
    r: np.ndarray
    r_on: np.ndarray
    r_off: np.ndarray


@kernel
def _start(block, selected, work, sums):
    """Share the bias among the cells as if they were resistors."""
    rows = len(selected)
    total = load(block.r, rows * WIDTH)
    for k in range(rows):
        total = total + load(block.r_on if selected[k] else block.r_off, k * WIDTH) + load(block.r, k * WIDTH)
    current = divide(spread(block.v_bias), total)
    store(sums, _CURRENT, current)
    for k in range(rows):
        store(work, 3 * k * WIDTH, current * load(block.r_on if selected[k] else block.r_off, k * WIDTH))


@kernel
def _go_up(block, selected, work, sums):
    """Gather the step as a function of δI, and what does not fit yet."""
    rows = len(selected)
    current, zero, one = load(sums, _CURRENT), spread(0.0), spread(1.0)
    worst, excess = zero, zero
    w = current * load(block.r, rows * WIDTH)
    rest, slope = zero, load(block.r, rows * WIDTH)
    for k in range(rows - 1, -1, -1):
        at = 3 * k * WIDTH
        u = load(work, at)
        i, along_u, along_w, outside = gate_tangent(block.cells, selected[k], k, u, w)
        excess, left = larger(excess, outside), i - current
        worst = larger(worst, larger(left, zero - left))
        r_cell, r_above = divide(one, along_u), load(block.r, k * WIDTH)
        fixed, per_current = zero - r_cell * fma(along_w, rest, left), r_cell * (one - along_w * slope)
        store(work, at + WIDTH, fixed)
        store(work, at + 2 * WIDTH, per_current)
        rest, slope = rest + fixed, slope + per_current + r_above
        w = fma(current, r_above, w + u)
    miss = spread(block.v_bias) - w
    # What is missing at the top is a current that would not flow.
    worst = larger(worst, larger(miss, zero - miss) * divide(current, spread(block.v_bias)))
    store(sums, _WORST, worst)
    store(sums, _EXCESS, excess)
    store(sums, _REST, miss - rest)
    store(sums, _SLOPE, slope)


@kernel
def _step(block, rows, work, sums):
    """Take the step; no cell sees less than nothing or more than the bias."""
    current, bias = load(sums, _CURRENT), spread(block.v_bias)
    change = divide(load(sums, _REST), load(sums, _SLOPE))
    change = larger(change, spread(_LEAST - 1.0) * current)
    store(sums, _CURRENT, current + change)
    for k in range(rows):
        at = 3 * k * WIDTH
        u = load(work, at) + fma(load(work, at + 2 * WIDTH), change, load(work, at + WIDTH))
        store(work, at, smaller(larger(u, spread(0.0)), bias))


@kernel
def solve_block_of_strings(block, selected, tol, most, reads):
    """Solve each vector of a batch in one block of strings, from the same start: no vector depends on its neighbours.

    Args:
        block: A `StringBlock`.
        selected: (batch, rows) rows with input 1.
        tol: Largest current left over at a cell, relative to the current of its string.
        most: Largest number of steps; a vector that needs more counts most + 1.
        reads: `ColumnReads` to fill.
    """
    rows = selected.shape[1]
    work, sums = np.empty(3 * rows * WIDTH), np.empty(5 * WIDTH)
    for vector in range(len(selected)):
        _start(block, selected[vector], work, sums)
        _go_up(block, selected[vector], work, sums)
        steps = 0
        while steps <= most and not small_in_every_lane(sums, _WORST, _CURRENT, tol):
            steps += 1
            _step(block, rows, work, sums)
            _go_up(block, selected[vector], work, sums)
        reads.iterations[vector] = steps
        at = vector * WIDTH
        store(reads.i_bias, at, load(sums, _CURRENT))
        store(reads.i_out, at, load(sums, _CURRENT))
        store(reads.checks, 2 * at, load(sums, _WORST))
        store(reads.checks, 2 * at + WIDTH, load(sums, _EXCESS))
        if len(reads.v_row) > 0:
            _keep(block, rows, vector, work, sums, reads)


@kernel
def _keep(block, rows, vector, work, sums, reads):
    """Fill the voltages at both ends of each cell, from the bottom up."""
    current = load(sums, _CURRENT)
    w = current * load(block.r, rows * WIDTH)
    for k in range(rows - 1, -1, -1):
        here, upper = (vector * rows + k) * WIDTH, w + load(work, 3 * k * WIDTH)
        store(reads.v_col, here, w)
        store(reads.v_row, here, upper)
        store(reads.i_cell, here, current)
        w = fma(current, load(block.r, k * WIDTH), upper)
