"""The reference solver: Newton on the node voltages with a sparse factor, for any wiring and any cell."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from circuitsim.errors import NotConvergedError
from circuitsim.nodal.grid import Grid
from circuitsim.nodal.linear import LinearArray, factorize

# A cell current and its slopes in v_bl and v_sl, for voltages (batch, rows, cols).
CellLaw = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray, np.ndarray]]

_CHORD_ITERATIONS = 12
_NEWTON_ITERATIONS = 60
_SHORTEST_STEP = 2.0**-12


@dataclass(frozen=True)
class NodeSolution:
    """Node voltages of a batch and how well they balance.

    Attributes:
        v: (batch, nodes) voltages, terminals included [V].
        i_terminal: (batch, rows + cols) current from each terminal into the array [A].
        i_cell: (batch, rows, cols) cell currents [A].
        residual: (batch,) largest unbalanced current at an unknown node [A].
        iterations: (batch,) linear solves used.
    """

    v: np.ndarray
    i_terminal: np.ndarray
    i_cell: np.ndarray
    residual: np.ndarray
    iterations: np.ndarray


def solve_nodes(
    chord: LinearArray, law: CellLaw, given: np.ndarray, *, tol: float, names: np.ndarray | None = None
) -> NodeSolution:
    """Solve an array of arbitrary cells.

    The whole batch first iterates with the factor of the chord conductances; vectors for which that is too slow go on
    by Newton's method with a damped step, each with its own factor.

    Args:
        chord: The array with a constant conductance close to each cell's.
        law: Cell current and slopes.
        given: Terminal voltages (batch, rows + cols) [V].
        tol: Largest unbalanced current, relative to the largest terminal current of the vector.
        names: What the vectors are called in an error (batch,); None: 0, 1, …

    Raises:
        NotConvergedError: A vector did not balance; names it, the residual, the worst node and what to try.
    """
    grid = chord.grid
    v = np.hstack([np.zeros((len(given), grid.free)), given])
    if grid.free == 0:
        flow, i_cell, _, _ = _flow(grid, law, v)
        return NodeSolution(v, flow, i_cell, np.zeros(len(v)), np.zeros(len(v), int))
    v[:, : grid.free] = chord.factor.solve(-(chord.matrix[: grid.free] @ v.T)).T
    v, count = _chord(chord, law, v, tol)
    for index in range(len(v)):
        flow = _flow(grid, law, v[index : index + 1])[0]
        if not _balanced(grid, flow, v[index : index + 1], tol)[0]:
            v[index], steps = _newton(grid, law, v[index], tol, index if names is None else int(names[index]))
            count[index] += steps
    flow, i_cell, _, _ = _flow(grid, law, v)
    residual = np.abs(flow[:, : grid.free]).max(axis=1)
    return NodeSolution(v, flow[:, grid.free :], i_cell, residual, count)


def _flow(grid: Grid, law: CellLaw, v: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Current that leaves each node (batch, nodes), cell currents, and the cells' slopes."""
    i_cell, along_bl, along_sl = law(v[:, grid.row_node], v[:, grid.col_node])
    return (grid.wires @ v.T).T + grid.inject(i_cell), i_cell, along_bl, along_sl


def _balanced(grid: Grid, flow: np.ndarray, v: np.ndarray, tol: float) -> np.ndarray:
    """Whether each vector balances: to `tol` of its largest terminal current, or to the rounding of wire currents."""
    largest = np.abs(flow[:, grid.free :]).max(axis=1)
    rounding = 4 * np.finfo(float).eps * grid.wires.diagonal().max(initial=0.0) * np.abs(v).max(axis=1)
    return np.abs(flow[:, : grid.free]).max(axis=1) <= np.maximum(tol * largest, rounding)


def _chord(chord: LinearArray, law: CellLaw, v: np.ndarray, tol: float) -> tuple[np.ndarray, np.ndarray]:
    """Iterate the whole batch with one factor while that halves the residual of some vector."""
    grid, count = chord.grid, np.ones(len(v), int)
    last = np.full(len(v), np.inf)
    active = np.ones(len(v), bool)
    for _ in range(_CHORD_ITERATIONS):
        flow = _flow(grid, law, v[active])[0]
        norm = np.abs(flow[:, : grid.free]).max(axis=1)
        useful = ~_balanced(grid, flow, v[active], tol) & (norm < 0.5 * last[active])
        last[active] = norm
        active[np.flatnonzero(active)[~useful]] = False
        if not np.any(active):
            break
        step = chord.factor.solve(flow[useful, : grid.free].T).T
        v[active, : grid.free] = _within(v[active, : grid.free] - step, v[active, grid.free :])
        count[active] += 1
    return v, count


def _newton(grid: Grid, law: CellLaw, v: np.ndarray, tol: float, index: int) -> tuple[np.ndarray, int]:
    """Solve one vector by damped Newton steps."""
    free = grid.free
    v = v[None].copy()
    flow, _, along_bl, along_sl = _flow(grid, law, v)
    for step_count in range(_NEWTON_ITERATIONS):
        if _balanced(grid, flow, v, tol)[0]:
            return v[0], step_count
        matrix = sparse.csr_matrix(grid.wires + grid.cells(along_bl[0], -along_sl[0]))
        step = factorize(grid, matrix).solve(flow[0, :free])
        norm, length = np.linalg.norm(flow[0, :free]), 1.0
        while length >= _SHORTEST_STEP:
            trial = v.copy()
            trial[0, :free] = _within(v[0, :free] - length * step, v[0, free:])
            flow, _, along_bl, along_sl = _flow(grid, law, trial)
            if np.linalg.norm(flow[0, :free]) < norm or _balanced(grid, flow, trial, tol)[0]:
                break
            length /= 2
        else:
            break
        v = trial
    if _balanced(grid, flow, v, tol)[0]:
        return v[0], _NEWTON_ITERATIONS
    raise NotConvergedError(_advice(grid, flow[0], index, tol))


def _within(v: np.ndarray, terminals: np.ndarray) -> np.ndarray:
    """Hold iterates between the lowest and the highest terminal: a passive array's voltages lie there."""
    low, high = terminals.min(axis=-1, keepdims=True), terminals.max(axis=-1, keepdims=True)
    return np.clip(v, low, high)


def _advice(grid: Grid, flow: np.ndarray, index: int, tol: float) -> str:
    residual = np.abs(flow[: grid.free])
    worst = int(residual.argmax())
    wire, nodes = ("row", grid.row_node) if np.any(grid.row_node == worst) else ("column", grid.col_node)
    at = np.argwhere(nodes == worst)[0].tolist()
    relative = residual[worst] / np.abs(flow[grid.free :]).max()
    return (
        f"vector {index} did not balance: {residual[worst]:.2e} A ({relative:.1e} of the largest terminal current, "
        f"expected {tol:g}) is left at the {wire} wire of cell {at}; try a larger tol, or check that the cell's "
        "current rises with its voltage everywhere"
    )
