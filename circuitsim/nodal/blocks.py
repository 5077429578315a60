"""Run the sweeps over a batch: blocks of vectors, on as many threads as asked for."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from circuitsim.nodal.balance import MODE_ENTRIES, SCRATCH_ROWS, BlockBuffers
from circuitsim.nodal.lanes import NARROW, WIDTH, from_blocks, to_blocks
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
    batch = len(drive)
    rest = batch % WIDTH if batch % WIDTH <= NARROW else 0  # few vectors take less time in narrow lanes
    parts = []
    for width, mine in ((WIDTH, slice(0, batch - rest)), (NARROW, slice(batch - rest, batch))):
        if mine.stop > mine.start:
            pulled = None if pull is None else pull[mine]
            parts.append(_sweep_part(plan, drive[mine], pulled, width, tol, most, nodes, threads))
    return parts[0] if len(parts) == 1 else _joined(*parts)


def _joined(first: SweepResult, then: SweepResult) -> SweepResult:
    """Put the vectors of one result behind those of another."""
    both: dict[str, Any] = {
        "w_low": min(first.w_low, then.w_low),
        "w_high": max(first.w_high, then.w_high),
    }
    for name in (each.name for each in fields(SweepResult) if each.name not in both):
        one, other = getattr(first, name), getattr(then, name)
        both[name] = None if one is None else np.concatenate([one, other])
    return SweepResult(**both)


def _sweep_part(
    plan: SweepPlan,
    drive: np.ndarray,
    pull: np.ndarray | None,
    width: int,
    tol: float,
    most: int,
    nodes: bool,
    threads: int,
) -> SweepResult:
    """Solve vectors `width` at a time; see `sweep_batch`."""
    rows, cols, batch = plan.rows, plan.cols, len(drive)
    drives = to_blocks(drive, width)
    pulls = np.empty((len(drives), 0)) if pull is None else to_blocks(pull, width)
    highest = np.abs(np.hstack([drives, pulls])).reshape(len(drives), -1, width).max(axis=1)
    count, cells = len(drives), rows * cols * width
    i_row, i_out, checks = (np.empty((count, n * width)) for n in (rows, cols, 3))
    inside = np.empty((3, count, cells)) if nodes else None
    passes, lanes = np.empty(count, int), (0.0,) * width

    def solve(mine: range) -> None:
        sizes = (cells, cells if inside is None else 0, SCRATCH_ROWS * cols * width, MODE_ENTRIES * width)
        (y, v_row, scratch, modes), nothing = aligned_parts(*sizes), np.empty(0)
        for block in mine:
            mine_row, v_col, i_cell = (v_row, nothing, nothing) if inside is None else inside[:, block]
            buffers = BlockBuffers(
                i_row[block], i_out[block], checks[block], y, mine_row, v_col, i_cell, scratch, modes
            )
            passes[block] = solve_block(plan, lanes, drives[block], pulls[block], highest[block], tol, most, buffers)

    if threads == 1 or count == 1:
        solve(range(count))
    else:
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(solve, (range(first, count, threads) for first in range(threads))))
    residual, low, high = from_blocks(checks, batch, width).T
    whole = [None] * 3
    if inside is not None:
        whole = [from_blocks(part, batch, width).reshape(batch, rows, cols) for part in inside]
    return SweepResult(
        i_row=from_blocks(i_row, batch, width),
        i_out=from_blocks(i_out, batch, width),
        residual=residual,
        passes=np.repeat(passes, width)[:batch],
        w_low=float(low.min()),
        w_high=float(high.max()),
        v_row=whole[0],
        v_col=whole[1],
        i_cell=whole[2],
    )


def aligned_parts(*sizes: int) -> list[np.ndarray]:
    """Arrays (size,) that begin where a line of the cache does: lanes that lie across two cost twice as much.

    They are parts of one array. Several of a few MB each would be taken from the system anew in every read, page by
    page, which costs a tenth of a batch.
    """
    places = np.cumsum([0, *(size + -size % 8 for size in sizes)]).tolist()
    whole = np.empty(places[-1] + 8)
    first = -(whole.ctypes.data // 8) % 8
    return [whole[first + place : first + place + size] for place, size in zip(places, sizes, strict=False)]
