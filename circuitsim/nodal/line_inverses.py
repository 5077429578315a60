"""Rows and columns of an array as dense matrices: what each line answers to currents into its cells.

A line with a strap is no chain, but still a linear network between its terminal and its cells. Solved once for every
cell, it costs one dense product a line and pass, whatever its network is.
"""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from circuitsim.nodal.grid import Grid
from circuitsim.nodal.linear import factorize

_LARGEST = 2**27  # entries of all inverses: 406 x 406 cells


@dataclass(frozen=True, eq=False)
class LineInverses:
    """The lines of one direction, each with the chord conductances of its cells to ground.

    Attributes:
        inverse: (lines, cells, cells) voltage of a cell (axis 1) per ampere into another (axis 2), terminal at 0 V
            [ohm].
        feed: (lines, cells) voltage of a cell per volt at the terminal; also the part of a current into a cell that
            leaves through the terminal.
        load: (lines,) current from the terminal per volt at it [S].
    """

    inverse: np.ndarray
    feed: np.ndarray
    load: np.ndarray

    def voltages(self, current: np.ndarray, terminal: np.ndarray) -> np.ndarray:
        """Return the voltages (lines, cells, batch) for currents into the cells, and terminals (lines, batch) [V]."""
        return self.inverse @ current + self.feed[:, :, None] * terminal[:, None]

    def delivered(self, current: np.ndarray, terminal: np.ndarray) -> np.ndarray:
        """Return the currents (lines, batch) [A] that the terminals deliver."""
        return self.load[:, None] * terminal - (self.feed[:, :, None] * current).sum(axis=1)


def line_inverses(
    grid: Grid, g0: np.ndarray, *, along_columns: bool = False
) -> tuple[LineInverses, LineInverses] | None:
    """Solve every line of an array for currents into its cells.

    Args:
        grid: Nodes and wires; its first terminals belong to the lines at the cells' upper ends.
        g0: Chord conductances (rows, cols) [S].
        along_columns: These are bit lines along the columns, not rows.

    Returns:
        The lines at the cells' upper ends and the columns at their lower ends; None where a part of a wire does not
        reach its terminal, and for arrays whose lines would fill more than a gigabyte.
    """
    if g0.size * sum(g0.shape) > _LARGEST:
        return None
    wires, free, cells = grid.wires, grid.free, g0.ravel()
    _, label = csgraph.connected_components(wires, directed=False)
    if not np.isin(label[:free], label[free:]).all():
        return None
    to_ground = sum(np.bincount(node.ravel(), cells, grid.nodes) for node in (grid.row_node, grid.col_node))
    matrix = sparse.csr_matrix(wires + sparse.diags_array(to_ground))
    factor = factorize(grid, matrix)
    terminals = np.arange(free, grid.nodes)
    sides = []
    split = len(terminals) - grid.cols
    upper = grid.row_node.T if along_columns else grid.row_node
    for node, mine in ((upper, terminals[:split]), (grid.col_node.T, terminals[split:])):
        into = np.zeros((grid.nodes, node.shape[1] + 1))  # one ampere into the same cell of all lines; then one volt
        for cell, at in enumerate(node.T):
            into[at, cell] = 1.0
        into[mine, -1] = 1.0
        into[:free, -1] = -(wires[:free] @ into[:, -1])
        found = np.zeros(into.shape)
        found[mine, -1] = 1.0
        if factor is not None:
            found[:free] = factor.solve(into[:free])
        response = found[node]
        load = matrix[mine] @ found[:, -1]
        sides.append(LineInverses(np.ascontiguousarray(response[:, :, :-1]), response[:, :, -1].copy(), load))
    return sides[0], sides[1]
