"""Solve the linear system of one time step: by a sparse factor, or line by line where the array is large.

Rows and columns of wires are chains, so that each family alone is a tridiagonal system, which LAPACK factors and solves
in time that rises with the number of nodes. They meet in the cells: with the rows eliminated and the columns solved,
what is left for GMRES is close to the identity. In a short step the capacitances make it almost exact. Where inputs
switch gates, the bit and source line of a column are one chain of pairs of nodes, and word lines are the rows.

Source: Y. Saad, M. H. Schultz, SIAM J. Sci. Stat. Comput. 7, 856 (1986).
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import LinearOperator, gmres

from circuitsim.nodal.cells_in_time import CellBlocks
from circuitsim.nodal.column_pairs import column_pairs
from circuitsim.nodal.grid import Grid
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.linear import factorize

StepSolution = Callable[[np.ndarray], np.ndarray]
_Families = tuple[np.ndarray, np.ndarray, StepSolution, StepSolution]  # nodes eliminated and solved for, and how

FACTORED = 10_000  # nodes up to which a sparse factor is the faster one
_RTOL = 1e-3  # of a solution by lines; Newton's method takes away what is left
_ABREAST = 8  # lines
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


def solve_step(grid: Grid, matrix: sparse.csr_matrix, *, exact: bool, gates: np.ndarray | None = None) -> StepSolution:
    """Return the solution of a step's system for right sides (free,) [C].

    Args:
        grid: Node numbers.
        matrix: From `step_matrix`.
        exact: Whether the solution must be exact to rounding; else 1e-3 will do.
        gates: (rows, cols) nodes of gates along word lines, between columns of bit and source lines; None: rows are bit
            lines.
    """
    if grid.free == 0:
        return lambda r: r
    if exact or grid.free <= FACTORED:
        return factorize(grid, matrix).solve
    return _by_lines(grid, matrix, gates)


def _by_lines(grid: Grid, matrix: sparse.csr_matrix, gates: np.ndarray | None) -> StepSolution:
    """Solve by GMRES for one family of lines, the other eliminated; by a sparse factor where that takes too long."""
    inner = matrix[: grid.free, : grid.free]
    found = _on_bit_lines(grid, inner) if gates is None else _on_word_lines(grid, inner, gates)
    if found is None:
        return factorize(grid, matrix).solve
    rows, cols, on_rows, on_cols = found
    across, back = sparse.csr_matrix(inner[rows][:, cols]), sparse.csr_matrix(inner[cols][:, rows])
    factor: list[Any] = []

    def around(columns: np.ndarray) -> np.ndarray:
        return columns - on_cols(back @ on_rows(across @ columns))

    reduced = LinearOperator((len(cols), len(cols)), matvec=around, dtype=float)  # type: ignore[call-arg]

    def solve(r: np.ndarray) -> np.ndarray:
        if not factor:
            of_rows = on_rows(r[rows])
            wanted = on_cols(r[cols] - back @ of_rows)
            columns, failed = gmres(reduced, wanted, x0=wanted, rtol=_RTOL, restart=_MOST, maxiter=4)
            if not failed:
                x = np.empty(grid.free)
                x[cols], x[rows] = columns, of_rows - on_rows(across @ columns)
                return x
            factor.append(factorize(grid, matrix))
        return factor[0].solve(r)

    return solve


def _on_bit_lines(grid: Grid, inner: sparse.csr_matrix) -> _Families | None:
    """Rows, which are eliminated, and columns; None where straps add nodes that are on neither."""
    rows, cols = _along(grid.row_node, grid.free), _along(grid.col_node.T, grid.free)
    if len(rows) + len(cols) < grid.free:
        return None
    on_rows, on_cols = (
        _tridiagonal(sparse.csr_matrix(inner[nodes][:, nodes]), length)
        for nodes, length in ((rows, grid.row_node.shape[1]), (cols, grid.row_node.shape[0]))
    )
    return rows, cols, on_rows, on_cols


def _on_word_lines(grid: Grid, inner: sparse.csr_matrix, gates: np.ndarray) -> _Families | None:
    """Columns of both lines, which are eliminated, and word lines; None as above, or where cells share a node.

    A gate drives its column, and takes only charge from it: what is left for GMRES is small.
    """
    bit, source, words = grid.row_node.ravel(), grid.col_node.ravel(), _along(gates, grid.free)
    both = np.concatenate([bit, source])
    if len(np.unique(both)) < len(both) or both.max() >= grid.free or len(both) + len(words) < grid.free:
        return None
    on_words = _tridiagonal(sparse.csr_matrix(inner[words][:, words]), gates.shape[1])
    return both, words, column_pairs(inner, grid.row_node, grid.col_node), on_words


def _along(node: np.ndarray, free: int) -> np.ndarray:
    """Free nodes of lines (lines, cells), each once, in their order along the lines."""
    flat = node.ravel()
    _, first = np.unique(flat, return_index=True)
    found = flat[np.sort(first)]
    return found[found < free]


def _tridiagonal(matrix: sparse.csr_matrix, line: int) -> StepSolution:
    """Factor a symmetric positive definite matrix of chains of `line` nodes each, which follow each other."""
    own, beside = matrix.diagonal(), matrix.diagonal(1)
    own = np.where(own == 0, 1.0, own)  # of a node that nothing reaches
    if len(own) % line or np.any(beside[line - 1 :: line]):  # lines that share nodes
        line = len(own)
    inverse, ahead = np.empty((len(own) // line, line)), np.zeros((len(own) // line, line))
    ahead.ravel()[:-1] = beside
    _factor(own.reshape(inverse.shape), ahead, inverse)

    def solve(r: np.ndarray) -> np.ndarray:
        x = np.empty(inverse.shape)
        _substitute(inverse, ahead, r.reshape(inverse.shape), x)
        return x.ravel()

    return solve


@kernel
def _factor(own, ahead, inverse):
    """Fill the inverse pivots (lines, nodes) of chains with `own` on the diagonal and `ahead` beside it."""
    for line in range(len(own)):
        before = 0.0
        for k in range(own.shape[1]):
            pivot = own[line, k] - (ahead[line, k - 1] * before * ahead[line, k - 1] if k else 0.0)
            before = 1.0 / pivot
            inverse[line, k] = before


@kernel
def _substitute(inverse, ahead, r, x):
    """Solve chains (lines, nodes); some lines at once, as each node of a line waits for the one before."""
    lines, nodes = r.shape
    for first in range(0, lines, _ABREAST):
        last = min(first + _ABREAST, lines)
        for line in range(first, last):
            x[line, 0] = r[line, 0] * inverse[line, 0]
        for k in range(1, nodes):
            for line in range(first, last):
                x[line, k] = (r[line, k] - ahead[line, k - 1] * x[line, k - 1]) * inverse[line, k]
        for k in range(nodes - 2, -1, -1):
            for line in range(first, last):
                x[line, k] -= ahead[line, k] * inverse[line, k] * x[line, k + 1]
