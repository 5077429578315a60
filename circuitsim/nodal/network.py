"""Nodes of an array and the conductances of its wires: the circuit without its cells."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from circuitsim.errors import InputError
from circuitsim.spec import WireGrid


@dataclass(frozen=True)
class Network:
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
        return self.free + self.rows + self.cols

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


def build_network(wires: WireGrid) -> Network:
    """Number the nodes of an array and stamp its wires.

    Raises:
        InputError: A resistance is negative or NaN, or the shapes do not belong together.
    """
    check_wires(wires)
    rows, cols = wires.rows, wires.cols
    row = np.arange(rows * cols).reshape(rows, cols)
    col = row + rows * cols
    source = 2 * rows * cols + np.arange(rows)[:, None]
    sense = 2 * rows * cols + rows + np.arange(cols)[None, :]
    along_row = np.hstack([source, row, source])
    along_col = np.vstack([sense, col, sense])
    r_row, r_col = end_resistances(wires)
    start = np.concatenate([along_row[:, :-1].ravel(), along_col[:-1].ravel()])
    end = np.concatenate([along_row[:, 1:].ravel(), along_col[1:].ravel()])
    r = np.concatenate([r_row.ravel(), r_col.ravel()])
    total = 2 * rows * cols + rows + cols
    node, free = _merge(start[r == 0], end[r == 0], total, rows + cols)
    kept = np.isfinite(r) & (r > 0)
    a, b, g = node[start[kept]], node[end[kept]], 1.0 / r[kept]
    loop = a == b  # a segment that 0 ohm segments short-circuit
    a, b, g = a[~loop], b[~loop], g[~loop]
    nodes = free + rows + cols
    data, i, j = np.concatenate([g, g, -g, -g]), np.concatenate([a, b, a, b]), np.concatenate([a, b, b, a])
    matrix = sparse.csr_matrix((data, (i, j)), shape=(nodes, nodes))
    return Network(node[row], node[col], matrix, free)


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
    # Rows and columns meet only through cells, so no merged group holds two terminals.
    number = np.full(count, -1)
    number[label[total - terminals :]] = free + np.arange(terminals)
    unknown = number < 0
    number[unknown] = np.arange(free)
    return number[label], free
