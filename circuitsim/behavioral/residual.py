"""The current of a cell beyond its reference conductance, tabulated over the row's input and the column's level."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.behavioral.cell_powers import CellPowers, cell_powers
from circuitsim.behavioral.columns import Columns
from circuitsim.behavioral.field_types import Fields
from circuitsim.behavioral.row_lines import RowLines, lines_of_rows
from circuitsim.behavioral.table_kernels import STEPS, RowBuffers, RowsOfCells, fill_table
from circuitsim.nodal.blocks import aligned_parts
from circuitsim.nodal.surface import (
    CellPolynomials,
    cell_law,
    cell_polynomials,
    cells_law,
    conductance_nodes,
    unit_conductance,
    unit_nodes,
)
from circuitsim.nodal.surface_chords import count_over_t
from circuitsim.results import CellSurface
from circuitsim.spec import WireGrid

_FIT_NODES = 8  # of the integral over the inputs
_SIDE_BY_SIDE = 8  # points of a cell: there are 18 or 24 of them


@dataclass(frozen=True)
class Residual:
    """Residual currents of an array's cells: what each carries beyond its reference conductance.

        current_ij(s, t) = i_ij(s, t) − g_ref_ij·v_ij(s, t)

    where v_ij is the voltage from row node to column node with the row solved for its cells' nonlinear currents, the
    scaled input s at its driver, and all columns at level t.

    | field | shape and unit | meaning |
    |---|---|---|
    | s | (n_s,) | scaled inputs of the row |
    | t | (n_t,) | levels of the column, 0 at its middle |
    | current | (rows, cols, n_s, n_t) [A] | residual current, positive from row to column |
    | v_row, v_col | (rows, cols, n_s, n_t) [V] | voltages of the row and the column node, relative to v_ref |
    | voltage | (rows, cols, n_s, n_t) [V] | voltage from row node to column node in the linear array |
    """

    s: np.ndarray
    t: np.ndarray
    current: np.ndarray
    v_row: np.ndarray
    v_col: np.ndarray
    voltage: np.ndarray


def reference_conductance(surface: CellSurface, g: np.ndarray, v_low: float, v_high: float, v_ref: float) -> np.ndarray:
    """Return the slope (rows, cols) [S] of the straight line through 0 that fits i(v) best over the inputs.

    Args:
        surface: The characterized cell.
        g: Conductances (rows, cols) [S]; 0 is an open cell and stays 0.
        v_low, v_high: Range of the inputs relative to v_ref [V]; the column is at v_ref.
        v_ref: Voltage of the sense nodes [V].
    """
    coefficients = _slope_over_conductance(surface, v_low, v_high, v_ref)
    return np.where(g > 0, g * chebyshev.chebval(unit_conductance(surface, g), coefficients), 0.0)


@lru_cache(maxsize=16)
def _slope_over_conductance(surface: CellSurface, v_low: float, v_high: float, v_ref: float) -> np.ndarray:
    """Return `reference_conductance` over g as Chebyshev coefficients of the conductance coordinate."""
    # For given voltages i/g is a polynomial of the conductance coordinate: a few conductances tell it for all.
    few = conductance_nodes(count_over_t(surface), surface.g_range, surface.g_scale)
    node, weight = np.polynomial.legendre.leggauss(_FIT_NODES)
    v = 0.5 * (v_low + v_high) + 0.5 * (v_high - v_low) * node
    current = cell_law(surface, few[:, None], v_ref + v, np.full_like(v, v_ref))[0]
    slope = current @ (weight * v) / np.sum(weight * v * v) / few
    return np.linalg.solve(chebyshev.chebvander(unit_nodes(len(few)), len(few) - 1), slope)


@lru_cache(maxsize=16)
def short(surface: CellSurface, tolerance: float = 1e-8) -> CellSurface:
    """Drop trailing Chebyshev coefficients that together are below `tolerance`: the residual needs no more."""

    def needed(axis: int) -> int:
        other = tuple(a for a in range(3) if a != axis)
        tail = np.abs(surface.forward).sum(axis=other) + np.abs(surface.reverse).sum(axis=other)
        return max(2, int(np.sum(np.cumsum(tail[::-1]) > tolerance)))

    if surface.transistor is not None or surface.forward.shape != surface.reverse.shape:
        return surface
    n_t, n_u, n_m = (min(needed(axis), size) for axis, size in enumerate(surface.forward.shape))
    cut = np.s_[:n_t, :n_u, :n_m]
    return replace(surface, forward=surface.forward[cut], reverse=surface.reverse[cut])


def tabulate(
    surface: CellSurface,
    g: np.ndarray,
    g_ref: np.ndarray,
    wires: WireGrid,
    fields: Fields,
    columns: Columns,
    *,
    s: np.ndarray,
    level: np.ndarray,
    v_scale: float,
    v_ref: float,
    voltages: bool = True,
) -> Residual:
    """Solve every row for its input with all columns at one level, and return what the cells carry beyond g_ref.

    Args:
        surface: The characterized cell.
        g: Conductances (rows, cols) [S].
        g_ref: Reference conductances (rows, cols) [S] that `fields` were solved with.
        wires: Segment resistances [ohm].
        fields, columns: The linear array.
        s: (n_s,) scaled inputs.
        level: (n_t,) levels as fractions of the columns' spans, 0 to 1.
        v_scale: Voltage above v_ref at s = 1 [V].
        v_ref: Voltage of the sense nodes [V].
        voltages: Whether the voltages are wanted too; if not, they are empty.
    """
    v = v_scale * np.repeat(s, len(level))
    mean = columns.low[:, :, None] + columns.span[:, :, None] * np.tile(level, len(s))  # (bands, cols, points)
    lines, powers = lines_of_rows(wires), cell_powers(surface)
    if powers is None or lines.matrix is not None or fields.row_lines.matrix is not None:
        tables = _tables(cell_polynomials(surface, g), g_ref, lines, fields, columns, v, mean, v_ref)
    else:
        cells = RowsOfCells(
            np.array(g, float), g_ref, fields.row_lines.link, lines.link, columns.from_input, columns.from_mean,
            columns.band, _filled(v), _filled(mean).ravel(), v_ref,
        )  # fmt: skip
        current, v_row, voltage = _compiled_tables(cells, powers, len(v), voltages)
        v_col = np.empty(0)
        if voltages:
            v_col = columns.from_input[:, :, None] * v + columns.from_mean[:, :, None] * mean[columns.band]
        tables = current, v_row, v_col, voltage
    shape = (*g_ref.shape, len(s), len(level))
    return Residual(s, level - columns.centre, *(t.reshape(shape) if t.size else t for t in tables))


def _tables(
    cells: CellPolynomials,
    g_ref: np.ndarray,
    lines: RowLines,
    fields: Fields,
    columns: Columns,
    v: np.ndarray,
    mean: np.ndarray,
    v_ref: float,
) -> tuple[np.ndarray, ...]:
    """Return the tables of `Residual` (rows, cols, points) for rows with straps and cells that are no polynomial.

    Args:
        cells, g_ref, fields, columns, v_ref: As in `tabulate`, the cells as polynomials.
        lines: The row wires.
        v: (points,) input [V].
        mean: (bands, cols, points) mean of the columns [V].
    """
    v_col = columns.from_input[:, :, None] * v + columns.from_mean[:, :, None] * mean[columns.band]
    linear = fields.row_lines.solved(g_ref, g_ref[:, :, None] * v_col + fields.row_lines.feed[:, :, None] * v)
    v_row = linear.copy()
    against = v_col + v_ref
    current, slope = cells_law(cells, v_row + v_ref, against)
    for step in range(STEPS):
        change = -lines.solved(slope, current + lines.leaving(v_row, v))
        v_row += change
        if step < STEPS - 1:
            current, slope = cells_law(cells, v_row + v_ref, against)
        else:
            current += slope * change  # the last step is small: its slope serves for the current too
    return current - g_ref[:, :, None] * (v_row - v_col), v_row, v_col, linear - v_col


def _compiled_tables(
    cells: RowsOfCells, powers: CellPowers, count: int, voltages: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return residual currents, v_row and the linear voltage (rows · cols · count); voltages empty if not wanted."""
    size, points = cells.g.size * count, len(cells.v)
    sides = powers[:4]
    n_t, terms = (max(side.terms.shape[axis] for side in sides) for axis in (0, 1))
    of_row = aligned_parts(*[cells.g.shape[1] * points] * 7)
    of_cell = np.empty(max(n_t, 2)), np.empty(terms), np.empty(terms)
    buffers = RowBuffers._make((*of_row, *of_cell, np.empty(cells.g.shape[1])))
    current = np.empty(size + _SIDE_BY_SIDE)
    v_row, voltage = np.empty((2, size + _SIDE_BY_SIDE if voltages else 0))
    fill_table(cells, powers, (0.0,) * _SIDE_BY_SIDE, count, buffers, current, v_row, voltage)
    return current[:size], v_row[:size], voltage[:size]


def _filled(points: np.ndarray) -> np.ndarray:
    """Repeat the last of (..., points) until they fill whole lanes."""
    missing = -points.shape[-1] % _SIDE_BY_SIDE
    return np.concatenate([points, np.repeat(points[..., -1:], missing, axis=-1)], axis=-1)
