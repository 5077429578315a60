"""Arrays of capacitors: the charges that rows move into the sense amplifiers within a read, as one matrix.

Rows rest at v_ref, rise with an edge, and stay until the read ends at T. The array is linear, so the charges are x @ Q.
In Laplace's domain its nodes obey A(s)·V = 0 but for the terminals, A(s) = G + s·B(s), with the wires' conductances G
and the capacitances B(s), among them c / (1 + s·τ) of every cell. With the indicator e of a line's nodes, which no
current leaves along G, a step of one volt at row k moves the charge

    K_ko(s) = −(e_o·B·e_k) / s + (B·e_o)·A⁻¹·(B·e_k)

into column o. A sum over a few complex s on a contour around all poles turns it into time, to 1e-11 at any time.

Source: J. A. C. Weideman, SIAM J. Numer. Anal. 44, 2342 (2006): the contour.
"""

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.sparse import csgraph
from scipy.sparse.linalg import splu

from circuitsim.nodal.array import given_digests
from circuitsim.nodal.grid import Grid, build_grid
from circuitsim.results import CapacitorCell, Provenance, Solution
from circuitsim.spec import ArraySpec, WireGrid, by_value, check_inputs, checked

_SHORT = 0.05  # of the read: an edge for which one contour serves
_POINTS, _FEW = 20, 16  # on the contour: errors of 4e-12 of a charge, and of 3e-6 of an energy


@by_value
@dataclass(frozen=True)
class ChargeArray:
    """An array of capacitors, prepared by `prepare`.

    Attributes:
        spec: The specification.
        g: (rows, cols) programmed capacitances [F].
        cell: The characterized cell.
        wires: Segments [ohm], and capacitances to ground [F].
    """

    spec: ArraySpec
    g: np.ndarray
    cell: CapacitorCell
    wires: WireGrid

    def __getstate__(self) -> dict[str, Any]:
        """Pickle the fields alone: matrices are computed again when they are needed."""
        return {field.name: getattr(self, field.name) for field in fields(self)}

    @cached_property
    def given(self) -> dict[str, str]:
        """`Provenance.given` of every read, computed once."""
        return given_digests(self.spec, self.g, self.wires)

    @cached_property
    def matrices(self) -> "ChargeMatrices":
        """The charges of a read."""
        driver = self.spec.driver
        return charge_matrices(self.cell, self.g, self.wires, driver.t_read, driver.edge)

    @cached_property
    def rising(self) -> np.ndarray:
        """(rows, rows) [F]: the mean over the edge of the charges from the row drivers is x @ rising; for energies."""
        return rising_charges(self.cell, self.g, self.wires, self.spec.driver.edge)


@by_value
@dataclass(frozen=True)
class ChargeMatrices:
    """What rows at x volts above v_ref move within a read.

    Attributes:
        to_columns: (rows, cols) [F]: charges into the sense amplifiers are x @ to_columns.
        to_rows: (rows, rows) [F]: charges from the row drivers are x @ to_rows.
    """

    to_columns: np.ndarray
    to_rows: np.ndarray


def charge_matrices(cell: CapacitorCell, g: np.ndarray, wires: WireGrid, t_read: float, edge: float) -> ChargeMatrices:
    """Compute the charges of a read.

    Args:
        cell: The characterized cell.
        g: Programmed capacitances (rows, cols) [F].
        wires: Segments [ohm], and capacitances to ground [F].
        t_read: From the start of the edge to the end of the read [s].
        edge: Duration of the edge, at most t_read [s].
    """
    network = _network(cell, g, wires)
    rows, cols = g.shape
    charges = np.zeros((rows, rows + cols))
    # An edge is the mean of steps; those of its end act for t_read - edge, and where that is short, need a contour of
    # their own.
    ends = ((t_read, 1.0),) if edge <= _SHORT * t_read else ((t_read, 1.0), (t_read - edge, -1.0))
    for time, sign in ends:
        for s, weight in zip(*_contour(_POINTS, time), strict=True) if time > 0 else ():
            ramp = (1.0 if len(ends) == 2 else -np.expm1(-s * edge)) / (s * edge)
            charges = charges + sign * 2 * np.real(weight * ramp * network.charges(s))
    return ChargeMatrices(-charges[:, rows:], charges[:, :rows])


def rising_charges(cell: CapacitorCell, g: np.ndarray, wires: WireGrid, edge: float) -> np.ndarray:
    """Return the mean over the edge of the charges (rows, rows) [F] that rows take; arguments as `charge_matrices`."""
    network, rows = _network(cell, g, wires), len(g)
    rising = np.zeros((rows, rows))
    for s, weight in zip(*_contour(_FEW, edge), strict=True):
        rising = rising + 2 * np.real(weight / (s * edge) ** 2 * network.charges(s)[:, :rows])
    return rising


