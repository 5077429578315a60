"""Run the sweeps over a batch: blocks of vectors, on as many threads as asked for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from circuitsim.nodal.balance import BlockBuffers
from circuitsim.nodal.lanes import WIDTH, from_blocks, to_blocks
from circuitsim.nodal.modes import SweepPlan
from circuitsim.nodal.sweep import solve_block
from circuitsim.spec import Count, checked


@dataclass(frozen=True)
class SweepResult:
    """Solution of a batch by the sweeps, voltages relative to v_ref.

    Attributes:
        i_row, i_out: (batch, rows), (batch, cols) terminal currents [A].
        residual: (batch,) largest unbalanced current at a node [A].
        passes: (batch,) passes used; negative where the limit was not reached.
        w_low, w_high: Lowest and highest column voltage at a cell [V].
        v_row, v_col, i_cell: (batch, rows, cols) [V], [V], [A]; None unless asked for.
    """

    i_row: np.ndarray
    i_out: np.ndarray
    residual: np.ndarray
    passes: np.ndarray
    w_low: float
    w_high: float
    v_row: np.ndarray | None = None
    v_col: np.ndarray | None = None
    i_cell: np.ndarray | None = None


@checked
def sweep_batch(
    plan: SweepPlan,
    drive: np.ndarray,
    pull: np.ndarray | None = None,
    *,
    tol: float,
    most: int,
    nodes: bool = False,
    threads: Count = 1,
) -> SweepResult:
    """Solve a batch of vectors.

    Args:
        plan: The prepared array.
        drive: Source voltages less v_ref (batch, rows) [V].
        pull: Sense voltages less v_ref (batch, cols) [V]; None: 0.
        tol: Largest unbalanced current at a node, relative to the vector's largest terminal current.
        most: Largest number of passes.
        nodes: Also return what is inside.
        threads: Blocks solved at the same time. Blocks do not depend on it, so neither does any bit of the result.
    """
    rows, cols, batch = plan.rows, plan.cols, len(drive)
    drives = to_blocks(drive)
    pulls = np.empty((len(drives), 0)) if pull is None else to_blocks(pull)
    count, cells = len(drives), rows * cols * WIDTH
    i_row, i_out, checks = (np.empty((count, n * WIDTH)) for n in (rows, cols, 3))
    inside = np.empty((3, count, cells)) if nodes else None
    passes = np.empty(count, int)

    def solve(mine: range) -> None:
        y, v_row, nothing = np.empty(cells), np.empty(cells if inside is None else 0), np.empty(0)
        for block in mine:
            kept = (v_row, nothing, nothing) if inside is None else tuple(inside[:, block])
            buffers = BlockBuffers(i_row[block], i_out[block], checks[block], y, *kept)
            passes[block] = solve_block(plan, drives[block], pulls[block], tol, most, buffers)

    if threads == 1 or count == 1:
        solve(range(count))
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(solve, (range(first, count, threads) for first in range(threads))))
    residual, low, high = from_blocks(checks, batch).T
    whole = [None] * 3 if inside is None else [from_blocks(part, batch).reshape(batch, rows, cols) for part in inside]
    return SweepResult(
        i_row=from_blocks(i_row, batch),
        i_out=from_blocks(i_out, batch),
        residual=residual,
        passes=np.repeat(passes, WIDTH)[:batch],
        w_low=float(low.min()),
        w_high=float(high.max()),
        v_row=whole[0],
        v_col=whole[1],
        i_cell=whole[2],
    )
