"""Solve the linear system of one time step: by a sparse factor, or line by line where the array is large.

Rows and columns of wires are chains, so that each family alone is a tridiagonal system, which LAPACK factors and solves
in time that rises with the number of nodes. They meet in the cells: a sweep over all rows after all columns is the
preconditioner of GMRES. In a short step the capacitances make it almost exact.

Source: Y. Saad, M. H. Schultz, SIAM J. Sci. Stat. Comput. 7, 856 (1986).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from scipy.linalg import get_lapack_funcs
from scipy.sparse.linalg import LinearOperator, gmres

from circuitsim.nodal.cells_in_time import CellBlocks
from circuitsim.nodal.grid import Grid
from circuitsim.nodal.linear import factorize

StepSolution = Callable[[np.ndarray], np.ndarray]

FACTORED = 10_000  # nodes up to which a sparse factor is the faster one
_RTOL = 1e-3  # of a solution by lines; Newton's method takes away what is left
_MOST = 30  # passes of GMRES, after which the array is factored


def step_matrix(
    grid: Grid, ends: tuple[np.ndarray, ...], c: np.ndarray, blocks: CellBlocks, a: float
) -> sparse.csr_matrix:
    """Return (nodes, nodes) the slope [F] of q + a·f: wires and their capacitances c (nodes,) [F], and cells.

    Args:
        grid: The wires.
        ends: (cells,) node of each end of the cells.
        c: Capacitances of the nodes to ground.
        blocks: Slopes at the ends of the cells.
        a: Weight of the currents [s].
    """
    data = blocks.lines.ravel()
    at = np.concatenate([np.tile(end, len(ends)) for end in ends]), np.tile(np.concatenate(ends), len(ends))
    cells = sparse.csr_matrix((data, at), shape=(grid.nodes, grid.nodes))
    return sparse.csr_matrix(sparse.diags_array(c) + a * grid.wires + cells)


def solve_step(grid: Grid, matrix: sparse.csr_matrix, *, exact: bool) -> StepSolution:
    """Return the solution of a step's system for right sides (free,) [C].

    Args:
        grid: Node numbers.
        matrix: From `step_matrix`.
        exact: Whether the solution must be exact to rounding; else 1e-3 will do.
    """
    if grid.free == 0:
        return lambda r: r
    if exact or grid.free <= FACTORED:
        return factorize(grid, matrix).solve
    return _by_lines(grid, matrix)


def _by_lines(grid: Grid, matrix: sparse.csr_matrix) -> StepSolution:
    """Solve by GMRES with sweeps over all columns and all rows; by a sparse factor where that takes too long."""
    rows, cols = _along(grid.row_node, grid.free), _along(grid.col_node.T, grid.free)
    order = np.concatenate([rows, cols])
    inner = matrix[: grid.free, : grid.free][order][:, order]
    count = len(rows)
    on_rows, on_cols = _tridiagonal(inner[:count, :count]), _tridiagonal(inner[count:, count:])
    across, back = inner[:count, count:], np.argsort(order)
    factor: list[Any] = []

    def sweep(r: np.ndarray) -> np.ndarray:
        columns = on_cols(r[count:])
        return np.concatenate([on_rows(r[:count] - across @ columns), columns])

    preconditioner = LinearOperator(inner.shape, matvec=sweep, dtype=float)  # type: ignore[call-arg]

    def solve(r: np.ndarray) -> np.ndarray:
        if not factor:
            x, failed = gmres(inner, r[order], rtol=_RTOL, restart=_MOST, maxiter=4, M=preconditioner)
            if not failed:
                return x[back]
            factor.append(factorize(grid, matrix))
        return factor[0].solve(r)

    return solve


def _along(node: np.ndarray, free: int) -> np.ndarray:
    """Free nodes of lines (lines, cells), each once, in their order along the lines."""
    flat = node.ravel()
    _, first = np.unique(flat, return_index=True)
    found = flat[np.sort(first)]
    return found[found < free]


def _tridiagonal(matrix: sparse.csr_matrix) -> StepSolution:
    """Factor a symmetric positive definite matrix of chains, whose nodes follow each other."""
    own = matrix.diagonal()
    own = np.where(own == 0, 1.0, own)  # of a node that nothing reaches
    if len(own) < 2:
        return lambda r: r / own
    factor, solve = get_lapack_funcs(("pttrf", "pttrs"))
    diagonal, beside, _ = factor(own, matrix.diagonal(1))
    return lambda r: solve(diagonal, beside, r)[0]
