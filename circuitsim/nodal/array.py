"""Prepare a programmed array once, read it many times."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from circuitsim.errors import InputError
from circuitsim.nodal.linear import LinearArray, linear_network, solve
from circuitsim.nodal.network import check_wires
from circuitsim.nodal.newton import solve_nodes
from circuitsim.nodal.surface import cell_law, check_conductances, check_voltages
from circuitsim.results import CellSurface, Convergence, Provenance, Solution
from circuitsim.spec import ArraySpec, WireGrid
from circuitsim.spec.arrays import check_conductances as check_programmed
from circuitsim.spec.arrays import check_inputs

TOLERANCE = 1e-10  # of the largest terminal current: below the bound of any surface


@dataclass(frozen=True)
class PreparedArray:
    """An array with its conductances programmed.

    Attributes:
        spec: The specification.
        g: (rows, cols) programmed conductances [S].
        surface: The characterized cell; None for ohmic 1R cells.
        wires: Segment resistances [ohm].
    """

    spec: ArraySpec
    g: np.ndarray
    surface: CellSurface | None
    wires: WireGrid

    @cached_property
    def chord(self) -> LinearArray:
        """The array with each cell's chord conductance at half the read voltage."""
        return linear_network(self.wires, self.chord_conductance)

    @cached_property
    def chord_conductance(self) -> np.ndarray:
        """(rows, cols) i/U at half the read voltage [S]."""
        v_ref = self.spec.sense.v_ref
        return _slope(self, v_ref, v_ref + 0.5 * (self.spec.driver.v_read - v_ref))


def prepare(
    spec: ArraySpec, g: np.ndarray, surface: CellSurface | None = None, *, wires: WireGrid | None = None
) -> PreparedArray:
    """Program an array: everything that does not depend on its inputs.

    Args:
        spec: The specification.
        g: Conductances (rows, cols) [S]; 0 is an open cell.
        surface: The characterized cell. None is allowed for 1R cells and takes them as ohmic.
        wires: Segment resistances [ohm] in place of the specification's, for wires that differ from each other.

    Raises:
        InputError: Shapes do not fit, a value is negative or not finite, or a 1T1R array has no surface.
        OutsideRangeError: A conductance is outside the device's or the surface's range.
    """
    g = check_programmed(spec, g)
    if surface is None and spec.array.cell != "1r":
        raise InputError(f"array.cell = {spec.array.cell!r} needs a characterized cell: surface is None")
    check_conductances(surface, g)
    if surface is not None:
        _check_rises(surface)
    wires = spec.wires if wires is None else wires
    check_wires(wires)
    if (wires.rows, wires.cols) != spec.shape:
        raise InputError(f"wires are for {wires.rows} x {wires.cols} cells: expected {spec.shape[0]} x {spec.shape[1]}")
    return PreparedArray(spec, g, surface, wires)


