"""Every voltage and current of an array of constant conductances that a tile needs, in one factorization.

Rows are eliminated first (each is a chain), which leaves one dense block per row of column nodes; those blocks form a
chain too. Compared with a sparse factor this costs a few dense products per row whatever the wires are.
"""

from dataclasses import dataclass

import numpy as np
from scipy.linalg import get_lapack_funcs

from circuitsim import nodal
from circuitsim.behavioral.bands import band_edges, band_of_row
from circuitsim.behavioral.field_kernels import mirror
from circuitsim.behavioral.row_lines import lines_of_rows, solve_chain
from circuitsim.nodal.array import is_strapped
from circuitsim.nodal.grid import end_resistances
from circuitsim.spec import WireGrid

_FACTOR, _INVERSE = get_lapack_funcs(("potrf", "potri"))
_JOINED = 1e-7  # ohm, of a 0 ohm end or row segment: a few parts in 1e9 of a wire's resistance


@dataclass(frozen=True)
class Fields:
    """A linear array as seen from its terminals and from weighted means of each column's voltages.

    The index i is the row and j the column of a cell, k an input, o an output. A column has one mean for each band of
    rows (`bands`), over the cells of that band. Every field is a response to one volt or
    one ampere, so that any voltage or current of the array is a sum of them, as in
    i_out = v @ w with v = v_in − v_ref.

    | field | axes and unit | meaning |
    |---|---|---|
    | w | (k, o) [S] | output currents per volt at each input |
    | w_row | (k, k) [S] | current that each driver delivers per volt at each input |
    | w_port | (o, o) [S] | current that an output (axis 0) loses per volt at each sense node (axis 1) |
    | alone | (i, j) [V/V] | voltage of a cell's row node per volt at its row's input, with all column nodes at 0 V |
    | col_voltage | (i, j, k) [V/V] | voltage of a cell's column node per volt at each input |
    | to_output | (i, j, o) [A/A] | output current per ampere of extra current from row node to column node of a cell |
    | to_level | (i, j, band · cols + column) [ohm] | mean column voltage of a band per ampere of that current |
    | row_on_col | (i, j, j') [V/V] | voltage of a row node per volt at each column node of its row |
    | weight | (i, j) | weights of the column voltages, 1 in sum over each band of a column |
    | port_level | (band, j) [V/V] | mean column voltage of a band per volt at all sense nodes together |
    | edges | | first row of each band, and the number of rows |
    """

    w: np.ndarray
    w_row: np.ndarray
    w_port: np.ndarray
    alone: np.ndarray
    col_voltage: np.ndarray
    to_output: np.ndarray
    to_level: np.ndarray
    row_on_col: np.ndarray
    weight: np.ndarray
    port_level: np.ndarray
    edges: tuple[int, ...]


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
        return _merged(wires, g, edges)
    r_row = np.maximum(r_row, _JOINED)
    r_col[[0, -1]] = np.maximum(r_col[[0, -1]], _JOINED)
    g_row, g_col = 1.0 / r_row, 1.0 / r_col
    rows, cols = g.shape
    unit = np.broadcast_to(np.eye(cols), (rows, cols, cols))
    chain = solve_chain(g, g_row, unit)
    source = np.zeros((rows, cols))
    source[:, 0] += g_row[:, 0]
    source[:, -1] += g_row[:, -1]
    alone = (chain @ source[:, :, None])[:, :, 0]
    weight = _weights(g * alone, edges)
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
        col_voltage=by_input,
        to_output=by_port,
        to_level=by_level,
        row_on_col=row_on_col,
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


def _weights(share: np.ndarray, edges: tuple[int, ...]) -> np.ndarray:
    """Scale weights (rows, cols) to 1 in sum over each band of a column; one of open cells is weighted evenly."""
    total = np.add.reduceat(share, edges[:-1], axis=0)
    size = np.diff(edges)[:, None]
    even, scale = (total <= 0) / size, 1.0 / np.where(total > 0, total, np.inf)
    band = band_of_row(edges)
    return share * scale[band] + even[band]


def _connected(r_row: np.ndarray, r_col: np.ndarray) -> bool:
    """Whether every node reaches a terminal along its wire."""
    row = np.isfinite(r_row[:, 1:-1]).all() and np.isfinite(r_row[:, [0, -1]]).any(axis=1).all()
    col = np.isfinite(r_col[1:-1]).all() and np.isfinite(r_col[[0, -1]]).any(axis=0).all()
    return bool(row and col)


def _merged(wires: WireGrid, g: np.ndarray, edges: tuple[int, ...]) -> Fields:
    """The same fields from the sparse solver, which merges nodes of 0 ohm and takes broken wires and straps."""
    array = nodal.linear_array(wires, g)
    rows, cols = g.shape
    unit = nodal.solve_linear(array, np.eye(rows))
    port = nodal.solve_linear(array, np.zeros((cols, rows)), np.eye(cols))
    row_on_col, alone = _rows_alone(wires, g)
    weight, port_of = _weights(g * alone, edges), np.arange(cols)
    mean = np.zeros((len(edges) - 1, cols, rows, cols))
    mean[band_of_row(edges)[:, None], port_of, np.arange(rows)[:, None], port_of] = weight
    to_output = nodal.solve_adjoint(array, i_out=np.eye(cols))
    to_level = nodal.solve_adjoint(array, v_col=mean.reshape(-1, rows, cols))
    return Fields(
        w=unit.i_out,
        w_row=unit.i_row,
        w_port=-port.i_out,
        alone=alone,
        col_voltage=np.moveaxis(unit.v_col, 0, 2),
        to_output=np.moveaxis(to_output, 0, 2),
        to_level=np.moveaxis(to_level, 0, 2),
        row_on_col=row_on_col,
        weight=weight,
        port_level=np.add.reduceat(weight * port.v_col.sum(0), edges[:-1], axis=0),
        edges=edges,
    )


def _rows_alone(wires: WireGrid, g: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """`Fields.row_on_col` and `Fields.alone` of rows that may hold 0 ohm or broken segments, or straps."""
    rows, cols = g.shape
    lines = lines_of_rows(wires)
    right = np.zeros((rows, cols, cols + 1))
    right[:, np.arange(cols), np.arange(cols)] = g
    right[:, :, -1] = lines.feed
    v = lines.solved(g, right)
    return v[:, :, :-1], v[:, :, -1]
