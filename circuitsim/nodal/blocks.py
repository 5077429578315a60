"""Run the sweeps over a batch: blocks of vectors, on as many threads as asked for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from circuitsim.nodal.lanes import WIDTH, from_blocks, to_blocks
from circuitsim.nodal.modes import SweepPlan
from circuitsim.nodal.sweep import solve_block


@dataclass(frozen=True)
class SweepResult:
    """What the sweeps found, voltages relative to v_ref.

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


def sweep_batch(
    plan: SweepPlan,
    drive: np.ndarray,
    pull: np.ndarray | None = None,
    *,
    tol: float,
    most: int,
    nodes: bool = False,
    threads: int = 1,
) -> SweepResult:
    """Solve a batch of vectors.

    Args:
        plan: The programmed array.
        drive: Source voltages less v_ref (batch, rows) [V].
        pull: Sense voltages less v_ref (batch, cols) [V]; None: 0.
        tol: What may be left at any node, see `sweep.solve_block`.
        most: Largest number of passes.
        nodes: Also return what is inside.
        threads: Blocks solved at the same time. Blocks do not depend on it, so neither does any bit of the result.
    """
    rows, cols, batch = plan.rows, plan.cols, len(drive)
    drives = to_blocks(drive)
    pulls = np.empty((len(drives), 0)) if pull is None else to_blocks(pull)
    count, cells = len(drives), rows * cols * WIDTH
    i_row, i_out, checks = (
        np.empty((count, rows * WIDTH)),
        np.empty((count, cols * WIDTH)),
        np.empty((count, 3 * WIDTH)),
    )
    inside = np.empty((3, count, cells)) if nodes else None
    passes = np.empty(count, int)

    def solve(mine: range) -> None:
        v_r, y, nothing = np.empty(cells if inside is None else 0), np.empty(cells), np.empty(0)
        for block in mine:
            kept = (v_r, nothing, nothing) if inside is None else tuple(inside[:, block])
            passes[block] = solve_block(
                plan,
                drives[block],
                pulls[block],
                tol,
                most,
                i_row[block],
                i_out[block],
                checks[block],
                kept[0],
                y,
                *kept[1:],
            )

    if threads == 1 or count == 1:
        solve(range(count))
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(solve, (range(first, count, threads) for first in range(threads))))
    if np.any(passes == 0):
        raise RuntimeError("the compiled sweeps are from another version: remove circuitsim/nodal/__pycache__")
    low_high = from_blocks(checks, batch)
    found = SweepResult(
        from_blocks(i_row, batch), from_blocks(i_out, batch), low_high[:, 0], np.repeat(passes, WIDTH)[:batch],
        float(low_high[:, 1].min()), float(low_high[:, 2].max()),
    )  # fmt: skip
    if inside is None:
        return found
    v_row, v_col, i_cell = (from_blocks(part, batch).reshape(batch, rows, cols) for part in inside)
    return SweepResult(
        found.i_row, found.i_out, found.residual, found.passes, found.w_low, found.w_high, v_row, v_col, i_cell
    )
