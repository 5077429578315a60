"""Columns between two lines of which one has a strap: bit lines and source lines solved in turn as dense lines."""

from dataclasses import dataclass

import numpy as np

from circuitsim.nodal.array import MOST_PASSES
from circuitsim.nodal.compact_cells import fit, within
from circuitsim.nodal.gated_columns import GatedSolution
from circuitsim.nodal.grid import Grid
from circuitsim.nodal.line_cells import cell_terms, no_current
from circuitsim.nodal.line_inverses import line_inverses
from circuitsim.nodal.line_iteration import DenseLines, solve_lines
from circuitsim.nodal.surface_chords import chord
from circuitsim.nodal.voltage_boxes import VoltageBox
from circuitsim.results import CellSurface

_GOOD = 3e-8  # error of a cell [of a selected cell's full scale]; the reference solver needs no polynomial


@dataclass(frozen=True, eq=False)
class GatedLines:
    """Columns ready to be solved.

    Attributes:
        lines: Bit lines, source lines and the cells between them.
        v_bias: Bias of the bit lines above v_ref [V].
        error: Largest error of a cell's current by its polynomial [A].
    """

    lines: DenseLines
    v_bias: float
    error: float


def gated_lines(
    on: CellSurface, off: CellSurface | None, g: np.ndarray, grid: Grid, v_ref: float, v_bias: float
) -> GatedLines | None:
    """Prepare columns whose cells may have any voltage between the bias and the sense nodes.

    Args:
        on, off: Cells of selected rows and of the others; None: the others carry nothing.
        g: Conductances (rows, cols) [S].
        grid: From `build_columns`.
        v_ref: Voltage of the sense nodes [V].
        v_bias: Voltage of the bit lines' sources above v_ref [V].

    Returns:
        The columns; None where a wire is broken, a voltage leaves a surface, or no polynomial is good enough.
    """
    box = VoltageBox(0.0, v_bias, 0.0, v_bias)
    g0 = chord(on, g, v_ref + 0.75 * v_bias, v_ref)
    found = line_inverses(grid, g0, along_columns=True)
    if found is None:
        return None
    error, terms = 0.0, []
    for surface in (on, off):
        if surface is None:
            terms.append(no_current(g0))
            continue
        if not within(surface, box, v_ref):
            return None
        fitted = fit(surface, box, v_ref).of(surface, g)
        error = max(error, fitted.error * surface.i_max)
        terms.append(cell_terms(fitted, surface, g, g0))
    if error > max(_GOOD, on.bound) * on.i_max:
        return None
    return GatedLines(DenseLines(*found, g0, *terms, along_columns=True), v_bias, error)


def solve_gated_lines(columns: GatedLines, selected: np.ndarray, *, tol: float, nodes: bool) -> GatedSolution:
    """Solve a batch of selections (batch, rows)."""
    lines, batch = columns.lines, len(selected)
    drive = np.full((batch, lines.g0.shape[1]), columns.v_bias)
    found = solve_lines(lines, drive, asleep=~selected, tol=tol, most=MOST_PASSES, nodes=nodes)
    empty = np.empty((batch, 0, lines.g0.shape[1]))
    return GatedSolution(
        i_bias=found.i_row,
        i_out=found.i_out,
        residual=found.residual,
        fit_error=np.full(batch, columns.error),
        iterations=np.abs(found.passes),
        settled=found.passes > 0,
        v_row=empty if found.v_row is None else found.v_row,
        v_col=empty if found.v_col is None else found.v_col,
        i_cell=empty if found.i_cell is None else found.i_cell,
    )
