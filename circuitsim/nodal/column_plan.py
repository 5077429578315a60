"""Columns between two lines, prepared for Newton's method: blocks of WIDTH columns, their cells as polynomials."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from circuitsim.nodal.column_newton import ColumnBlock, ColumnReads, solve_block_of_columns
from circuitsim.nodal.gate_cells import GateBox, fit_gate_cells, gate_coefficients
from circuitsim.nodal.lanes import WIDTH
from circuitsim.nodal.surface import chord
from circuitsim.results import CellSurface
from circuitsim.spec import WireGrid

MOST_STEPS = 40  # of Newton's method; 2 to 4 are needed
_GOOD_ON, _GOOD_OFF = 3e-10, 1e-10  # error of a cell [of a selected cell's full scale] that more terms need not beat
_MARGIN = 1.3  # drops of voltage against those of ohmic cells
_FLOOR = 0.01  # least drop allowed for, as a share of the bias
_SHORT = 1e13  # a terminal without resistance changes the thirteenth digit of the largest conductance


@dataclass(frozen=True)
class ColumnPlan:
    """Columns ready to be solved.

    Attributes:
        blocks: WIDTH columns each; the last block repeats its last column.
        box: Voltages that the polynomials hold for.
        error: Largest error of a cell's current by the polynomials, against its surface [A].
        shape: Rows and columns.
    """

    blocks: tuple[ColumnBlock, ...]
    box: GateBox
    error: float
    shape: tuple[int, int]


@dataclass(frozen=True)
class GatedSolution:
    """Solution of a batch of selections, vector by vector; voltages are relative to v_ref.

    Attributes:
        i_bias: (batch, cols) currents that the cells take from the bit lines at the voltages found [A].
        i_out: (batch, cols) currents into the sense nodes [A].
        residual: (batch,) largest current left over at a cell or node [A].
        fit_error: (batch,) largest error of a cell's current by its polynomial [A].
        iterations: (batch,) steps of Newton's method.
        settled: (batch,) whether nothing is left over and all voltages are where the cells' laws hold.
        u_low, w_high: (batch,) least voltage of a cell, highest of a source line [V].
        v_row, v_col, i_cell: (batch, rows, cols) [V], [V], [A]; (batch, 0, cols) unless asked for.
    """

    i_bias: np.ndarray
    i_out: np.ndarray
    residual: np.ndarray
    fit_error: np.ndarray
    iterations: np.ndarray
    settled: np.ndarray
    u_low: np.ndarray
    w_high: np.ndarray
    v_row: np.ndarray
    v_col: np.ndarray
    i_cell: np.ndarray


def plan_columns(
    on: CellSurface,
    off: CellSurface | None,
    g: np.ndarray,
    wires: WireGrid,
    v_ref: float,
    v_bias: float,
    box: GateBox | None = None,
) -> ColumnPlan | None:
    """Prepare columns whose cells are gated row by row.

    Args:
        on, off: Cells of selected rows and of the others; None: the others carry nothing.
        g: Conductances (rows, cols) [S].
        wires: Segment resistances [ohm], bit lines included.
        v_ref: Voltage of the sense nodes [V].
        v_bias: Voltage of the bit lines' sources above v_ref [V].
        box: Voltages to prepare for; None: what cells reach with all rows selected, and a margin.

    Returns:
        The plan; None where a wire is interrupted between its cells, or where the box leaves a surface.
    """
    assert wires.r_bl is not None
    if not (np.isfinite(wires.r_bl[1:-1]).all() and np.isfinite(wires.r_col[1:-1]).all()):
        return None
    box = box or _reached(chord(on, g, v_ref + v_bias, v_ref), wires, v_bias)
    if not all(_covers(surface, box, v_ref) for surface in (on, off) if surface is not None):
        return None
    fitted = fit_gate_cells(on, box, v_ref, max(_GOOD_ON, on.bound) * on.i_max)
    cells, error = (gate_coefficients(fitted, on, g), fitted.degree), fitted.error
    leaking = (np.empty((0, 0, 0)), -1)
    if off is not None:
        fitted = fit_gate_cells(off, box, v_ref, _GOOD_OFF * on.i_max)
        leaking, error = (gate_coefficients(fitted, off, g), fitted.degree), max(error, fitted.error)
    return ColumnPlan(_blocks(cells, leaking, wires, box), box, error, g.shape)


def solve_columns(plan: ColumnPlan, selected: np.ndarray, *, tol: float, nodes: bool, threads: int) -> GatedSolution:
    """Solve a batch of selections (batch, rows), blocks on as many threads as asked for; no bit depends on these."""
    rows, cols = plan.shape
    batch, count = len(selected), len(plan.blocks)
    kept = rows if nodes else 0
    i_bias, i_out = (np.empty((count, batch, WIDTH)) for _ in range(2))
    checks, inside = np.empty((count, batch, 4, WIDTH)), np.empty((3, count, batch, kept, WIDTH))
    steps = np.zeros((count, batch), int)

    def solve(k: int) -> None:
        flat = (part.reshape(-1) for part in (i_bias[k], i_out[k], checks[k], steps[k], *inside[:, k]))
        solve_block_of_columns(plan.blocks[k], selected, tol, MOST_STEPS, ColumnReads(*flat))

    with ThreadPoolExecutor(threads) if threads > 1 else nullcontext() as pool:
        list((pool.map if pool else map)(solve, range(count)))
    residual, u_low, w_low, w_high = np.moveaxis(checks, 2, 0)
    u_low, w_low, w_high = u_low.min(axis=(0, 2)), w_low.min(axis=(0, 2)), w_high.max(axis=(0, 2))
    iterations = steps.max(axis=0)
    v_row, v_col, i_cell = (_side_by_side(part, cols) for part in inside)
    return GatedSolution(
        i_bias=_side_by_side(i_bias, cols),
        i_out=_side_by_side(i_out, cols),
        residual=residual.max(axis=(0, 2)),
        fit_error=np.full(batch, plan.error),
        iterations=iterations,
        settled=(iterations <= MOST_STEPS) & plan.box.holds(u_low, w_low, w_high),
        u_low=u_low,
        w_high=w_high,
        v_row=v_row,
        v_col=v_col,
        i_cell=i_cell,
    )


def _reached(slopes: np.ndarray, wires: WireGrid, v_bias: float) -> GateBox:
    """Voltages that ohmic cells of conductances (rows, cols) [S] reach with all rows selected, and a margin."""
    whole = GateBox(v_bias, 0.0, v_bias)
    ohmic = _blocks((slopes[:, :, None], 0), (np.empty((0, 0, 0)), -1), wires, whole)
    every = np.ones((1, len(slopes)), bool)
    found = solve_columns(ColumnPlan(ohmic, whole, 0.0, slopes.shape), every, tol=1e-6, nodes=False, threads=1)
    least = _FLOOR * v_bias
    u_low = v_bias - _MARGIN * (v_bias - float(found.u_low[0])) - least
    w_high = min(_MARGIN * float(found.w_high[0]) + least, v_bias)
    return GateBox(v_bias, u_low if u_low > 2 * least else 0.0, w_high)


def _covers(surface: CellSurface, box: GateBox, v_ref: float) -> bool:
    """Whether a surface holds for every voltage of a box."""
    low, high = surface.m_range
    slack = 1e-9 * (high - low)
    return v_ref >= low - slack and v_ref + box.w_high <= high + slack and box.v_bias <= surface.u_max + slack


def _blocks(
    on: tuple[np.ndarray, int], off: tuple[np.ndarray, int], wires: WireGrid, box: GateBox
) -> tuple[ColumnBlock, ...]:
    """Arrange coefficients (rows, cols, terms) of given degrees and the wires by blocks of columns."""
    assert wires.r_bl is not None
    r_bl, r_col = wires.r_bl.astype(float), wires.r_col.astype(float)
    ends = np.stack([r_bl[0] + wires.r_driver, r_bl[-1] + wires.r_driver])
    ends = np.concatenate([ends, [r_col[0] + wires.r_sense, r_col[-1] + wires.r_sense]])
    positive = [r[np.isfinite(r) & (r > 0)] for r in (r_bl[1:-1], r_col[1:-1], ends)]
    stiffest = max((1.0 / r.min() for r in positive if r.size), default=1.0)
    with np.errstate(divide="ignore"):
        ends = np.minimum(1.0 / ends, _SHORT * stiffest)
    cols = r_col.shape[1]

    def lanes(values: np.ndarray, mine: np.ndarray) -> np.ndarray:
        """(entries, cols, …) to (entries · … · WIDTH), the columns innermost."""
        return np.ascontiguousarray(np.moveaxis(values[:, mine], 1, -1)).ravel() if values.size else np.empty(0)

    blocks = []
    for first in range(0, cols, WIDTH):
        mine = np.minimum(np.arange(first, first + WIDTH), cols - 1)
        parts = (lanes(on[0], mine), on[1], lanes(off[0], mine), off[1], box.u_mid, box.u_low, box.v_bias, box.w_high)
        blocks.append(ColumnBlock(*parts, *(lanes(values, mine) for values in (r_bl, r_col, ends))))
    return tuple(blocks)


def _side_by_side(blocks: np.ndarray, cols: int) -> np.ndarray:
    """Put blocks (blocks, batch, …, WIDTH) side by side: (batch, …, cols)."""
    lined_up = np.moveaxis(blocks, 0, -2)
    return lined_up.reshape(*lined_up.shape[:-2], len(blocks) * WIDTH)[..., :cols]
