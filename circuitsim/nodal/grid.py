"""The grid of an array: its nodes and the conductances of its wires, without the cells."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from circuitsim.errors import InputError
from circuitsim.nodal.straps import LineSegments, strapped_segments
from circuitsim.spec import WireGrid
from circuitsim.spec.geometry import StrapSpec


@dataclass(frozen=True)
class Grid:
    """Wires of an array as a graph whose 0 ohm segments are merged and whose open segments are left out.

    Nodes 0 … free−1 have unknown voltages. Then come the terminals, whose voltages are given: one ideal source per row
    (behind the driver's resistance) and one ideal sense node per column (behind the sense resistance). An array driven
    or sensed at both ends has one resistance at each end, both to the same terminal.

    Attributes:
        row_node: (rows, cols) node of each cell's row (bit line) terminal.
        col_node: (rows, cols) node of each cell's column (source line) terminal.
        wires: (nodes, nodes) symmetric conductance matrix of the wires [S], terminals included.
        free: Number of nodes with unknown voltage.
    """

    row_node: np.ndarray
    col_node: np.ndarray
    wires: sparse.csr_matrix
    free: int

    @property
    def rows(self) -> int:
        return self.row_node.shape[0]

    @property
    def cols(self) -> int:
        return self.row_node.shape[1]

    @property
    def nodes(self) -> int:
        return len(self.wires.indptr) - 1

    def cells(self, along: np.ndarray, against: np.ndarray) -> sparse.csr_matrix:
        """Return the matrix (nodes, nodes) of cells with slopes di/dv_row and −di/dv_col (rows, cols) [S]."""
        r, c = self.row_node.ravel(), self.col_node.ravel()
        p, q = np.ravel(along), np.ravel(against)
        data = np.concatenate([p, -q, -p, q])
        row, col = np.concatenate([r, r, c, c]), np.concatenate([r, c, r, c])
        return sparse.csr_matrix((data, (row, col)), shape=(self.nodes, self.nodes))

    def inject(self, i_cell: np.ndarray) -> np.ndarray:
        """Sum cell currents (batch, rows, cols) [A] into currents that leave each node (batch, nodes) [A]."""
        leaving = np.zeros((len(i_cell), self.nodes))
        for batch, current in zip(leaving, i_cell.reshape(len(i_cell), -1), strict=True):
            batch += np.bincount(self.row_node.ravel(), current, self.nodes)
            batch -= np.bincount(self.col_node.ravel(), current, self.nodes)
        return leaving


def build_grid(wires: WireGrid) -> Grid:
    """Number the nodes of an array and stamp its wires.

    Raises:
        InputError: A resistance is negative or NaN, or the shapes do not belong together.
    """
    check_wires(wires)
    rows, cols = wires.rows, wires.cols
    row = np.arange(rows * cols).reshape(rows, cols)
    col = row + rows * cols
    source = -(rows + cols) + np.arange(rows)[:, None]
    sense = -cols + np.arange(cols)[None, :]
    along_row = np.hstack([source, row, source])
    along_col = np.vstack([sense, col, sense])
    points = 2 * rows * cols
    of_rows, points = _segments(along_row.T, wires.r_row.T, wires.r_driver, wires.strap_row, points)
    of_cols, points = _segments(along_col, wires.r_col, wires.r_sense, wires.strap_col, points)
    return _renumbered((row, col), [of_rows, of_cols], points, rows + cols)[0]


def build_columns(wires: WireGrid) -> Grid:
    """Number the nodes of an array whose bit lines run along the columns (input on the word lines).

    The terminals are one bias source per column, behind the driver's resistance at each end of its bit line in use,
    and one sense node per column.

    Raises:
        InputError: As `build_grid`, or there are no bit lines.
    """
    check_wires(wires)
    if wires.r_bl is None:
        raise InputError("wires.r_bl is None: an array with its input on the word lines needs bit lines")
    rows, cols = wires.rows, wires.cols
    upper = np.arange(rows * cols).reshape(rows, cols)
    lower = upper + rows * cols
    bias = -2 * cols + np.arange(cols)[None, :]
    sense = bias + cols
    points = 2 * rows * cols
    of_bl, points = _segments(np.vstack([bias, upper, bias]), wires.r_bl, wires.r_driver, None, points)
    of_sl, points = _segments(np.vstack([sense, lower, sense]), wires.r_col, wires.r_sense, wires.strap_col, points)
    return _renumbered((upper, lower), [of_bl, of_sl], points, 2 * cols)[0]


def build_switched(wires: WireGrid) -> tuple[Grid, np.ndarray]:
    """Number the nodes of an array in time whose input switches gates: bit and source lines, and the word lines.

    The terminals are one source per row at its word line, one sense node and one bias source per column.

    Returns:
        The grid, with the cells' bit-line and source-line nodes; and the (rows, cols) nodes of the gates.

    Raises:
        InputError: As `build_columns`.
    """
    check_wires(wires)
    if wires.r_bl is None:
        raise InputError("wires.r_bl is None: an array with its input on the word lines needs bit lines")
    rows, cols = wires.rows, wires.cols
    upper = np.arange(rows * cols).reshape(rows, cols)
    lower, gate = upper + rows * cols, upper + 2 * rows * cols
    source = -(rows + 2 * cols) + np.arange(rows)[:, None]
    sense = -2 * cols + np.arange(cols)[None, :]
    bias, points, segments = sense + cols, 3 * rows * cols, []
    for along, r, r_end, strap in (
        (np.hstack([source, gate, source]).T, wires.r_row.T, wires.r_driver, wires.strap_row),
        (np.vstack([bias, upper, bias]), wires.r_bl, wires.r_driver, None),
        (np.vstack([sense, lower, sense]), wires.r_col, wires.r_sense, wires.strap_col),
    ):
        of_lines, points = _segments(along, r, r_end, strap, points)
        segments.append(of_lines)
    grid, node = _renumbered((upper, lower, gate), segments, points, rows + 2 * cols)
    return grid, node[gate]


def build_strings(wires: WireGrid) -> Grid:
    """Number the nodes of an array whose cells lie in series down the columns; terminals as in `build_columns`.

    Segment [a, b] of r_col lies above cell (a, b), the last one below the last cell.
    """
    check_wires(wires)
    rows, cols = wires.rows, wires.cols
    upper = np.arange(rows * cols).reshape(rows, cols)
    lower = upper + rows * cols
    bias = -2 * cols + np.arange(cols)[None, :]
    r = wires.r_col.astype(float)
    r[0] += wires.r_driver
    r[-1] += wires.r_sense
    start, end = np.vstack([bias, lower]), np.vstack([upper, bias + cols])
    chains = start.ravel(), end.ravel(), r.ravel()
    return _renumbered((upper, lower), [chains], 2 * rows * cols, 2 * cols)[0]


def _segments(
    points: np.ndarray, r: np.ndarray, r_end: float, strap: StrapSpec | None, first: int
) -> tuple[LineSegments, int]:
    """Return every segment of wires whose points lie along axis 0, and the first number free for further points.

    Args:
        points: (n + 2, lines) terminal, cells, terminal.
        r: (n + 1, lines) [ohm].
        r_end: Resistance behind both ends [ohm].
        strap: Strap of each wire.
        first: Number of the first point that a strap may add.
    """
    if strap is not None:
        return strapped_segments(points, r, r_end, strap, first)
    whole = r.astype(float)
    whole[[0, -1]] += r_end
    return (points[:-1].ravel(), points[1:].ravel(), whole.ravel()), first


def _renumbered(
    ends: tuple[np.ndarray, ...], segments: list[LineSegments], points: int, terminals: int
) -> tuple[Grid, np.ndarray]:
    """Merge the points that 0 ohm segments connect, number the nodes, and stamp the other segments.

    Points are counted from the upper ends of all cells over their other ends to those that straps add. Terminals are
    counted backwards: the last one is −1.

    Returns:
        The grid, and the node of each point, terminals last.
    """
    start, end, r = (np.concatenate(part) for part in zip(*segments, strict=True))
    total = points + terminals
    start, end = np.where(start < 0, start + total, start), np.where(end < 0, end + total, end)
    node, free = _merge(start[r == 0], end[r == 0], total, terminals)
    conducting = np.isfinite(r) & (r > 0)
    a, b, g = node[start[conducting]], node[end[conducting]], 1.0 / r[conducting]
    loop = a == b  # a segment that 0 ohm segments short-circuit
    a, b, g = a[~loop], b[~loop], g[~loop]
    nodes = free + terminals
    data, i, j = np.concatenate([g, g, -g, -g]), np.concatenate([a, b, a, b]), np.concatenate([a, b, b, a])
    matrix = sparse.csr_matrix((data, (i, j)), shape=(nodes, nodes))
    return Grid(node[ends[0]], node[ends[1]], matrix, free), node


def end_resistances(wires: WireGrid) -> tuple[np.ndarray, np.ndarray]:
    """Return copies of r_row and r_col [ohm] with driver and sense resistance added to the end segments."""
    r_row, r_col = wires.r_row.astype(float), wires.r_col.astype(float)
    r_row[:, [0, -1]] += wires.r_driver
    r_col[[0, -1]] += wires.r_sense
    return r_row, r_col


def check_wires(wires: WireGrid) -> None:
    """Refuse resistances that are negative or NaN and shapes that do not belong together."""
    rows, cols = wires.rows, wires.cols
    if wires.r_row.shape != (rows, cols + 1) or wires.r_col.shape != (rows + 1, cols):
        raise InputError(
            f"r_row has shape {wires.r_row.shape} and r_col {wires.r_col.shape}: expected (rows, cols + 1) and "
            "(rows + 1, cols)"
        )
    for name, r in (("r_row", wires.r_row), ("r_col", wires.r_col)):
        if not np.all(r >= 0):
            at = np.argwhere(~(r >= 0))[0].tolist()
            raise InputError(f"{name}{at} = {r[tuple(at)]:g} ohm: expected >= 0 (inf is an open segment)")
    for name, r in (("r_driver", wires.r_driver), ("r_sense", wires.r_sense)):
        if not (np.isfinite(r) and r >= 0):
            raise InputError(f"{name} = {r:g} ohm: expected a finite resistance >= 0")


def _merge(start: np.ndarray, end: np.ndarray, total: int, terminals: int) -> tuple[np.ndarray, int]:
    """Give each of `total` points its node: merged ones share it, terminals (the last points) are numbered last."""
    graph = sparse.coo_matrix((np.ones(len(start)), (start, end)), shape=(total, total))
    count, label = csgraph.connected_components(graph, directed=False)
    free = count - terminals
    # Wires meet only through cells, so no merged group holds two terminals.
    number = np.full(count, -1)
    number[label[total - terminals :]] = free + np.arange(terminals)
    unknown = number < 0
    number[unknown] = np.arange(free)
    return number[label], free
