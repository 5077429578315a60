"""Plan columns between two lines: their wires, and their cells as polynomials over the voltages that they reach."""

from collections.abc import Sequence

import numpy as np

from circuitsim.nodal.column_newton import ColumnBlock, solve_block_of_columns
from circuitsim.nodal.gate_cells import GateBox, GateCells, LevelCells
from circuitsim.nodal.gated_columns import ColumnPlan, block_cells, lanes_by_column, solve_columns
from circuitsim.nodal.surface_chords import chord
from circuitsim.nodal.varied_cells import VariedCells, fitted_level
from circuitsim.results import CellSurface
from circuitsim.spec import WireGrid

GOOD_ON, GOOD_OFF = 3e-10, 1e-10  # error of a cell [of a selected cell's full scale] that more terms need not beat
GOOD_BETWEEN = 1e-9  # the same at levels between off and on [of a cell's full scale at its own level]
POOR_BETWEEN = 3e-9  # error of such a cell [of a selected cell's full scale] above which higher degrees are tried
MARGIN = 1.3  # voltages against those of ohmic cells
FLOOR = 0.01  # least range of voltages allowed for, as a share of the bias
_STEP = 1.1  # between boxes in which the laws of many levels are fitted
_SHORT = 1e13  # a terminal without resistance changes the thirteenth digit of the largest conductance


def plan_columns(
    laws: Sequence[CellSurface | None],
    g: np.ndarray,
    wires: WireGrid,
    v_ref: float,
    v_bias: float,
    *,
    varied: VariedCells | None = None,
    whole: bool = False,
) -> ColumnPlan | None:
    """Plan columns with inputs on their word lines.

    Args:
        laws: Cells at each level of their gates, the lowest first; None: cells at the lowest level carry nothing.
        g: Conductances (rows, cols) [S].
        wires: Segment resistances [ohm], bit lines included.
        v_ref: Voltage of the sense nodes [V].
        v_bias: Voltage of the bit lines' sources above v_ref [V].
        varied: How the transistors of the cells differ; None: not at all.
        whole: Prepare for any voltage between the terminals, and not for what cells reach with all rows selected.

    Returns:
        The plan; None where a wire is interrupted between its cells, or where voltages leave a surface.
    """
    assert wires.r_bl is not None
    if not (np.isfinite(wires.r_bl[1:-1]).all() and np.isfinite(wires.r_col[1:-1]).all()):
        return None
    on, box = laws[-1], GateBox(v_bias, 0.0, v_bias, v_bias)
    assert on is not None
    if not whole:
        box = _reached(chord(on, g, v_ref + v_bias, v_ref), wires, box)
        box = box if len(laws) == 2 else _stepped(box)
    levels, error = [], 0.0
    for number, law in enumerate(laws):
        if law is None:
            levels.append(no_cells(g.shape, box))
            continue
        fitted = fitted_level(law, varied, number, g, box, v_ref, *_good(law, on, lowest=number == 0))
        if fitted is None:
            return None
        levels.append(fitted[0])
        error = max(error, fitted[1])
    return ColumnPlan(solve_block_of_columns, _blocks(block_cells(levels), wires, v_bias), error, g.shape, whole)


def _good(law: CellSurface, on: CellSurface, *, lowest: bool) -> tuple[float, ...]:
    """Return the error of a cell [A] that more terms need not beat, and between off and on the largest one."""
    if law is on:
        return (max(GOOD_ON, on.bound) * on.i_max,)
    least = GOOD_OFF * on.i_max
    if lowest:
        return (least,)
    good = max(least, max(GOOD_BETWEEN, law.bound) * law.i_max)
    return good, max(good, POOR_BETWEEN * on.i_max)


def no_cells(shape: tuple[int, ...], box: GateBox) -> LevelCells:
    """Return cells (rows, cols) that carry nothing, at any voltage."""
    anywhere = GateBox(box.v_bias, -np.inf, np.inf, np.inf)
    return LevelCells(np.empty((*shape, 0)), -1, anywhere)


def _reached(slopes: np.ndarray, wires: WireGrid, whole: GateBox) -> GateBox:
    """Voltages that ohmic cells of conductances (rows, cols) [S] reach with all rows selected, and a margin."""
    v_bias = whole.v_bias
    ohmic = block_cells([LevelCells(slopes[:, :, None], 0, whole)])
    plan = ColumnPlan(solve_block_of_columns, _blocks(ohmic, wires, v_bias), 0.0, slopes.shape, whole=True)
    found = solve_columns(plan, np.zeros((1, len(slopes)), np.intp), tol=1e-6, nodes=True, threads=1)
    least = FLOOR * v_bias
    u_low = v_bias - MARGIN * (v_bias - float((found.v_row - found.v_col).min())) - least
    w_high = min(MARGIN * float(found.v_col.max()) + least, v_bias)
    return GateBox(v_bias, u_low if u_low > 2 * least else 0.0, v_bias, w_high)


def _stepped(box: GateBox) -> GateBox:
    """Widen a box to one of few, so that the laws of many levels are fitted once for matrices like each other."""

    def up(voltage: float) -> float:
        least = FLOOR * box.v_bias
        return min(least * _STEP ** np.ceil(np.log(max(voltage / least, 1.0)) / np.log(_STEP)), box.v_bias)

    return GateBox(box.v_bias, box.v_bias - up(box.v_bias - box.u_low), box.u_high, up(box.w_high))


def _blocks(cells: list[GateCells], wires: WireGrid, v_bias: float) -> tuple[ColumnBlock, ...]:
    """Put the wires of columns beside their cells."""
    assert wires.r_bl is not None
    r_bl, r_col = wires.r_bl.astype(float), wires.r_col.astype(float)
    ends = np.concatenate([r_bl[[0, -1]] + wires.r_driver, r_col[[0, -1]] + wires.r_sense])
    positive = (r[np.isfinite(r) & (r > 0)] for r in (r_bl[1:-1], r_col[1:-1], ends))
    stiffest = max((1.0 / r.min() for r in positive if r.size), default=1.0)
    with np.errstate(divide="ignore"):
        ends = np.minimum(1.0 / ends, _SHORT * stiffest)
    lines = ([mine.ravel() for mine in lanes_by_column(values)] for values in (r_bl, r_col, ends))
    return tuple(ColumnBlock(mine, v_bias, bl, sl, end) for mine, bl, sl, end in zip(cells, *lines, strict=True))
