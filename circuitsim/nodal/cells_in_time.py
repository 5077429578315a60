"""Cells of an array in time: currents and charges at their terminals, with the node within a cell if it has one.

A whole cell is one part between bit line and source line. A device with its transistor is two, and the node between
them is an unknown of the cell alone: a step eliminates it (Schur complement), so that only the lines' nodes remain.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from circuitsim.nodal.cell_charge import ChargePolynomials, capacitances_at, charge_polynomials, charges_at
from circuitsim.nodal.surface import CellPolynomials, cell_polynomials, cells_law
from circuitsim.results import CellDynamics, CellPart


@dataclass(frozen=True)
class PartOfCells:
    """One part of every cell of an array, ready to be evaluated.

    Attributes:
        g: (rows, cols) conductances [S]; of a transistor 1 S. 0 is an open cell, which is not there.
        currents: The currents; None: ohmic.
        charges: The charges; None: no capacitance.
    """

    g: np.ndarray
    currents: CellPolynomials | None
    charges: ChargePolynomials | None

    def current(self, upper: np.ndarray, lower: np.ndarray, *, sloped: bool) -> tuple[np.ndarray, np.ndarray]:
        """Current [A] from upper to lower terminal at voltages (rows, cols) [V], and its slope if `sloped` [S]."""
        if self.currents is None:
            return self.g * (upper - lower), self.g
        i, slope = cells_law(self.currents, upper[..., None], lower[..., None], sloped=sloped)
        return i[..., 0], slope[..., 0] if sloped else slope

    def charge(self, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
        """Charges (3, rows, cols) [C] of upper terminal, lower terminal and gate."""
        if self.charges is None:
            return np.zeros((3, *self.g.shape))
        return np.where(self.g > 0, charges_at(self.charges, upper, lower), 0.0)

    def capacitance(self, upper: np.ndarray, lower: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Slopes (3, rows, cols) [F] of the charges by the voltages of upper and lower terminal."""
        if self.charges is None:
            return (np.zeros((3, *self.g.shape)),) * 2
        by_upper, by_lower = capacitances_at(self.charges, upper, lower)
        return np.where(self.g > 0, by_upper, 0.0), np.where(self.g > 0, by_lower, 0.0)


class AtTerminals(NamedTuple):
    """What cells (rows, cols) do at their ends: bit line, inner node (None without one), source line, gate.

    Charges [C] that the ends take, and currents [A] that leave the lines' nodes into the cells.
    """

    bl: np.ndarray
    inner: np.ndarray | None
    sl: np.ndarray
    gate: np.ndarray


class CellBlocks(NamedTuple):
    """Slopes [F] of q + a·i at the ends of cells by their voltages, the inner node eliminated.

    `bl_sl` is the slope of the bit line's sum by the source line's voltage. The others bring the inner node back:
    its change is (rest − by_bl·Δv_bl − by_sl·Δv_sl) / own, and `from_bl`, `from_sl` are what of its rest the lines get.
    """

    bl_bl: np.ndarray
    bl_sl: np.ndarray
    sl_bl: np.ndarray
    sl_sl: np.ndarray
    own: np.ndarray | None = None
    by_bl: np.ndarray | None = None
    by_sl: np.ndarray | None = None
    from_bl: np.ndarray | None = None
    from_sl: np.ndarray | None = None


@dataclass(frozen=True)
class CellsInTime:
    """The cells of an array.

    Attributes:
        upper: The whole cells, or their devices.
        access: Their transistors; None: there is no inner node.
    """

    upper: PartOfCells
    access: PartOfCells | None

    def charge(self, bl: np.ndarray, inner: np.ndarray | None, sl: np.ndarray) -> AtTerminals:
        """Charges at voltages (rows, cols) [V]."""
        if self.access is None:
            q = self.upper.charge(bl, sl)
            return AtTerminals(q[0], None, q[1], q[2])
        assert inner is not None
        above, below = self.upper.charge(bl, inner), self.access.charge(inner, sl)
        return AtTerminals(above[0], above[1] + below[0], below[1], below[2])

    def current(self, bl: np.ndarray, inner: np.ndarray | None, sl: np.ndarray) -> AtTerminals:
        """Currents that leave each node into the cell at voltages (rows, cols) [V]; gates carry none."""
        none = np.zeros(1)
        if self.access is None:
            i, _ = self.upper.current(bl, sl, sloped=False)
            return AtTerminals(i, None, -i, none)
        assert inner is not None
        above, _ = self.upper.current(bl, inner, sloped=False)
        below, _ = self.access.current(inner, sl, sloped=False)
        return AtTerminals(above, below - above, -below, none)

    def blocks(self, bl: np.ndarray, inner: np.ndarray | None, sl: np.ndarray, a: float) -> CellBlocks:
        """Slopes of q + a·i, a [s], at voltages (rows, cols) [V]; source lines move currents as bit lines do."""
        if self.access is None:
            return _part_blocks(self.upper, bl, sl, a)
        assert inner is not None
        above, below = _part_blocks(self.upper, bl, inner, a), _part_blocks(self.access, inner, sl, a)
        own = above.sl_sl + below.bl_bl
        own = np.where(own == 0, 1.0, own)  # of an open cell
        from_bl, from_sl = above.bl_sl / own, below.sl_bl / own
        return CellBlocks(
            bl_bl=above.bl_bl - from_bl * above.sl_bl,
            bl_sl=-from_bl * below.bl_sl,
            sl_bl=-from_sl * above.sl_bl,
            sl_sl=below.sl_sl - from_sl * below.bl_sl,
            own=own,
            by_bl=above.sl_bl,
            by_sl=below.bl_sl,
            from_bl=from_bl,
            from_sl=from_sl,
        )


def _part_blocks(part: PartOfCells, upper: np.ndarray, lower: np.ndarray, a: float) -> CellBlocks:
    _, slope = part.current(upper, lower, sloped=True)
    by_upper, by_lower = part.capacitance(upper, lower)
    steep = a * slope
    return CellBlocks(by_upper[0] + steep, by_lower[0] - steep, by_upper[1] - steep, by_lower[1] + steep)


def cells_in_time(dynamics: CellDynamics, g: np.ndarray) -> CellsInTime:
    """Put the conductances (rows, cols) [S] of an array into the dynamics of its cell."""
    access = None if dynamics.access is None else _part(dynamics.access, np.where(g > 0, 1.0, 0.0))
    return CellsInTime(_part(dynamics.upper, g), access)


def _part(part: CellPart, g: np.ndarray) -> PartOfCells:
    currents = None if part.surface is None else cell_polynomials(part.surface, g)
    charges = None if part.charges is None else charge_polynomials(part.charges, g)
    return PartOfCells(g, currents, charges)
