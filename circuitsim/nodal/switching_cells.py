"""Cells whose gates switch: a device and its transistor, with the gate as a third end of the cell.

Between the gate voltages at which the transistor was characterized its coefficients follow a cubic spline, whose second
derivative does not jump: a jump would cost many short steps while gates rise.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.chebyshev import chebder

from circuitsim.nodal.cells_in_time import AtEnds, CellBlocks, PartOfCells, part_of_cells, without_inner
from circuitsim.nodal.chebyshev_values import fill_chebyshev
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.side_polynomials import joined, risen, thinned
from circuitsim.nodal.surface_points import to_unit
from circuitsim.results import CellDynamics, SwitchedAccess

_QUANTITIES = 4  # current, charges of drain, source, gate


@dataclass(frozen=True)
class GatePolynomials:
    """Current [A] and charges [C] of transistors as piecewise polynomials of the gate, and their slopes.

    Attributes:
        values, by_u, by_m, by_gate: (2, intervals, 4, 4, n_u, n_m) coefficients, forward and reverse, of the third to
            the zeroth power of the gate's distance from the start of an interval, for each quantity; slopes per volt.
        v_gates: Ends of the intervals [V].
        v_range: Range of drain and source voltage [V].
    """

    values: np.ndarray
    by_u: np.ndarray
    by_m: np.ndarray
    by_gate: np.ndarray
    v_gates: np.ndarray
    v_range: tuple[float, float]


def gate_polynomials(access: SwitchedAccess, tol: float) -> GatePolynomials:
    """Interpolate a characterized transistor; terms far below `tol` of the whole are left out."""
    from scipy.interpolate import CubicSpline  # takes 0.3 s to import; only gates that switch need it

    low, high = access.v_range
    half = (high - low) / 2
    sides = []
    for side, sign in ((0, half), (1, -half)):
        k, q = risen(sign * access.k[side])[:, None], access.q[side]
        n_u, n_m = max(k.shape[2], q.shape[2]), max(k.shape[3], q.shape[3])
        sides.append(np.concatenate([_padded(part, n_u, n_m) for part in (k, q)], axis=1))
    # The quantities weigh alike against the tolerance.
    scale = np.abs(sides).sum(axis=(3, 4)).max(axis=(0, 1))[None, :, None, None]
    scale = np.where(scale == 0, 1.0, scale)
    tensors = scale * np.array(joined(*thinned(sides[0] / scale, sides[1] / scale, rtol=0.01 * tol)))
    pieces = [CubicSpline(access.v_gates, side) for side in tensors]
    values = np.array([np.moveaxis(piece.c, 1, 0) for piece in pieces])
    by_gate = np.zeros_like(values)
    by_gate[:, :, 1:] = values[:, :, :3] * np.array([3.0, 2.0, 1.0])[:, None, None, None]
    by_u, by_m = (_slope(values, axis) / half for axis in (-2, -1))
    return GatePolynomials(values, by_u, by_m, by_gate, access.v_gates, access.v_range)


def _padded(tensor: np.ndarray, n_u: int, n_m: int) -> np.ndarray:
    return np.pad(tensor, ((0, 0), (0, 0), (0, n_u - tensor.shape[2]), (0, n_m - tensor.shape[3])))


def _slope(values: np.ndarray, axis: int) -> np.ndarray:
    found = np.zeros_like(values)
    if values.shape[axis] > 1:
        along = chebder(values, axis=axis)
        found[..., : along.shape[-2], : along.shape[-1]] = along
    return found


@dataclass(frozen=True)
class SwitchingCells:
    """The cells of an array at voltages [V] of bit, source and word line (3, cells) and of the inner node.

    Attributes:
        device: The devices.
        access: The transistors.
        there: (cells,) whether a cell is there, not open.
    """

    device: PartOfCells
    access: GatePolynomials
    there: np.ndarray

    @property
    def has_inner(self) -> bool:
        """Cells have a node within."""
        return True

    @property
    def linear(self) -> bool:
        """Transistors that switch are not."""
        return False

    def charge(self, lines: np.ndarray, inner: np.ndarray | None) -> AtEnds:
        """Charges of the lines' ends and the inner node."""
        assert inner is not None
        above = self.device.charge(lines[0], inner)
        drain, source, gate = self._at(self.access.values, lines, inner)[1:]
        return AtEnds(np.stack([above[0], source, gate]), above[1] + drain)

    def current(self, lines: np.ndarray, inner: np.ndarray | None) -> AtEnds:
        """Currents that leave each node into the cell."""
        assert inner is not None
        above, below = self.device.current(lines[0], inner), self._at(self.access.values, lines, inner)[0]
        return AtEnds(np.stack([above, -below, np.zeros_like(below)]), below - above)

    def blocks(self, lines: np.ndarray, inner: np.ndarray | None, a: float) -> CellBlocks:
        """Slopes of q + a·i, a [s]."""
        assert inner is not None
        by_u, by_m, by_gate = (
            self._at(each, lines, inner) for each in (self.access.by_u, self.access.by_m, self.access.by_gate)
        )
        forward = inner >= lines[1]
        by_drain, by_source = np.where(forward, by_u, by_m - by_u), np.where(forward, by_m - by_u, by_u)
        # Slopes at drain, source and gate by the voltages of drain, source and gate.
        access = np.stack([slope[1:] + a * _both_ways(slope[0]) for slope in (by_drain, by_source, by_gate)], axis=1)
        whole = np.zeros((4, 4, len(inner)))
        whole[np.ix_([0, 3], [0, 3])] += self.device.blocks(lines[0], inner, a)
        whole[np.ix_([3, 1, 2], [3, 1, 2])] += access
        return without_inner(whole)

    def _at(self, coefficients: np.ndarray, lines: np.ndarray, inner: np.ndarray) -> np.ndarray:
        """Quantities (4, cells) of the transistors; 0 at open cells."""
        gates, (low, high) = self.access.v_gates, self.access.v_range
        interval = np.clip(np.searchsorted(gates, lines[2]) - 1, 0, len(gates) - 2)
        u = inner - lines[1]
        x = np.minimum(to_unit(np.abs(u), 0.0, high - low), 1.0)  # an iteration may pass beyond the range
        y = np.clip(to_unit(np.minimum(inner, lines[1]), low, high), -1.0, 1.0)
        out = np.empty((_QUANTITIES, len(inner)))
        _sum_up_gates(coefficients, interval, lines[2] - gates[interval], x, y, u >= 0, out)
        return np.where(self.there, out, 0.0)


