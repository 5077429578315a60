"""Every voltage and current of an array of constant conductances that a tile needs.

Sweeps find them where they settle (`swept_fields`). Else rows are eliminated first (each is a chain), which leaves one
dense block per row of column nodes; those blocks form a chain too. Compared with a sparse factor this costs a few dense
products per row whatever the wires are. Straps, broken wires and merged columns are left to the sparse factor.
"""

import numpy as np
from scipy.linalg import get_lapack_funcs

from circuitsim import nodal
from circuitsim.behavioral.bands import band_edges, band_of_row
from circuitsim.behavioral.column_moments import column_moments
from circuitsim.behavioral.field_kernels import mirror
from circuitsim.behavioral.field_types import JOINED, Fields, band_weights
from circuitsim.behavioral.row_lines import chains_of_rows, lines_of_rows, solve_chain
from circuitsim.behavioral.swept_fields import swept_fields
from circuitsim.nodal.array import is_strapped
from circuitsim.nodal.grid import end_resistances
from circuitsim.spec import WireGrid

_FACTOR, _INVERSE = get_lapack_funcs(("potrf", "potri"))


def linear_fields(wires: WireGrid, g: np.ndarray, bands: int = 1) -> Fields:
    """Solve an array of constant conductances for unit drives at all terminals and for the columns' mean voltages.

    Args:
        wires: Segment resistances [ohm].
        g: Cell conductances (rows, cols) [S], 0 is an open cell.
        bands: Number of bands of rows, each with a mean of its own.

    A mean voltage weighs each cell with its conductance and with the share of its drive that reaches it.
    """
    edges = band_edges(len(g), bands)
    r_row, r_col = end_resistances(wires)
    if is_strapped(wires) or np.any(r_col[1:-1] == 0) or not _connected(r_row, r_col):
        return merged_fields(wires, g, edges)
    r_row = np.maximum(r_row, JOINED)
    r_col[[0, -1]] = np.maximum(r_col[[0, -1]], JOINED)
    swept = swept_fields(r_row, r_col, g, edges)
    return dense_fields(r_row, r_col, g, edges) if swept is None else swept


def dense_fields(r_row: np.ndarray, r_col: np.ndarray, g: np.ndarray, edges: tuple[int, ...]) -> Fields:
    """Solve the array by dense blocks, whatever the resistances of its wires are.

    Args:
        r_row, r_col: Segments, end resistances included, all above 0; every node reaches a terminal [ohm].
        g: Cell conductances (rows, cols) [S].
        edges: First row of each band, and the number of rows.
    """
    g_row, g_col = 1.0 / r_row, 1.0 / r_col
    (rows, cols), bands = g.shape, len(edges) - 1
    unit = np.broadcast_to(np.eye(cols), (rows, cols, cols))
    chain = solve_chain(g, g_row, unit)
    lines = chains_of_rows(g_row)
    source = lines.feed
    alone = (chain @ source[:, :, None])[:, :, 0]
    weight = band_weights(g * alone, edges)
    drive = np.zeros((rows, cols, rows + cols + bands * cols))
    every = np.arange(rows)
    drive[every, :, every] = g * alone
    port = np.arange(cols)
    drive[0, port, rows + port] += g_col[0]
    drive[-1, port, rows + port] += g_col[-1]
    drive[every[:, None], port, rows + cols + band_of_row(edges)[:, None] * cols + port] = weight
    row_on_col = chain * g[:, None, :]
    begins = np.concatenate([every, np.where(g_col[0] > 0, 0, rows - 1), np.repeat(edges[:-1], cols)])
    _solve_columns(g, g_col, row_on_col, drive, begins)
    by_input, by_port, by_level = np.split(drive, [rows, rows + cols], axis=2)
    w_port = np.diag(g_col[0] + g_col[-1]) - (g_col[0, :, None] * by_port[0] + g_col[-1, :, None] * by_port[-1])
    port_level = np.add.reduceat(weight * by_port.sum(2), edges[:-1], axis=0)
    for row, links in zip(drive[:, :, rows:], row_on_col, strict=True):
        row -= links @ row  # from row node to column node, by reciprocity
    ends = (source[:, None, :] @ row_on_col) @ by_input
    return Fields(
        w=(g_col[0, :, None] * by_input[0] + g_col[-1, :, None] * by_input[-1]).T,
        w_row=np.diag((source * (1.0 - alone)).sum(1)) - ends[:, 0].T,
        w_port=w_port,
        alone=alone,
        moments=column_moments(by_input, weight, edges),
        to_output=by_port,
        to_level=by_level,
        row_lines=lines,
        weight=weight,
        port_level=port_level,
        edges=edges,
    )