def read(
    array: PreparedArray, v_in: np.ndarray, *, nodes: bool = False, tol: float = TOLERANCE, threads: int = 1
) -> Solution:
    """Solve the DC read of a prepared array.

    Args:
        array: From `prepare`.
        v_in: Voltages of the ideal sources behind the row drivers (batch, rows) [V].
        nodes: Also return node voltages and cell currents.
        tol: Largest current that may be unbalanced at a node, relative to the vector's largest terminal current.
        threads: Threads to use; the result does not depend on it.

    Returns:
        Column currents, row currents, power and the balance of each vector.

    Raises:
        InputError: A shape does not fit, or a value is not finite.
        OutsideRangeError: A cell's voltages are outside its surface; names the cell, the voltages and the range.
        NotConvergedError: A vector does not balance; says by how much, where, and what to try.

    Valid for: quasi-static reads that do not disturb the state.
    """
    v_in = check_inputs(array.spec, v_in)
    v_ref = array.spec.sense.v_ref
    given = np.hstack([v_in, np.full((len(v_in), array.wires.cols), v_ref)])

    def law(v_bl: np.ndarray, v_sl: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # Cell after cell, the batch innermost: one contraction of the surface serves all vectors.
        on_cells = (np.moveaxis(v, 0, -1) for v in (v_bl, v_sl))
        found = cell_law(array.surface, array.g[:, :, None], *on_cells)
        current, along_bl, along_sl = (np.moveaxis(value, -1, 0) for value in found[:3])
        return current, along_bl, along_sl

    found = solve_nodes(array.chord, law, given, tol=tol)
    network = array.chord.network
    v_row, v_col = found.v[:, network.row_node], found.v[:, network.col_node]
    if array.surface is not None:
        check_voltages(array.surface, array.g, v_row, v_col)
    i_row, i_out = found.i_terminal[:, : network.rows], -found.i_terminal[:, network.rows :]
    largest = np.abs(found.i_terminal).max(axis=1)
    return Solution(
        out=i_out,
        provenance=_provenance(array, tol, threads),
        i_row=i_row,
        v_row=v_row if nodes else None,
        v_col=v_col if nodes else None,
        i_cell=found.i_cell if nodes else None,
        power=(v_in * i_row).sum(axis=1),
        convergence=Convergence(
            residual=_relative(found.residual, largest),
            kirchhoff=_relative(np.abs(found.i_terminal.sum(axis=1)), np.abs(i_row).sum(axis=1)),
            sweeps=found.iterations,
        ),
    )


def effective_matrix(array: PreparedArray) -> np.ndarray:
    """Return the matrix that the array is: i_out = v_in @ w.

    For ohmic cells it is exact at any input. For characterized cells it is the small-signal matrix with every terminal
    at `sense.v_ref`: the limit of small inputs.

    Returns:
        (rows, cols) [S], wires, driver and sense resistances included.
    """
    linear = array.chord
    if array.surface is not None:
        v_ref = array.spec.sense.v_ref
        linear = linear_network(array.wires, _slope(array, v_ref, v_ref))
    return solve(linear, np.eye(array.wires.rows)).i_out


def _slope(array: PreparedArray, v_sl: float, v_bl: float) -> np.ndarray:
    """Chord conductance i/U (rows, cols) [S] of each cell between two voltages; the slope where they are equal."""
    current, along_bl, _, _ = cell_law(array.surface, array.g, np.asarray(v_bl), np.asarray(v_sl))
    return along_bl if v_bl == v_sl else current / (v_bl - v_sl)


def _check_rises(surface: CellSurface) -> None:
    """Refuse a surface whose current does not rise with the bit line and fall with the source line.

    Raises:
        InputError: Names the conductance and the voltages; the array would have several solutions.
    """
    low, high = surface.m_range
    grid = np.linspace(low, high, 17)
    v_bl, v_sl = (v[None] for v in np.meshgrid(grid, grid, indexing="ij"))
    within = np.abs(v_bl - v_sl) <= surface.u_max
    g = np.geomspace(*surface.g_range, 5)[:, None, None]
    _, along_bl, along_sl, _ = cell_law(surface, g, v_bl, v_sl)
    # A saturated transistor's slope may vanish to the surface's own error; only a real fall is refused.
    slack = max(surface.bound, 1e-9) * surface.i_full_scale / (high - low)
    falls = within & ((along_bl < -slack) | (along_sl > slack))
    if np.any(falls):
        k, i, j = np.argwhere(falls)[0]
        raise InputError(
            f"the cell's current does not rise with its voltage at g = {g[k, 0, 0]:g} S, v_bl = {grid[i]:g} V, "
            f"v_sl = {grid[j]:g} V: the array may have several solutions; expected a monotonic surface"
        )


def _relative(value: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return value / np.where(scale > 0, scale, 1.0)


def _provenance(array: PreparedArray, tol: float, threads: int) -> Provenance:
    surface = array.surface
    return Provenance(
        level="nodal",
        spec_digest=array.spec.digest,
        deck_digest=None if surface is None else surface.provenance.deck_digest,
        ngspice=None if surface is None else surface.provenance.ngspice,
        options={"tol": f"{tol:g}"},
        threads=threads,
    )