def _both_ways(i: np.ndarray) -> np.ndarray:
    """A current that leaves the drain and arrives at the source; the gate carries none."""
    return np.stack([i, -i, np.zeros_like(i)])


def switching_cells(dynamics: CellDynamics, g: np.ndarray, tol: float) -> SwitchingCells:
    """Put the conductances (rows, cols) [S] of an array into the dynamics of its cell; `tol` as in `cells_in_time`."""
    assert dynamics.switched is not None
    flat = np.ravel(g)
    return SwitchingCells(part_of_cells(dynamics.upper, flat, tol), gate_polynomials(dynamics.switched, tol), flat > 0)


@kernel
def _sum_up_gates(coefficients, interval, w, x, y, upwards, out):
    """Fill the quantities (4, cells) at gates w above the starts of their intervals, at coordinates x, y (cells,)."""
    _, _, powers, _, n_u, n_m = coefficients.shape
    in_u, in_m = np.ones(max(n_u, 2)), np.ones(max(n_m, 2))
    for cell in range(len(x)):
        piece = coefficients[0 if upwards[cell] else 1, interval[cell]]
        fill_chebyshev(in_u, x[cell])
        fill_chebyshev(in_m, y[cell])
        for q in range(len(out)):
            total = 0.0
            for i in range(n_u):
                for j in range(n_m):
                    along = piece[0, q, i, j]
                    for p in range(1, powers):
                        along = along * w[cell] + piece[p, q, i, j]
                    total += along * in_u[i] * in_m[j]
            out[q, cell] = total
