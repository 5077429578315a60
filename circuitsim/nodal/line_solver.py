"""Solve the linear system of one time step on the lines of an array."""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from circuitsim.nodal.cells_in_time import CellBlocks
from circuitsim.nodal.grid import Grid
from circuitsim.nodal.linear import factorize


def step_matrix(grid: Grid, c: np.ndarray, blocks: CellBlocks, a: float) -> sparse.csr_matrix:
    """Return (nodes, nodes) the slope [F] of q + a·f: wires and their capacitances c (nodes,) [F], and cells."""
    r, s = grid.row_node.ravel(), grid.col_node.ravel()
    data = np.concatenate([np.ravel(each) for each in (blocks.bl_bl, blocks.bl_sl, blocks.sl_bl, blocks.sl_sl)])
    at = (np.concatenate([r, r, s, s]), np.concatenate([r, s, r, s]))
    cells = sparse.csr_matrix((data, at), shape=(grid.nodes, grid.nodes))
    return sparse.csr_matrix(sparse.diags_array(c) + a * grid.wires + cells)


def factor_lines(grid: Grid, c: np.ndarray, blocks: CellBlocks, a: float) -> Callable[[np.ndarray], np.ndarray]:
    """Return the solution of the step's system for right sides (free,) [C]."""
    if grid.free == 0:
        return lambda r: r
    return factorize(grid, step_matrix(grid, c, blocks, a)).solve
