"""The fields of a linear array by sweeps: for each terminal and each column's mean a few passes over the array.

What a tile needs of the voltages for unit inputs are sums over the inputs, so that they are summed up block by block
and never kept. By reciprocity the currents of the outputs per volt at the inputs are those of the rows per volt at the
outputs, and the means of the columns follow from what one ampere into the columns does to the rows.
"""

import numpy as np

from circuitsim.behavioral.bands import band_of_row
from circuitsim.behavioral.column_moments import ColumnMoments, input_covariance
from circuitsim.behavioral.field_buffers import FieldBuffers
from circuitsim.behavioral.field_sweeps import sweep_inputs, sweep_levels, sweep_ports
from circuitsim.behavioral.field_types import Fields, band_weights
from circuitsim.behavioral.row_lines import chains_of_rows
from circuitsim.nodal.balance import MODE_ENTRIES
from circuitsim.nodal.blocks import aligned_parts
from circuitsim.nodal.lanes import WIDTH
from circuitsim.nodal.modes import SweepPlan, sweep_plan

_LANES = (0.0,) * WIDTH
_TOLERANCE = 1e-10  # of the largest voltage: outputs of a tile are then within 1e-10 of those of the dense fields
_MOST_PASSES = 100  # 4 to 30 are usual; a dense factor costs as much as about a hundred


def swept_fields(r_row: np.ndarray, r_col: np.ndarray, g: np.ndarray, edges: tuple[int, ...]) -> Fields | None:
    """Return the fields of an array whose wires are whole; None where the sweeps do not apply or do not settle.

    They do not settle where wires take far more of the voltage than cells. One row is left to the dense fields too: its
    input and the mean of its columns are one number, and what tells them apart is rounding.

    Args:
        r_row, r_col: Segments, end resistances included, all above 0 [ohm].
        g: Cell conductances (rows, cols) [S].
        edges: First row of each band, and the number of rows.
    """
    plan = sweep_plan(r_row, r_col, g) if len(g) > 1 else None
    if plan is None:
        return None
    rows, cols, bands = *g.shape, len(edges) - 1
    lines = chains_of_rows(1.0 / r_row)
    alone = lines.solved(g, lines.feed[:, :, None])[:, :, 0]
    reach, weight = g * alone, band_weights(g * alone, edges)
    of_rows, of_cols = (-(-n // WIDTH) * WIDTH for n in g.shape)  # filled up to whole blocks
    to_output, to_level, *parts = aligned_parts(
        rows * cols * of_cols, rows * cols * bands * of_cols, *_buffer_sizes(plan)
    )  # as parts of one array the system need not hand them out page by page anew for every tile
    known = (plan, _LANES, reach.ravel(), _TOLERANCE, _MOST_PASSES, _buffers(parts))
    w, w_port = np.zeros((rows, of_cols)), np.zeros((cols, of_cols))
    if sweep_ports(*known, to_output, w.ravel(), w_port.ravel()) < 0:
        return None
    mean, port_level = np.empty((bands, rows, of_cols)), np.empty((bands, of_cols))
    if sweep_levels(*known, weight.ravel(), np.array(edges), to_level, mean.ravel(), port_level.ravel()) < 0:
        return None
    means = np.ascontiguousarray(mean[:, :, :cols])
    moments, w_row = _moments(known, means, edges, of_rows)
    if moments is None:
        return None
    return Fields(
        w=np.ascontiguousarray(w[:, :cols]),
        w_row=w_row,
        w_port=np.ascontiguousarray(w_port[:, :cols]),
        alone=alone,
        moments=moments,
        to_output=to_output.reshape(rows, cols, of_cols)[:, :, :cols],
        to_level=to_level.reshape(rows, cols, bands, of_cols)[:, :, :, :cols].reshape(rows, cols, bands * cols),
        row_lines=lines,
        weight=weight,
        port_level=port_level[:, :cols],
        edges=edges,
    )


def _moments(
    known: tuple, mean: np.ndarray, edges: tuple[int, ...], of_rows: int
) -> tuple[ColumnMoments | None, np.ndarray]:
    """Sweep for the inputs; return the moments and the admittance of the drivers, moments None if it fails."""
    bands, rows, cols = mean.shape
    covariance, alike = np.zeros((rows, of_rows)), np.zeros((bands, cols, of_rows))
    covariance[:, :rows] = input_covariance(rows, bands)
    alike[:, :, :rows] = (covariance[:, :rows] @ mean).swapaxes(1, 2) if bands > 1 else mean.swapaxes(1, 2)
    sums, w_row = np.zeros((3, rows, cols)), np.empty((rows, of_rows))
    flat = map(np.ravel, (covariance, alike))
    settled = sweep_inputs(*known, *flat, band_of_row(edges), *map(np.ravel, sums), w_row.ravel()) > 0
    return ColumnMoments(mean, *sums) if settled else None, np.ascontiguousarray(w_row[:, :rows])


def _buffer_sizes(plan: SweepPlan) -> list[int]:
    cells, rows, cols = plan.rows * plan.cols, plan.rows, plan.cols
    return [WIDTH * size for size in (cells, cells, 2 * cols, MODE_ENTRIES, rows, cols, 1)]


def _buffers(parts: list[np.ndarray]) -> FieldBuffers:
    buffers = FieldBuffers._make(parts)
    buffers.v_row[:] = 0.0
    buffers.inject[:] = 0.0
    return buffers
