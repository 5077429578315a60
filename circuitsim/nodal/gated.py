"""Arrays whose input switches gates: bit and source line along the column, or cells in series down the column.

Word lines carry no direct current, so columns are independent of each other and each vector chooses, row by row, one
of two characterized cells.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from circuitsim.errors import InputError
from circuitsim.nodal.array import PreparedArray, given_digests
from circuitsim.nodal.grid import Grid, build_columns, build_strings
from circuitsim.nodal.judgement import cell_current_error, check_balance, output_error
from circuitsim.nodal.linear import LinearArray, factorize
from circuitsim.nodal.newton import NodeSolution, solve_nodes
from circuitsim.nodal.surface import cell_law, check_cell, check_surface_range, check_voltages
from circuitsim.nodal.terminals import convergence, with_references
from circuitsim.results import CellSurface, Provenance, Solution
from circuitsim.spec import ArraySpec, WireGrid, by_value, has_bypass
from circuitsim.spec.matrices import check_inputs

_BUILD = {"wl": build_columns, "string": build_strings}


@by_value
@dataclass(frozen=True)
class GatedArray:
    """An array whose inputs switch gates, prepared by `prepare`.

    Attributes:
        spec: The specification; `array.input_line` is "wl" or "string".
        g: (rows, cols) conductances of the devices [S].
        on: The cell of a row whose input is 1.
        off: The cell of a row whose input is 0; None: it carries nothing.
        wires: Segment resistances [ohm].
    """

    spec: ArraySpec
    g: np.ndarray
    on: CellSurface
    off: CellSurface | None
    wires: WireGrid

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the fields alone: factors and whatever else follows from them is computed again when it is needed."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def given(self) -> dict[str, str]:
        """`Provenance.given` of every read, computed once."""
        return given_digests(self.spec, self.g, self.wires, surface=self.on, off=self.off)

    @cached_property
    def grid(self) -> Grid:
        """Nodes and wires; terminals are a bias source and a sense node per column."""
        return _BUILD[self.spec.array.input_line](self.wires)


NodalArray = Annotated[PreparedArray | GatedArray, "an array prepared at level = 'nodal'"]


def on_bit_lines(array: NodalArray, purpose: str) -> PreparedArray:
    """Return an array whose input lies on its bit lines; refuse any other.

    Raises:
        InputError: The input switches gates, or the array was prepared at another level; names what was asked for.
    """
    if isinstance(array, GatedArray):
        raise InputError(f"{purpose} with array.input_line = {array.spec.array.input_line!r}: expected 'bl'")
    if not isinstance(array, PreparedArray):
        raise InputError(f"{purpose} of a {type(array).__name__}: expected an array prepared at level = 'nodal'")
    return array


def gated_array(
    spec: ArraySpec, g: np.ndarray, on: CellSurface | None, off: CellSurface | None, wires: WireGrid
) -> GatedArray:
    """Prepare an array whose input switches gates; see `preparation.prepare`."""
    line = spec.array.input_line
    if on is None:
        raise InputError(f"surface is None with array.input_line = {line!r}: expected a characterized cell")
    bypass = has_bypass(spec)
    for surface, gate_is_on in ((on, not bypass), (off, bypass)):
        check_cell(surface, spec, v_gate=None if gate_is_on else 0.0)
        if surface is not None:
            check_surface_range(surface, g)
    if line == "string":
        if off is None:
            raise InputError("off is None: in a string a cell of input 0 carries the column's current too")
        if np.any(g == 0):
            at = np.argwhere(g == 0)[0].tolist()
            raise InputError(f"g{at} = 0 S: an open cell breaks its string; expected a conductance > 0")
    array = GatedArray(spec, g, on, off, wires)
    array.grid  # noqa: B018  refuses wires that do not fit
    return array


def read_gates(array: GatedArray, x: ArrayLike, *, nodes: bool, tol: float) -> Solution:
    """Solve the DC read of an array whose input switches gates; see `reading.read`."""
    x = check_inputs(array.spec, x)
    cols = array.wires.cols
    v_ref, v_bias = array.spec.drive_range
    given = np.concatenate([np.full(cols, v_bias), np.full(cols, v_ref)])[None]
    solved = [_solve(array, vector, given, tol) for vector in x]
    v, i_cell = np.concatenate([one.v for one in solved]), np.concatenate([one.i_cell for one in solved])
    i_terminal = np.concatenate([one.i_terminal for one in solved])
    v_row, v_col = v[:, array.grid.row_node], v[:, array.grid.col_node]
    for surface, rows in ((array.on, x == 1), (array.off, x == 0)):
        if surface is not None:
            check_voltages(surface, np.where(rows[:, :, None], array.g, 0.0), v_row, v_col)
    i_bias, i_out = i_terminal[:, :cols], -i_terminal[:, cols:]
    check_balance("nodal", array.spec, array.wires, np.full(len(x), np.abs(given).max()), i_bias, i_out)
    residual, iterations = (np.concatenate([getattr(one, key) for one in solved]) for key in ("residual", "iterations"))
    return Solution(
        out=i_out,
        provenance=Provenance(
            level="nodal",
            spec_digest=array.spec.digest,
            files_digest=array.on.provenance.files_digest,
            deck_digest=array.on.provenance.deck_digest,
            ngspice=array.on.provenance.ngspice,
            options={"tol": f"{tol:g}", "method": "newton"},
            given=array.given,
        ),
        i_row=np.zeros(x.shape),
        v_row=v_row if nodes else None,
        v_col=v_col if nodes else None,
        i_cell=i_cell if nodes else None,
        power=with_references(v_bias * i_bias.sum(axis=1), v_ref, i_out),
        convergence=convergence(i_bias, i_out, residual, iterations),
        cell_error=output_error(_column_error(array, x), i_out),
    )


def _column_error(array: GatedArray, x: np.ndarray) -> np.ndarray:
    """Largest error of a column's current by the surfaces of its cells (batch,) [A]."""
    spans = np.full(len(x), array.spec.driver.v_read)
    on, off = (cell_current_error(surface, spans) for surface in (array.on, array.off))
    if array.spec.array.input_line == "string":
        return np.maximum(on, off)
    closed = array.g > 0
    return (on * (x @ closed).T + off * ((1 - x) @ closed).T).max(axis=0)


def _solve(array: GatedArray, x: np.ndarray, given: np.ndarray, tol: float) -> NodeSolution:
    selected = np.broadcast_to(x[:, None] == 1, array.g.shape)

    def law(v_bl: np.ndarray, v_sl: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        parts = np.zeros((3, *v_bl.shape))
        for surface, cells in ((array.on, selected), (array.off, ~selected)):
            if surface is not None and np.any(cells):
                on_cells = (v[:, cells].T for v in (v_bl, v_sl))
                values = cell_law(surface, array.g[cells][:, None], *on_cells)[:3]
                parts[:, :, cells] = np.swapaxes(values, 1, 2)
        return parts[0], parts[1], parts[2]

    # Chord over half of the whole voltage: in a string each cell sees less, and Newton's method takes over.
    middle, low = (np.full((1, *array.g.shape), v) for v in (given.mean(), given.min()))
    current = law(np.maximum(middle, low), low)[0][0]
    chord = np.abs(current) / max(given.mean() - given.min(), 1e-300)
    grid = array.grid
    matrix = sparse.csr_matrix(grid.wires + grid.cells(chord, chord))
    return solve_nodes(LinearArray(grid, chord, matrix, factorize(grid, matrix)), law, given, tol=tol)
