"""An array in time as one system of charges and currents: d/dt q(v) = −f(v) at every node, solved for one step.

The unknowns are the inner nodes of the cells, then the nodes of the wires; the terminals' voltages are given. All
voltages are relative to v_ref.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from scipy import sparse

from circuitsim.nodal.cells_in_time import AtEnds, CellBlocks
from circuitsim.nodal.grid import Grid
from circuitsim.nodal.line_solver import solve_step, step_matrix


class Cells(Protocol):
    """Cells at voltages [V] of their ends on the lines (ends, cells) and of their inner nodes (cells,)."""

    @property
    def has_inner(self) -> bool: ...
    @property
    def linear(self) -> bool: ...
    def at(self, lines: np.ndarray, inner: np.ndarray | None) -> tuple[AtEnds, AtEnds]: ...
    def blocks(self, lines: np.ndarray, inner: np.ndarray | None, a: float) -> CellBlocks: ...


@dataclass(frozen=True)
class ArrayInTime:
    """The nodes of an array with wires, capacitances and cells.

    Attributes:
        grid: Wires and node numbers; the terminals are the rows' sources, the sense nodes, and others.
        ends: (cells,) node of each end of the cells: bit line, source line and, where gates switch, word line.
        c: (nodes,) capacitances of the wires to ground [F].
        cells: The cells.
        v_ref: Voltage that all others are relative to [V].
    """

    grid: Grid
    ends: tuple[np.ndarray, ...]
    c: np.ndarray
    cells: Cells
    v_ref: float

    @property
    def inner(self) -> int:
        """Number of nodes within cells."""
        return len(self.ends[0]) if self.cells.has_inner else 0

    @property
    def unknowns(self) -> int:
        """Number of unknown voltages; the terminals follow them."""
        return self.inner + self.grid.free

    def outward(self, v: np.ndarray) -> tuple[sparse.csr_matrix, sparse.csr_matrix]:
        """Slopes of what leaves through the sense amplifiers, near voltages v (inner + nodes,).

        Returns:
            (cols, free) currents [S] per volt at the nodes, cells at rest, and charges [F].
        """
        grid, at_cells = self.grid, self.at_cells(v)
        first = grid.free + grid.rows
        current, charge = (
            step_matrix(grid, self.ends, np.zeros(grid.nodes), self.cells.blocks(*at_cells, a), a)[
                first : first + grid.cols, : grid.free
            ]
            for a in (1.0, 0.0)  # a step so long that no charge counts, and one so short that no current does
        )
        return current, charge

    def at(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Charge [C] that each node holds, and current [A] that leaves it through wires and cells.

        Args:
            v: Voltages (inner + nodes,) [V]; charges and currents have the same shape.
        """
        held, leaving = (self._on_nodes(each) for each in self.cells.at(*self.at_cells(v)))
        held[self.inner :] += self.c * v[self.inner :]
        leaving[self.inner :] += self.grid.wires @ v[self.inner :]
        return held, leaving

    def linearized(self, v: np.ndarray, a: float) -> Callable[[np.ndarray], np.ndarray]:
        """Return the solution of J x = r for r (unknowns,) [C], where J [F] is the slope of q + a·f at v, a [s]."""
        blocks = self.cells.blocks(*self.at_cells(v), a)
        matrix = step_matrix(self.grid, self.ends, self.c, blocks, a)
        gates = self.ends[2].reshape(self.grid.row_node.shape) if len(self.ends) > 2 else None
        solve = solve_step(self.grid, matrix, exact=self.cells.linear, gates=gates)
        if not self.cells.has_inner:
            return solve
        inner, nodes, free = self.inner, len(self.c), self.grid.free

        def with_inner(r: np.ndarray) -> np.ndarray:
            rest = r[:inner]
            on_lines = r[inner:].copy()
            for end, share in zip(self.ends, blocks.share, strict=True):
                on_lines -= np.bincount(end, share * rest, nodes)[:free]
            on_lines = solve(on_lines)
            whole = np.concatenate([on_lines, np.zeros(nodes - free)])
            moved = sum(by * whole[end] for end, by in zip(self.ends, blocks.by, strict=True))
            return np.concatenate([(rest - moved) / blocks.own, on_lines])

        return with_inner

    def at_cells(self, v: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        """Absolute voltages [V] of the ends (ends, cells) and inner nodes (cells,) of the cells."""
        v = v if self.v_ref == 0 else v + self.v_ref
        lines, at_ends = v[self.inner :], np.empty((len(self.ends), len(self.ends[0])))
        for end, node in zip(at_ends, self.ends, strict=True):
            np.take(lines, node, out=end)
        return at_ends, v[: self.inner] if self.inner else None

    @cached_property
    def _apart(self) -> bool:
        """Whether every end of a cell has a node of its own."""
        every = np.concatenate(self.ends)
        return len(np.unique(every)) == len(every)

    def _on_nodes(self, at: AtEnds) -> np.ndarray:
        """Sum what cells do at their ends into nodes (inner + nodes,)."""
        total = np.zeros(self.inner + len(self.c))
        on_lines = total[self.inner :]
        if at.inner is not None:
            total[: self.inner] = at.inner
        for end, part in zip(self.ends, at.lines, strict=True):
            if self._apart:
                on_lines[end] = part
            else:
                on_lines += np.bincount(end, part, len(on_lines))
        return total