def _network(cell: CapacitorCell, g: np.ndarray, wires: WireGrid) -> "_Network":
    grid = build_grid(wires)
    _, label = csgraph.connected_components(grid.wires, directed=False)
    lines = sparse.csr_matrix((label[:, None] == label[grid.free :]).astype(float))
    return _Network(grid, cell.parts(g), wires, lines)


@dataclass(frozen=True, eq=False)
class _Network:
    """An array in Laplace's domain.

    Attributes:
        grid: Nodes and wires.
        parts: (4, rows, cols) of `CapacitorCell.parts`.
        wires: Capacitances of the wires.
        lines: (nodes, rows + cols) 1 where a node belongs to the line of a terminal.
    """

    grid: Grid
    parts: np.ndarray
    wires: WireGrid
    lines: sparse.csr_matrix

    def charges(self, s: complex) -> np.ndarray:
        """Return the charges (rows, rows + cols) [C s] that enter each line for a step of one volt at each row."""
        grid, free = self.grid, self.grid.free
        c, tau, of_row, of_col = self.parts
        through = c / (1 + s * tau)
        of_row, of_col = of_row + _given(self.wires.c_row, c), of_col + _given(self.wires.c_col, c)
        to_ground = np.zeros(grid.nodes, dtype=complex)
        np.add.at(to_ground, grid.row_node.ravel(), of_row.ravel())
        np.add.at(to_ground, grid.col_node.ravel(), of_col.ravel())
        b = sparse.csr_matrix(grid.cells(through, through) + sparse.diags_array(to_ground))
        held = sparse.csr_matrix(b @ self.lines)
        stored = sparse.csr_matrix(self.lines[:, : grid.rows].T @ held).toarray() / s
        if free == 0:
            return stored
        inner = sparse.csc_matrix((grid.wires + s * b)[:free, :free])
        into = held.toarray()[:free, : grid.rows]
        return stored - (held.T[:, :free] @ _solved(inner, into)).T


def _solved(matrix: sparse.csc_matrix, right: np.ndarray) -> np.ndarray:
    """Solve for many right sides; a node that nothing touches stays at 0 V."""
    alone = np.asarray(abs(matrix).sum(axis=0)).ravel() == 0
    matrix = sparse.csc_matrix(matrix + sparse.diags_array(alone.astype(complex)))
    return splu(matrix, permc_spec="MMD_AT_PLUS_A").solve(right)


def _given(c: np.ndarray | None, like: np.ndarray) -> np.ndarray:
    return np.zeros(like.shape) if c is None else c


def _contour(points: int, t: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the upper half of the points s [1/s] and weights whose sum, twice its real part, is a function at t."""
    theta = np.pi * (np.arange(points // 2) + 0.5) * 2 / points
    turn = 0.6407 * theta
    z = points * (0.5017 * theta / np.tan(turn) - 0.6122 + 0.2645j * theta)
    along = points * (0.5017 / np.tan(turn) - 0.5017 * turn / np.sin(turn) ** 2 + 0.2645j)
    return z / t, np.exp(z) * along / (1j * points * t)


@checked
def charge_outputs(array: ChargeArray, x: ArrayLike) -> np.ndarray:
    """Return the charges (batch, cols) [C] of inputs (batch, rows) [V], without the energy of a read.

    Raises:
        InputError: The inputs have another shape, or are not finite.
    """
    return (check_inputs(array.spec, x) - array.spec.sense.v_ref) @ array.matrices.to_columns


def read_charges(array: ChargeArray, x: ArrayLike, *, threads: int) -> Solution:
    """Return the charges (batch, cols) [C] of inputs (batch, rows) [V]; see `reading.read`.

    The power is averaged over `driver.t_read`, as at level ngspice.
    """
    v_in, v_ref = check_inputs(array.spec, x), array.spec.sense.v_ref
    drive, out = v_in - v_ref, charge_outputs(array, v_in)
    from_rows = drive @ array.matrices.to_rows
    delivered = (v_in * from_rows - drive * (drive @ array.rising)).sum(axis=1) - v_ref * out.sum(axis=1)
    cell = array.cell.provenance
    return Solution(
        out=out,
        quantity="charge",
        unit="C",
        power=delivered / array.spec.driver.t_read,
        cell_error=np.full(len(out), array.cell.bound),
        provenance=Provenance(
            level="nodal",
            spec_digest=array.spec.digest,
            files_digest=cell.files_digest,
            deck_digest=cell.deck_digest,
            ngspice=cell.ngspice,
            options={"method": "contour"},
            given=array.given,
            threads=threads,
        ),
    )
