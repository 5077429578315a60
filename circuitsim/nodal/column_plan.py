"""Plan columns between two lines: their wires, and their cells as polynomials over the voltages that they reach."""

import numpy as np

from circuitsim.nodal.column_newton import ColumnBlock, solve_block_of_columns
from circuitsim.nodal.gate_cells import NO_CELLS, GateBox, GateCells, fit_gate_cells, gate_coefficients
from circuitsim.nodal.gated_columns import ColumnPlan, block_cells, lanes_by_column, solve_columns
from circuitsim.nodal.surface_chords import chord
from circuitsim.results import CellSurface
from circuitsim.spec import WireGrid

GOOD_ON, GOOD_OFF = 3e-10, 1e-10  # error of a cell [of a selected cell's full scale] that more terms need not beat
MARGIN = 1.3  # voltages against those of ohmic cells
FLOOR = 0.01  # least range of voltages allowed for, as a share of the bias
_SHORT = 1e13  # a terminal without resistance changes the thirteenth digit of the largest conductance


def plan_columns(
    on: CellSurface,
    off: CellSurface | None,
    g: np.ndarray,
    wires: WireGrid,
    v_ref: float,
    v_bias: float,
    *,
    whole: bool = False,
) -> ColumnPlan | None:
    """Plan columns with inputs on their word lines.

    Args:
        on, off: Cells of selected rows and of the others; None: the others carry nothing.
        g: Conductances (rows, cols) [S].
        wires: Segment resistances [ohm], bit lines included.
        v_ref: Voltage of the sense nodes [V].
        v_bias: Voltage of the bit lines' sources above v_ref [V].
        whole: Prepare for any voltage between the terminals, and not for what cells reach with all rows selected.

    Returns:
        The plan; None where a wire is interrupted between its cells, or where voltages leave a surface.
    """
    assert wires.r_bl is not None
    if not (np.isfinite(wires.r_bl[1:-1]).all() and np.isfinite(wires.r_col[1:-1]).all()):
        return None
    box = GateBox(v_bias, 0.0, v_bias, v_bias)
    if not whole:
        box = _reached(chord(on, g, v_ref + v_bias, v_ref), wires, box)
    fitted = fit_gate_cells(on, box, v_ref, max(GOOD_ON, on.bound) * on.i_max)
    if fitted is None:
        return None
    cells, error = block_cells(gate_coefficients(fitted, on, g), fitted.degree, box), fitted.error_of(on, g)
    leaking = [NO_CELLS] * len(cells)
    if off is not None:
        fitted = fit_gate_cells(off, box, v_ref, GOOD_OFF * on.i_max)
        if fitted is None:
            return None
        leaking = block_cells(gate_coefficients(fitted, off, g), fitted.degree, box)
        error = max(error, fitted.error_of(off, g))
    return ColumnPlan(solve_block_of_columns, _blocks(cells, leaking, wires, v_bias), error, g.shape, whole)


def _reached(slopes: np.ndarray, wires: WireGrid, whole: GateBox) -> GateBox:
    """Voltages that ohmic cells of conductances (rows, cols) [S] reach with all rows selected, and a margin."""
    v_bias = whole.v_bias
    ohmic = block_cells(slopes[:, :, None], 0, whole)
    blocks = _blocks(ohmic, [NO_CELLS] * len(ohmic), wires, v_bias)
    plan = ColumnPlan(solve_block_of_columns, blocks, 0.0, slopes.shape, whole=True)
    found = solve_columns(plan, np.ones((1, len(slopes)), bool), tol=1e-6, nodes=True, threads=1)
    least = FLOOR * v_bias
    u_low = v_bias - MARGIN * (v_bias - float((found.v_row - found.v_col).min())) - least
    w_high = min(MARGIN * float(found.v_col.max()) + least, v_bias)
    return GateBox(v_bias, u_low if u_low > 2 * least else 0.0, v_bias, w_high)


def _blocks(on: list[GateCells], off: list[GateCells], wires: WireGrid, v_bias: float) -> tuple[ColumnBlock, ...]:
    """Put the wires of columns beside their cells."""
    assert wires.r_bl is not None
    r_bl, r_col = wires.r_bl.astype(float), wires.r_col.astype(float)
    ends = np.concatenate([r_bl[[0, -1]] + wires.r_driver, r_col[[0, -1]] + wires.r_sense])
    positive = (r[np.isfinite(r) & (r > 0)] for r in (r_bl[1:-1], r_col[1:-1], ends))
    stiffest = max((1.0 / r.min() for r in positive if r.size), default=1.0)
    with np.errstate(divide="ignore"):
        ends = np.minimum(1.0 / ends, _SHORT * stiffest)
    lines = ([mine.ravel() for mine in lanes_by_column(values)] for values in (r_bl, r_col, ends))
    return tuple(
        ColumnBlock(selected, other, v_bias, bl, sl, end)
        for selected, other, bl, sl, end in zip(on, off, *lines, strict=True)
    )
