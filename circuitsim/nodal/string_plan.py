"""Plan strings: their wires, and their cells as polynomials over the voltages that they reach."""

import numpy as np

from circuitsim.nodal.column_plan import FLOOR, GOOD_ON, MARGIN
from circuitsim.nodal.gate_cells import GateBox, GateCells
from circuitsim.nodal.gated_columns import ColumnPlan, block_cells, lanes_by_column
from circuitsim.nodal.string_newton import StringBlock, solve_block_of_strings
from circuitsim.nodal.surface_chords import chord
from circuitsim.nodal.varied_cells import VariedCells, fitted_level
from circuitsim.results import CellSurface
from circuitsim.spec import WireGrid


def plan_strings(
    on: CellSurface,
    off: CellSurface,
    g: np.ndarray,
    wires: WireGrid,
    v_ref: float,
    v_bias: float,
    *,
    varied: VariedCells | None = None,
    whole: bool = False,
) -> ColumnPlan | None:
    """Plan strings of cells in series; arguments and result as in `column_plan.plan_columns`.

    A cell with input 0 is bypassed. It sees most where all cells of its string are; `whole` lets it see everything.
    """
    if not np.isfinite(wires.r_col).all():
        return None
    box = GateBox(v_bias, 0.0, v_bias, v_bias)
    u = 0.5 * v_bias
    r_on, r_off = (1.0 / chord(on, g, v_ref + u, v_ref), 1.0 / chord(off, g, v_ref + FLOOR * v_bias, v_ref))
    low = box if whole else _bypassed(r_off, wires, box)
    parts, error = [], 0.0
    for number, (surface, reached) in enumerate(((off, low), (on, box))):
        good = max(GOOD_ON, surface.bound) * on.i_max
        fitted = fitted_level(surface, varied, number, g, reached, v_ref, good)
        if fitted is None:
            return None
        parts.append(fitted[0])
        error = max(error, fitted[1])
    blocks = _blocks(block_cells(parts), wires, v_bias, r_on, r_off)
    return ColumnPlan(solve_block_of_strings, blocks, error, g.shape, whole)


def _bypassed(r_off: np.ndarray, wires: WireGrid, whole: GateBox) -> GateBox:
    """Voltages that resistances (rows, cols) [ohm] see in series, and a margin."""
    chain = wires.r_col.sum(axis=0) + wires.r_driver + wires.r_sense + r_off.sum(axis=0)
    v_bias = whole.v_bias
    most = MARGIN * v_bias * float((r_off / chain).max()) + FLOOR * v_bias
    return GateBox(v_bias, 0.0, min(most, v_bias), v_bias)


def _blocks(
    cells: list[GateCells], wires: WireGrid, v_bias: float, r_on: np.ndarray, r_off: np.ndarray
) -> tuple[StringBlock, ...]:
    """Put the wires of strings beside their cells."""
    r = wires.r_col.astype(float)
    r[0] += wires.r_driver
    r[-1] += wires.r_sense
    columns = ([mine.ravel() for mine in lanes_by_column(values)] for values in (r, r_on, r_off))
    return tuple(
        StringBlock(mine, v_bias, wire, start, start_off)
        for mine, wire, start, start_off in zip(cells, *columns, strict=True)
    )
