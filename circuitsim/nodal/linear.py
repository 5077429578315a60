"""Arrays of constant conductances: one sparse factor, any number of drives, and the transfer matrices."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

from circuitsim.errors import InputError
from circuitsim.nodal.grid import Grid, build_grid
from circuitsim.nodal.surface import check_surface_range
from circuitsim.spec import WireGrid, by_value, checked, real_numbers


@dataclass(frozen=True, eq=False)  # factors have no values to compare
class LinearArray:
    """A grid with constant cell conductances, factored.

    Attributes:
        grid: Wires and node numbers.
        g: (rows, cols) cell conductances [S].
        matrix: (nodes, nodes) conductance matrix of wires and cells [S].
        factor: Factor of its unknown part; None when every voltage is given.
    """

    grid: Grid
    g: np.ndarray
    matrix: sparse.csr_matrix
    factor: Any


@by_value
@dataclass(frozen=True)
class NodeVoltages:
    """Voltages and terminal currents of an array for a batch of drives.

    Attributes:
        v_row, v_col: (batch, rows, cols) voltage of each cell's row and column terminal [V].
        i_row: (batch, rows) current that each source delivers into its row [A].
        i_out: (batch, cols) current into each sense node [A].
    """

    v_row: np.ndarray
    v_col: np.ndarray
    i_row: np.ndarray
    i_out: np.ndarray


@by_value
@dataclass(frozen=True)
class Transfer:
    """A linear array as matrices; rows k and columns o are terminals, (i, j) are cells.

    Attributes:
        w: (rows, cols) [S]: i_out = v_in @ w, with the sense nodes at 0 V.
        row_voltage: (rows k, rows i, cols j) voltage of cell (i, j)'s row node per volt at input k.
        col_voltage: (rows k, rows i, cols j) voltage of its column node per volt at input k.
        output_per_current: (cols o, rows i, cols j) change of output o per ampere of additional current from row node
            to column node at cell (i, j), dimensionless.
    """

    w: np.ndarray
    row_voltage: np.ndarray
    col_voltage: np.ndarray
    output_per_current: np.ndarray


@checked
def linear_array(wires: WireGrid, g: np.ndarray) -> LinearArray:
    """Stamp and factor an array of constant cell conductances.

    Args:
        wires: Segment resistances [ohm].
        g: Cell conductances (rows, cols) [S], 0 is an open cell.

    Raises:
        InputError: Negative or non-finite conductances, or shapes that do not belong together.
    """
    g = real_numbers("g", g)
    if g.shape != (wires.rows, wires.cols):
        raise InputError(f"g has shape {g.shape}: expected (rows, cols) = {(wires.rows, wires.cols)}")
    check_surface_range(None, g)
    grid = build_grid(wires)
    matrix = sparse.csr_matrix(grid.wires + grid.cells(g, g))
    return LinearArray(grid, g, matrix, factorize(grid, matrix))


@checked
def factorize(grid: Grid, matrix: sparse.csr_matrix) -> Any:
    """Factor the unknown part of a conductance matrix; None when nothing is unknown.

    Nodes that no path connects to a terminal carry no current; they are held at 0 V.
    """
    if grid.free == 0:
        return None
    matrix.eliminate_zeros()
    _, label = csgraph.connected_components(matrix, directed=False)
    anchored = np.isin(label, label[grid.free :])[: grid.free]
    inner = matrix[: grid.free, : grid.free] + sparse.diags_array((~anchored).astype(float))
    options = {"SymmetricMode": True, "DiagPivotThresh": 0.0}
    try:
        return splu(sparse.csc_matrix(inner), permc_spec="MMD_AT_PLUS_A", options=options)
    except RuntimeError:  # SuperLU's word for a singular matrix
        raise InputError(
            "the equations of the wires are singular in double precision: nodes hang on resistances or capacitances "
            "that vanish beside others; in time, give both wire.c_row and wire.c_col"
        ) from None


@checked
def solve_linear(array: LinearArray, v_row: np.ndarray, v_col: np.ndarray | float = 0.0) -> NodeVoltages:
    """Solve the array for voltages at its terminals.

    Args:
        v_row: Source voltages (batch, rows) [V].
        v_col: Sense voltages, a number or (batch, cols) [V].
    """
    grid = array.grid
    given = terminal_voltages(grid, v_row, v_col)
    v = np.hstack([np.zeros((len(given), grid.free)), given])
    if array.factor is not None:
        v[:, : grid.free] = array.factor.solve(-(array.matrix[: grid.free] @ v.T)).T
    current = (array.matrix[grid.free :] @ v.T).T
    return NodeVoltages(v[:, grid.row_node], v[:, grid.col_node], current[:, : grid.rows], -current[:, grid.rows :])


@checked
def solve_adjoint(
    array: LinearArray,
    *,
    i_out: np.ndarray | None = None,
    v_row: np.ndarray | None = None,
    v_col: np.ndarray | None = None,
) -> np.ndarray:
    """Return the derivative of weighted sums of outputs and node voltages with respect to extra cell currents.

    Each functional is Σ_o i_out[o]·out_o + Σ_ij (v_row[ij]·(row voltage)_ij + v_col[ij]·(column voltage)_ij); weights
    left out are 0.

    Args:
        i_out: Weights of the output currents (batch, cols).
        v_row: Weights of the cells' row voltages (batch, rows, cols).
        v_col: Weights of the cells' column voltages (batch, rows, cols).

    Returns:
        (batch, rows, cols): change of the functional per ampere of additional current from row node to column node.
    """
    grid = array.grid
    given = {"i_out": i_out, "v_row": v_row, "v_col": v_col}
    i_out, v_row, v_col = (None if w is None else real_numbers(name, w) for name, w in given.items())
    weights = [w for w in (i_out, v_row, v_col) if w is not None]
    if not weights:
        raise InputError("solve_adjoint needs at least one of i_out, v_row, v_col")
    batch = len(weights[0])
    node_weight = np.zeros((batch, grid.nodes))
    for w, node in ((v_row, grid.row_node), (v_col, grid.col_node)):
        if w is not None:
            for total, one in zip(node_weight, np.asarray(w, float).reshape(batch, -1), strict=True):
                total += np.bincount(node.ravel(), one, grid.nodes)
    on_terminal = np.zeros((batch, grid.nodes))
    if i_out is not None:
        on_terminal[:, grid.free + grid.rows :] = i_out
        # out = −(matrix @ v) at the sense nodes: its dependence on the unknown voltages.
        node_weight -= (array.matrix @ on_terminal.T).T
    potential = on_terminal
    if array.factor is not None:
        # A current into a node raises the functional by its potential; the matrix is symmetric.
        potential[:, : grid.free] = array.factor.solve(node_weight[:, : grid.free].T).T
    return potential[:, grid.col_node] - potential[:, grid.row_node]


@checked
def transfer(wires: WireGrid, g: np.ndarray) -> Transfer:
    """Return every transfer matrix of an array of constant conductances; see `Transfer` for shapes and units.

    Raises:
        InputError: As `linear_array`.
    """
    array = linear_array(wires, g)
    unit = solve_linear(array, np.eye(wires.rows))
    return Transfer(unit.i_out, unit.v_row, unit.v_col, solve_adjoint(array, i_out=np.eye(wires.cols)))


def terminal_voltages(grid: Grid, v_row: np.ndarray, v_col: np.ndarray | float) -> np.ndarray:
    """Stack source and sense voltages (batch, rows + cols) [V].

    Raises:
        InputError: The shapes do not fit the array, or a voltage is not finite.
    """
    v_row = real_numbers("v_in", v_row)
    if v_row.ndim != 2 or v_row.shape[1] != grid.rows:
        raise InputError(f"v_in has shape {v_row.shape}: expected (batch, rows) = (batch, {grid.rows})")
    given = np.hstack([v_row, _spread_out(v_col, (len(v_row), grid.cols))])
    if not np.all(np.isfinite(given)):
        at = np.argwhere(~np.isfinite(given))[0].tolist()
        raise InputError(f"v_in{at} = {given[tuple(at)]:g} V: expected a finite voltage")
    return given


def _spread_out(v_col: np.ndarray | float, shape: tuple[int, int]) -> np.ndarray:
    """Return sense voltages (batch, cols) [V] from a number or an array."""
    v_col = real_numbers("v_col", v_col)
    if v_col.ndim and v_col.shape not in (shape, shape[1:], (1, shape[1])):
        raise InputError(f"v_col has shape {v_col.shape}: expected a number or (batch, cols) = {shape}")
    return np.broadcast_to(v_col, shape)
