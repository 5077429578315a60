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
            return np.zeros((terminals, len(self.g)))
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

    def _there(self, values: np.ndarray) -> np.ndarray:
        return values if np.all(self.g > 0) else np.where(self.g > 0, values, 0.0)


_NONE = np.zeros(0)


class AtTerminals(NamedTuple):
    """What cells (cells,) do at their ends: bit line, inner node (None without one), source line.

    Charges [C] that the ends take, or currents [A] that leave the lines' nodes into the cells.
    """

    bl: np.ndarray
    inner: np.ndarray | None
    sl: np.ndarray


class CellBlocks(NamedTuple):
    """Slopes (cells,) [F] of q + a·i at the ends of cells by their voltages, the inner node eliminated.

    `bl_sl` is the slope of the bit line's sum by the source line's voltage. The others bring the inner node back: its
    change is (rest − by_bl·Δv_bl − by_sl·Δv_sl) / own, and `from_bl`, `from_sl` are the shares of its rest that the
    lines get.
    """

    bl_bl: np.ndarray
    bl_sl: np.ndarray
    sl_bl: np.ndarray
    sl_sl: np.ndarray
    own: np.ndarray = _NONE
    by_bl: np.ndarray = _NONE
    by_sl: np.ndarray = _NONE
    from_bl: np.ndarray = _NONE
    from_sl: np.ndarray = _NONE


@dataclass(frozen=True)
class CellsInTime:
    """The cells of an array, at voltages (cells,) [V] of bit line, inner node and source line.

    Attributes:
        upper: The whole cells, or their devices.
        access: Their transistors; None: there is no inner node.
    """

    upper: PartOfCells
    access: PartOfCells | None

    def charge(self, bl: np.ndarray, inner: np.ndarray | None, sl: np.ndarray) -> AtTerminals:
        """Charges of bit line, inner node and source line."""
        if self.access is None:
            q = self.upper.charge(bl, sl)
            return AtTerminals(q[0], None, q[1])
        assert inner is not None
        above, below = self.upper.charge(bl, inner), self.access.charge(inner, sl)
        return AtTerminals(above[0], above[1] + below[0], below[1])

    def gate_charge(self, bl: np.ndarray, inner: np.ndarray | None, sl: np.ndarray) -> np.ndarray:
        """Charges (cells,) [C] of the gates."""
        if self.access is None:
            return self.upper.charge(bl, sl, gate=True)[2]
        assert inner is not None
        return self.access.charge(inner, sl, gate=True)[2]

    def current(self, bl: np.ndarray, inner: np.ndarray | None, sl: np.ndarray) -> AtTerminals:
        """Currents that leave each node into the cell."""
        if self.access is None:
            i = self.upper.current(bl, sl)
            return AtTerminals(i, None, -i)
        assert inner is not None
        above, below = self.upper.current(bl, inner), self.access.current(inner, sl)
        return AtTerminals(above, below - above, -below)

    def blocks(self, bl: np.ndarray, inner: np.ndarray | None, sl: np.ndarray, a: float) -> CellBlocks:
        """Slopes of q + a·i, a [s]."""
        if self.access is None:
            (bl_bl, bl_sl), (sl_bl, sl_sl) = self.upper.blocks(bl, sl, a)
            return CellBlocks(bl_bl, bl_sl, sl_bl, sl_sl)
        assert inner is not None
        (bl_bl, bl_in), (in_bl, in_in) = self.upper.blocks(bl, inner, a)
        (own, in_sl), (sl_in, sl_sl) = self.access.blocks(inner, sl, a)
        own = own + in_in
        own = np.where(own == 0, 1.0, own)  # of an open cell
        from_bl, from_sl = bl_in / own, sl_in / own
        return CellBlocks(
            bl_bl=bl_bl - from_bl * in_bl,
            bl_sl=-from_bl * in_sl,
            sl_bl=-from_sl * in_bl,
            sl_sl=sl_sl - from_sl * in_sl,
            own=own,
            by_bl=in_bl,
            by_sl=in_sl,
            from_bl=from_bl,
            from_sl=from_sl,
        )


def cells_in_time(dynamics: CellDynamics, g: np.ndarray, tol: float) -> CellsInTime:
    """Put the conductances (rows, cols) [S] of an array into the dynamics of its cell.

    Args:
        dynamics: The dynamics.
        g: The conductances; 0 is an open cell, without a transistor, as the netlist leaves it out.
        tol: Error of one step, well below which terms of currents and charges are left out.
    """
    flat = np.ravel(g)
    access = None if dynamics.access is None else _part(dynamics.access, np.where(flat > 0, 1.0, 0.0), tol)
    return CellsInTime(_part(dynamics.upper, flat, tol), access)


def _part(part: CellPart, g: np.ndarray, tol: float) -> PartOfCells:
    return PartOfCells(
        g,
        None if part.surface is None else current_polynomials(part.surface, g, rtol=0.01 * tol),
        None if part.charges is None else charge_polynomials(part.charges, g, rtol=0.1 * tol),
    )
