"""Cells whose gates switch: a device and its transistor, with the gate as a third end of the cell."""

from dataclasses import dataclass

import numpy as np

from circuitsim.nodal.cells_in_time import AtEnds, CellBlocks, PartOfCells, part_of_cells, without_inner
from circuitsim.nodal.gate_splines import GateSplines, at_gates, gate_splines
from circuitsim.results import CellDynamics


@dataclass(frozen=True)
class SwitchingCells:
    """The cells of an array at voltages [V] of bit, source and word line (3, cells) and of the inner node.

    Attributes:
        device: The devices.
        access: The transistors.
        there: (cells,) whether a cell is there, not open.
    """

    device: PartOfCells
    access: GateSplines
    there: np.ndarray

    @property
    def has_inner(self) -> bool:
        """Cells have a node within."""
        return True

    @property
    def linear(self) -> bool:
        """Transistors that switch are not."""
        return False

    def at(self, lines: np.ndarray, inner: np.ndarray | None) -> tuple[AtEnds, AtEnds]:
        """Charges of the lines' ends and the inner node, and the currents that leave each into the cell."""
        assert inner is not None
        above = self.device.charge(lines[0], inner)
        i_above = self.device.current(lines[0], inner)
        i_below, drain, source, gate = self._access(lines, inner, slopes=False)[0]
        charge = AtEnds(np.stack([above[0], source, gate]), above[1] + drain)
        return charge, AtEnds(np.stack([i_above, -i_below, np.zeros_like(i_below)]), i_below - i_above)

    def blocks(self, lines: np.ndarray, inner: np.ndarray | None, a: float) -> CellBlocks:
        """Slopes of q + a·i, a [s]."""
        assert inner is not None
        # Slopes at drain, source and gate by the voltages of drain, source and gate.
        by_voltage = self._access(lines, inner, slopes=True)[1:]
        access = np.stack([slope[1:] + a * _both_ways(slope[0]) for slope in by_voltage], axis=1)
        whole = np.zeros((4, 4, len(inner)))
        whole[np.ix_([0, 3], [0, 3])] += self.device.blocks(lines[0], inner, a)
        whole[np.ix_([3, 1, 2], [3, 1, 2])] += access
        return without_inner(whole)

    def _access(self, lines: np.ndarray, inner: np.ndarray, *, slopes: bool) -> np.ndarray:
        """Values and slopes of the transistors as `at_gates`; 0 at open cells."""
        found = at_gates(self.access, lines[2], inner, lines[1], slopes=slopes)
        return found if self.there.all() else np.where(self.there, found, 0.0)


def _both_ways(i: np.ndarray) -> np.ndarray:
    """A current that leaves the drain and arrives at the source; the gate carries none."""
    return np.stack([i, -i, np.zeros_like(i)])


def switching_cells(dynamics: CellDynamics, g: np.ndarray, tol: float) -> SwitchingCells:
    """Put the conductances (rows, cols) [S] of an array into the dynamics of its cell; `tol` as in `cells_in_time`."""
    assert dynamics.switched is not None
    flat = np.ravel(g)
    return SwitchingCells(part_of_cells(dynamics.upper, flat, tol), gate_splines(dynamics.switched), flat > 0)