def _solve_columns(g: np.ndarray, g_col: np.ndarray, row_on_col: np.ndarray, v: np.ndarray, begins: np.ndarray) -> None:
    """Turn currents v into the column nodes (rows, cols, many), with the rows eliminated, into their voltages.

    `begins` (many,) is the first row with any current: above it there is nothing to carry down.
    """
    rows, cols = g.shape
    block = -g[:, :, None] * row_on_col
    block[:, np.arange(cols), np.arange(cols)] += g + g_col[:-1] + g_col[1:]
    work = np.empty_like(v[0])
    for a in range(rows):
        if a > 0:
            share = g_col[a, :, None] * block[a - 1]
            block[a] -= share * g_col[a]
            for first, end in _runs(begins < a):
                v[a, :, first:end] += share @ v[a - 1, :, first:end]
        _invert(block[a])
    work[:] = v[-1]
    for a in range(rows - 1, -1, -1):
        if a < rows - 1:
            np.multiply(g_col[a + 1, :, None], v[a + 1], out=work)
            work += v[a]
        np.matmul(block[a], work, out=v[a])


def _runs(inside: np.ndarray) -> np.ndarray:
    """Return where each run of True begins and ends (runs, 2)."""
    return np.flatnonzero(np.diff(inside, prepend=False, append=False)).reshape(-1, 2)


def _invert(block: np.ndarray) -> None:
    """Invert a symmetric positive definite matrix in place, in half the time that any other one takes."""
    factor, _ = _FACTOR(block.T, overwrite_a=True)
    _, failed = _INVERSE(factor, overwrite_c=True)
    assert not failed
    mirror(block)


def _connected(r_row: np.ndarray, r_col: np.ndarray) -> bool:
    """Whether every node reaches a terminal along its wire."""
    row = np.isfinite(r_row[:, 1:-1]).all() and np.isfinite(r_row[:, [0, -1]]).any(axis=1).all()
    col = np.isfinite(r_col[1:-1]).all() and np.isfinite(r_col[[0, -1]]).any(axis=0).all()
    return bool(row and col)


def merged_fields(wires: WireGrid, g: np.ndarray, edges: tuple[int, ...]) -> Fields:
    """The same fields from the sparse solver, which merges nodes of 0 ohm and takes broken wires and straps."""
    array = nodal.linear_array(wires, g)
    rows, cols = g.shape
    unit = nodal.solve_linear(array, np.eye(rows))
    port = nodal.solve_linear(array, np.zeros((cols, rows)), np.eye(cols))
    lines = lines_of_rows(wires)
    alone = lines.solved(g, lines.feed[:, :, None])[:, :, 0]
    weight, port_of = band_weights(g * alone, edges), np.arange(cols)
    mean = np.zeros((len(edges) - 1, cols, rows, cols))
    mean[band_of_row(edges)[:, None], port_of, np.arange(rows)[:, None], port_of] = weight
    to_output = nodal.solve_adjoint(array, i_out=np.eye(cols))
    to_level = nodal.solve_adjoint(array, v_col=mean.reshape(-1, rows, cols))
    return Fields(
        w=unit.i_out,
        w_row=unit.i_row,
        w_port=-port.i_out,
        alone=alone,
        moments=column_moments(np.moveaxis(unit.v_col, 0, 2), weight, edges),
        to_output=np.moveaxis(to_output, 0, 2),
        to_level=np.moveaxis(to_level, 0, 2),
        row_lines=lines,
        weight=weight,
        port_level=np.add.reduceat(weight * port.v_col.sum(0), edges[:-1], axis=0),
        edges=edges,
    )
