"""An array in time as one system of charges and currents: d/dt q(v) = −f(v) at every node, solved for one step.

The unknowns are the inner nodes of the cells, then the nodes of the wires; the terminals' voltages are given. All
voltages are relative to v_ref.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import sparse

from circuitsim.nodal.cells_in_time import AtTerminals, CellsInTime
from circuitsim.nodal.grid import Grid
from circuitsim.nodal.line_solver import solve_step, step_matrix


@dataclass(frozen=True)
class ArrayInTime:
    """The nodes of an array with wires, capacitances and cells.

    Attributes:
        grid: Wires and node numbers.
        c: (nodes,) capacitances of the wires to ground [F].
        cells: The cells.
        v_ref: Voltage that all others are relative to [V].
    """

    grid: Grid
    c: np.ndarray
    cells: CellsInTime
    v_ref: float

    @property
    def inner(self) -> int:
        """Number of nodes within cells."""
        return 0 if self.cells.access is None else self.grid.rows * self.grid.cols

    @property
    def unknowns(self) -> int:
        """Number of unknown voltages; the terminals follow them."""
        return self.inner + self.grid.free

    @property
    def linear(self) -> bool:
        """Whether currents and charges are proportional to voltages, so that one solution of a step is exact."""
        parts = (self.cells.upper, self.cells.access)
        return all(part is None or (part.currents is None and part.charges is None) for part in parts)

    @cached_property
    def outward(self) -> sparse.csr_matrix:
        """(cols, free) currents from the sense amplifiers per volt at the nodes, at rest [S]."""
        grid = self.grid
        rest = np.zeros(self.inner + grid.nodes)
        at_rest = self.cells.blocks(*self._at_cells(rest), 1.0)  # a step so long that no charge counts
        return step_matrix(grid, np.zeros(grid.nodes), at_rest, 1.0)[grid.free + grid.rows :, : grid.free]

    def charge(self, v: np.ndarray) -> np.ndarray:
        """Charge (inner + nodes,) [C] that each node holds at voltages v (inner + nodes,) [V]."""
        held = self._on_nodes(self.cells.charge(*self._at_cells(v)))
        held[self.inner :] += self.c * v[self.inner :]
        return held

    def gate_charge(self, v: np.ndarray) -> np.ndarray:
        """Charge (rows,) [C] on the gates of each row."""
        return self.cells.gate_charge(*self._at_cells(v)).reshape(self.grid.row_node.shape).sum(axis=1)

    def flow(self, v: np.ndarray) -> np.ndarray:
        """Current (inner + nodes,) [A] that leaves each node through wires and cells."""
        leaving = self._on_nodes(self.cells.current(*self._at_cells(v)))
        leaving[self.inner :] += self.grid.wires @ v[self.inner :]
        return leaving

    def linearized(self, v: np.ndarray, a: float) -> Callable[[np.ndarray], np.ndarray]:
        """Return the solution of J x = r for r (unknowns,) [C], where J [F] is the slope of q + a·f at v, a [s]."""
        blocks = self.cells.blocks(*self._at_cells(v), a)
        solve = solve_step(self.grid, step_matrix(self.grid, self.c, blocks, a), exact=self.linear)
        if self.cells.access is None:
            return solve
        grid, inner = self.grid, self.inner
        nodes = len(self.c)
        own, by_bl, by_sl, from_bl, from_sl = blocks[4:]
        row, col = grid.row_node.ravel(), grid.col_node.ravel()

        def with_inner(r: np.ndarray) -> np.ndarray:
            rest = r[:inner]
            to_lines = np.bincount(row, from_bl * rest, nodes) + np.bincount(col, from_sl * rest, nodes)
            on_lines = solve(r[inner:] - to_lines[: grid.free])
            whole = np.concatenate([on_lines, np.zeros(nodes - grid.free)])
            return np.concatenate([(rest - by_bl * whole[row] - by_sl * whole[col]) / own, on_lines])

        return with_inner

    def _at_cells(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray | None, np.ndarray]:
        """Absolute voltages (cells,) [V] of bit line, inner node and source line of each cell."""
        lines = v[self.inner :] + self.v_ref
        inner = v[: self.inner] + self.v_ref if self.inner else None
        return lines[self.grid.row_node.ravel()], inner, lines[self.grid.col_node.ravel()]

    def _on_nodes(self, at: AtTerminals) -> np.ndarray:
        """Sum what cells do at their ends into nodes (inner + nodes,)."""
        nodes = len(self.c)
        total = np.bincount(self.grid.row_node.ravel(), at.bl, nodes)
        total += np.bincount(self.grid.col_node.ravel(), at.sl, nodes)
        return total if at.inner is None else np.concatenate([at.inner, total])
