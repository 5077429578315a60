"""Cells of an array in time: currents and charges at their terminals, with the node within a cell if it has one.

A whole cell is one part between bit line and source line. A device with its transistor is two, and the node between
them is an unknown of the cell alone: a step eliminates it (Schur complement), so that only the lines' nodes remain.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np

from circuitsim.nodal.side_polynomials import (
    SidePolynomials,
    charge_polynomials,
    current_polynomials,
    slopes_at,
    slopes_of,
    values_at,
)
from circuitsim.results import CellDynamics, CellPart


@dataclass(frozen=True)
class PartOfCells:
    """One part of every cell of an array, ready to be evaluated; all arrays have one entry a cell, row by row.

    Attributes:
        g: (cells,) conductances [S]; of a transistor 1 S. 0 is an open cell, which is not there.
        currents: The currents; None: ohmic.
        charges: The charges; None: no capacitance.
    """

    g: np.ndarray
    currents: SidePolynomials | None
    charges: SidePolynomials | None

    def current(self, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """Current (cells,) [A] from upper to lower terminal at their voltages (cells,) [V]."""
        if self.currents is None:
            return self.g * (upper - lower)
        return self._there(values_at(self.currents, upper, lower)[0])

    def charge(self, upper: np.ndarray, lower: np.ndarray, *, gate: bool = False) -> np.ndarray:
        """Charges (2 or 3, cells) [C] of upper terminal, lower terminal and, if `gate`, gate."""
        terminals = 3 if gate else 2
        if self.charges is None:
            return np.broadcast_to(0.0, (terminals, len(self.g)))
        return self._there(values_at(self.charges, upper, lower, first=terminals))

    def blocks(self, upper: np.ndarray, lower: np.ndarray, a: float) -> np.ndarray:
        """Slopes (2, 2, cells) [F] of q + a·i, a [s], at both terminals by the voltages of both."""
        by = np.zeros((2, 2, len(self.g)))  # terminal, voltage
        if self.charges is not None:
            by += np.stack([slope[:2] for slope in slopes_at(self._charge_slopes, upper, lower)], axis=1)
        if self.currents is None:
            along, against = self.g, -self.g
        else:
            along, against = (slope[0] for slope in slopes_at(self._current_slopes, upper, lower))
        by += a * np.array([[along, against], [-along, -against]])
        return self._there(by)

    @cached_property
    def _charge_slopes(self) -> tuple[SidePolynomials, SidePolynomials]:
        assert self.charges is not None
        return slopes_of(self.charges)

    @cached_property
    def _current_slopes(self) -> tuple[SidePolynomials, SidePolynomials]:
        assert self.currents is not None
        return slopes_of(self.currents)

    @cached_property
    def _closed(self) -> bool:
        return bool(np.all(self.g > 0))

    def _there(self, values: np.ndarray) -> np.ndarray:
        return values if self._closed else np.where(self.g > 0, values, 0.0)


class AtEnds(NamedTuple):
    """What cells do at their ends: charges [C] that they take, or currents [A] that leave the nodes into the cells.

    Attributes:
        lines: (ends, cells) at bit line, source line and, where gates switch, word line.
        inner: (cells,) at the node within each cell; None without one.
    """

    lines: np.ndarray
    inner: np.ndarray | None


class CellBlocks(NamedTuple):
    """Slopes [F] of q + a·i at the ends of cells by the voltages of the ends, the inner node eliminated.

    Attributes:
        lines: (ends, ends, cells); [0, 1] is the slope at the bit line by the source line's voltage.
        own: (cells,) slope at the inner node by its own voltage; empty without one, like those that follow.
        by: (ends, cells) slopes at the inner node by the ends' voltages.
        share: (ends, cells) of what is left at the inner node, the part that each end gets.
    """

    lines: np.ndarray
    own: np.ndarray
    by: np.ndarray
    share: np.ndarray


def without_inner(whole: np.ndarray) -> CellBlocks:
    """Eliminate the last of the nodes of slopes (ends + 1, ends + 1, cells) [F]."""
    own = np.where(whole[-1, -1] == 0, 1.0, whole[-1, -1])  # 0 of an open cell
    by, share = whole[-1, :-1], whole[:-1, -1] / own
    return CellBlocks(whole[:-1, :-1] - share[:, None] * by, own, by, share)


@dataclass(frozen=True)
class CellsInTime:
    """The cells of an array whose gates are held, at voltages [V] of bit and source line (2, cells) and inner node.

    Attributes:
        upper: The whole cells, or their devices.
        access: Their transistors; None: there is no inner node.
    """

    upper: PartOfCells
    access: PartOfCells | None

    @property
    def has_inner(self) -> bool:
        """Whether cells have a node within."""
        return self.access is not None

    @property
    def linear(self) -> bool:
        """Whether currents and charges are proportional to voltages."""
        parts = (self.upper, self.access)
        return all(part is None or (part.currents is None and part.charges is None) for part in parts)

    def at(self, lines: np.ndarray, inner: np.ndarray | None) -> tuple[AtEnds, AtEnds]:
        """Charges of the lines' ends and the inner node, and the currents that leave each into the cell."""
        if self.access is None:
            i = self.upper.current(lines[0], lines[1])
            return AtEnds(self.upper.charge(lines[0], lines[1]), None), AtEnds(np.stack([i, -i]), None)
        assert inner is not None
        above, below = self.upper.charge(lines[0], inner), self.access.charge(inner, lines[1])
        i_above, i_below = self.upper.current(lines[0], inner), self.access.current(inner, lines[1])
        charge = AtEnds(np.stack([above[0], below[1]]), above[1] + below[0])
        return charge, AtEnds(np.stack([i_above, -i_below]), i_below - i_above)

    def gate_charge(self, lines: np.ndarray, inner: np.ndarray | None) -> np.ndarray:
        """Charges (cells,) [C] of the gates."""
        if self.access is None:
            return self.upper.charge(lines[0], lines[1], gate=True)[2]
        assert inner is not None
        return self.access.charge(inner, lines[1], gate=True)[2]

    def blocks(self, lines: np.ndarray, inner: np.ndarray | None, a: float) -> CellBlocks:
        """Slopes of q + a·i, a [s]."""
        if self.access is None:
            none = np.zeros(0)
            return CellBlocks(self.upper.blocks(lines[0], lines[1], a), none, none, none)
        assert inner is not None
        whole = np.zeros((3, 3, len(inner)))
        whole[np.ix_([0, 2], [0, 2])] += self.upper.blocks(lines[0], inner, a)
        whole[np.ix_([2, 1], [2, 1])] += self.access.blocks(inner, lines[1], a)
        return without_inner(whole)


def cells_in_time(dynamics: CellDynamics, g: np.ndarray, tol: float) -> CellsInTime:
    """Put the conductances (rows, cols) [S] of an array into the dynamics of its cell.

    Args:
        dynamics: The dynamics.
        g: The conductances; 0 is an open cell, without a transistor, as the netlist leaves it out.
        tol: Error of one step, well below which terms of currents and charges are left out.
    """
    flat = np.ravel(g)
    access = None if dynamics.access is None else part_of_cells(dynamics.access, np.where(flat > 0, 1.0, 0.0), tol)
    return CellsInTime(part_of_cells(dynamics.upper, flat, tol), access)


def part_of_cells(part: CellPart, g: np.ndarray, tol: float) -> PartOfCells:
    """Put conductances (cells,) [S] into a part; `tol` as in `cells_in_time`."""
    return PartOfCells(
        g,
        None if part.surface is None else current_polynomials(part.surface, g, rtol=0.01 * tol),
        None if part.charges is None else charge_polynomials(part.charges, g, rtol=0.1 * tol),
    )
