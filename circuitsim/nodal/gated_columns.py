"""Solve columns whose rows are gated, block by block: what columns between two lines and strings have in common."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.nodal.column_newton import ColumnReads
from circuitsim.nodal.gate_cells import GateCells, LevelCells, gate_cells
from circuitsim.nodal.lanes import WIDTH

MOST_STEPS = 40  # of Newton's method; 2 to 4 are needed
_ROUNDING = 1e-12  # of the bias, by which a cell may leave its box


@dataclass(frozen=True)
class ColumnPlan:
    """Columns ready to be solved.

    Attributes:
        solve: Kernel that solves a batch of gate levels in one block.
        blocks: WIDTH columns each; the last block repeats its last column.
        error: Largest error of a cell's current by the polynomials, against its surface [A].
        shape: Rows and columns.
        whole: Whether cells may have any voltage between the terminals.
    """

    solve: Callable[..., None]
    blocks: tuple[Any, ...]
    error: float
    shape: tuple[int, int]
    whole: bool


@dataclass(frozen=True)
class GatedSolution:
    """Solution of a batch of gate levels, vector by vector; voltages are relative to v_ref.

    Attributes:
        i_bias: (batch, cols) currents that the cells take from the bit lines at the voltages found [A].
        i_out: (batch, cols) currents into the sense nodes [A].
        residual: (batch,) largest current left over at a cell or node [A].
        fit_error: (batch,) largest error of a cell's current by its polynomial [A].
        iterations: (batch,) steps of Newton's method.
        settled: (batch,) whether nothing is left over and all voltages are where the cells' laws hold.
        v_row, v_col, i_cell: (batch, rows, cols) [V], [V], [A]; (batch, 0, cols) unless asked for.
    """

    i_bias: np.ndarray
    i_out: np.ndarray
    residual: np.ndarray
    fit_error: np.ndarray
    iterations: np.ndarray
    settled: np.ndarray
    v_row: np.ndarray
    v_col: np.ndarray
    i_cell: np.ndarray


def solve_columns(plan: ColumnPlan, level: np.ndarray, *, tol: float, nodes: bool, threads: int) -> GatedSolution:
    """Solve a batch of gate levels (batch, rows), blocks on as many threads as asked for; no bit depends on these."""
    rows, cols = plan.shape
    batch, count = len(level), len(plan.blocks)
    i_bias, i_out = (np.empty((count, batch, WIDTH)) for _ in range(2))
    checks, inside = np.empty((count, batch, 2, WIDTH)), np.empty((3, count, batch, rows if nodes else 0, WIDTH))
    steps = np.zeros((count, batch), int)

    def solve(k: int) -> None:
        flat = (part.reshape(-1) for part in (i_bias[k], i_out[k], checks[k], steps[k], *inside[:, k]))
        plan.solve(plan.blocks[k], level, tol, MOST_STEPS, ColumnReads(*flat))

    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        list((pool.map if pool else map)(solve, range(count)))
    residual, excess = checks.max(axis=(0, 3)).T
    iterations = steps.max(axis=0)
    v_row, v_col, i_cell = (side_by_side(part, cols) for part in inside)
    return GatedSolution(
        i_bias=side_by_side(i_bias, cols),
        i_out=side_by_side(i_out, cols),
        residual=residual,
        fit_error=np.full(batch, plan.error),
        iterations=iterations,
        settled=(iterations <= MOST_STEPS) & (excess <= _ROUNDING * plan.blocks[0].v_bias),
        v_row=v_row,
        v_col=v_col,
        i_cell=i_cell,
    )


def block_cells(levels: Sequence[LevelCells]) -> list[GateCells]:
    """Cut the cells of all columns at each level of their gates into those of each block."""
    cut = [[level._replace(coefficients=mine) for mine in lanes_by_column(level.coefficients)] for level in levels]
    return [gate_cells(block) for block in zip(*cut, strict=True)]


def lanes_by_column(values: np.ndarray) -> list[np.ndarray]:
    """Cut values (entries, cols, …) into blocks (entries, WIDTH, …), the last one filled up with its last column."""
    cols = values.shape[1]
    return [values[:, np.minimum(np.arange(first, first + WIDTH), cols - 1)] for first in range(0, cols, WIDTH)]


def side_by_side(blocks: np.ndarray, cols: int) -> np.ndarray:
    """Put blocks (blocks, batch, …, WIDTH) side by side: (batch, …, cols)."""
    lined_up = np.moveaxis(blocks, 0, -2)
    return lined_up.reshape(*lined_up.shape[:-2], len(blocks) * WIDTH)[..., :cols]
