"""Arrays whose input switches gates: bit and source line along the column, or cells in series down the column.

Word lines carry no direct current, so columns are independent of each other and each vector chooses, row by row, one
of two characterized cells.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from circuitsim.errors import InputError
from circuitsim.nodal.abilities import SIMULATES
from circuitsim.nodal.array import TOLERANCE
from circuitsim.nodal.linear import LinearArray, factorize
from circuitsim.nodal.network import Network, build_columns, build_strings
from circuitsim.nodal.newton import NodeSolution, solve_nodes
from circuitsim.nodal.surface import cell_law, check_conductances, check_voltages
from circuitsim.results import CellSurface, Convergence, Provenance, Solution
from circuitsim.spec import ArraySpec, WireGrid, check_able
from circuitsim.spec.arrays import check_conductances as check_programmed
from circuitsim.spec.arrays import check_inputs

_BUILD = {"wl": build_columns, "string": build_strings}


@dataclass(frozen=True)
class GatedArray:
    """An array with its input on the gates and its conductances programmed.

    Attributes:
        spec: The specification; `array.input_line` is "wl" or "string".
        g: (rows, cols) programmed conductances [S].
        on: The cell of a row whose input is 1.
        off: The cell of a row whose input is 0; None: it carries nothing.
        wires: Segment resistances [ohm].
    """

    spec: ArraySpec
    g: np.ndarray
    on: CellSurface
    off: CellSurface | None
    wires: WireGrid

    @cached_property
    def network(self) -> Network:
        """Nodes and wires; terminals are a bias source and a sense node per column."""
        return _BUILD[self.spec.array.input_line](self.wires)


def prepare_gated(
    spec: ArraySpec,
    g: np.ndarray,
    on: CellSurface,
    off: CellSurface | None = None,
    *,
    wires: WireGrid | None = None,
) -> GatedArray:
    """Program an array whose input switches gates.

    Args:
        spec: The specification.
        g: Conductances (rows, cols) [S].
        on: Characterized cell with its gate as it is for input 1.
        off: The same for input 0; None where such a cell carries nothing worth counting. In a string every cell
            carries the column's current, so there it is needed.
        wires: Segment resistances in place of the specification's.

    Raises:
        InputError: The input is not on gates, shapes do not fit, a string lacks `off` or has an open cell.
        OutsideRangeError: A conductance is outside the device's or a surface's range.
    """
    line = spec.array.input_line
    if line not in _BUILD:
        raise InputError(f"array.input_line = {line!r}: expected 'wl' or 'string'; use prepare for 'bl'")
    check_able(spec, SIMULATES, "the array solver")
    g = check_programmed(spec, g)
    for surface in (on, off):
        if surface is not None:
            check_conductances(surface, g)
    if line == "string":
        if off is None:
            raise InputError("off is None: in a string a cell of input 0 carries the column's current too")
        if np.any(g == 0):
            at = np.argwhere(g == 0)[0].tolist()
            raise InputError(f"g{at} = 0 S: an open cell breaks its string; expected a conductance > 0")
    array = GatedArray(spec, g, on, off, spec.wires if wires is None else wires)
    array.network  # noqa: B018  refuses wires that do not fit
    return array


def read_gated(array: GatedArray, x: np.ndarray, *, nodes: bool = False, tol: float = TOLERANCE) -> Solution:
    """Solve the DC read of an array whose input switches gates.

    Args:
        array: From `prepare_gated`.
        x: Inputs (batch, rows), 0 or 1.
        nodes: Also return node voltages and cell currents.
        tol: Largest current that may be unbalanced at a node, relative to the vector's largest terminal current.

    Returns:
        Column currents; row currents are 0, and `power` is what the bit lines' sources deliver.

    Raises:
        InputError: A shape does not fit, or an input is not 0 or 1.
        OutsideRangeError: A cell's voltages are outside its surface.
        NotConvergedError: A vector does not balance.
    """
    x = check_inputs(array.spec, x)
    cols = array.wires.cols
    v_read, v_ref = array.spec.driver.v_read, array.spec.sense.v_ref
    given = np.concatenate([np.full(cols, v_read), np.full(cols, v_ref)])[None]
    found = [_solve(array, vector, given, tol) for vector in x]
    v, i_cell = np.concatenate([one.v for one in found]), np.concatenate([one.i_cell for one in found])
    i_terminal = np.concatenate([one.i_terminal for one in found])
    v_row, v_col = v[:, array.network.row_node], v[:, array.network.col_node]
    for surface, rows in ((array.on, x == 1), (array.off, x == 0)):
        if surface is not None:
            check_voltages(surface, np.where(rows[:, :, None], array.g, 0.0), v_row, v_col)
    i_bias, i_out = i_terminal[:, :cols], -i_terminal[:, cols:]
    largest = np.abs(i_terminal).max(axis=1)
    scale = np.where(largest > 0, largest, 1.0)
    fed = np.abs(i_bias).sum(axis=1)
    return Solution(
        out=i_out,
        provenance=Provenance(
            level="nodal",
            spec_digest=array.spec.digest,
            files_digest=array.on.provenance.files_digest,
            deck_digest=array.on.provenance.deck_digest,
            ngspice=array.on.provenance.ngspice,
            options={"tol": f"{tol:g}", "method": "newton"},
        ),
        i_row=np.zeros(x.shape),
        v_row=v_row if nodes else None,
        v_col=v_col if nodes else None,
        i_cell=i_cell if nodes else None,
        power=v_read * i_bias.sum(axis=1),
        convergence=Convergence(
            residual=np.concatenate([one.residual for one in found]) / scale,
            kirchhoff=np.abs(i_bias.sum(axis=1) - i_out.sum(axis=1)) / np.where(fed > 0, fed, 1.0),
            sweeps=np.concatenate([one.iterations for one in found]),
        ),
    )


def _solve(array: GatedArray, x: np.ndarray, given: np.ndarray, tol: float) -> NodeSolution:
    selected = np.broadcast_to(x[:, None] == 1, array.g.shape)

    def law(v_bl: np.ndarray, v_sl: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        parts = np.zeros((3, *v_bl.shape))
        for surface, cells in ((array.on, selected), (array.off, ~selected)):
            if surface is not None and np.any(cells):
                on_cells = (v[:, cells].T for v in (v_bl, v_sl))
                found = cell_law(surface, array.g[cells][:, None], *on_cells)[:3]
                parts[:, :, cells] = np.swapaxes(found, 1, 2)
        return parts[0], parts[1], parts[2]

    # Chord over half of the whole voltage: in a string each cell sees less, and Newton's method takes over.
    middle, low = (np.full((1, *array.g.shape), v) for v in (given.mean(), given.min()))
    current = law(np.maximum(middle, low), low)[0][0]
    chord = np.abs(current) / max(given.mean() - given.min(), 1e-300)
    network = array.network
    matrix = sparse.csr_matrix(network.wires + network.cells(chord, chord))
    return solve_nodes(LinearArray(network, chord, matrix, factorize(network, matrix)), law, given, tol=tol)
