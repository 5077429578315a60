"""Quantities of cells as polynomials of |U| and the smaller voltage, with their slopes: charges, currents of parts.

Each side of U = v_bl − v_sl = 0 has its own coefficients, as in `CellSurface` and `CellCharges`. The conductances of an
array are put in once; equal ones share their coefficients.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.polynomial.chebyshev import chebder, chebvander

from circuitsim.nodal.chebyshev_values import fill_chebyshev
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.surface_points import conductance_coordinate, to_unit
from circuitsim.results import CellCharges, CellSurface

_BLOCK = 64  # cells that share their coefficients and are evaluated at once


@dataclass(frozen=True)
class SidePolynomials:
    """Chebyshev coefficients of quantities at each conductance that occurs.

    Attributes:
        forward, reverse: (conductances, quantities, n_u, n_m) coefficients for U >= 0 and U < 0.
        which: (cells,) index of each cell's conductance.
        u_max: Largest |U| [V].
        m_range: Range of the smaller voltage [V].
    """

    forward: np.ndarray
    reverse: np.ndarray
    which: np.ndarray
    u_max: float
    m_range: tuple[float, float]

    @cached_property
    def over_u(self) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients (n_u, quantities, cells) of both sides, of cells that the smaller voltage does not matter to."""
        sides = (side[self.which, :, :, 0] for side in (self.forward, self.reverse))
        forward, reverse = (np.ascontiguousarray(np.moveaxis(side, 0, -1).swapaxes(0, 1)) for side in sides)
        return forward, reverse


def charge_polynomials(charges: CellCharges, g: np.ndarray, *, rtol: float = 0.0) -> SidePolynomials:
    """Put conductances (cells,) [S] into charges [C] of bit line, source line and gate; `rtol` as in `thinned`.

    Both sides are fits of their own. They are moved to their mean at U = 0, as a charge does not jump there.
    """
    sides = joined(*thinned(charges.forward, charges.reverse, rtol=rtol))
    (low, high), (forward, reverse, which) = charges.v_range, _put_in(sides, charges.g_range, charges.g_scale, g)
    return SidePolynomials(forward, reverse, which, high - low, (low, high))


def current_polynomials(surface: CellSurface, g: np.ndarray, *, rtol: float = 0.0) -> SidePolynomials:
    """Put conductances (cells,) [S] into the current [A] of a surface; those of 0 carry none."""
    sides = thinned(surface.forward[None], surface.reverse[None], rtol=rtol)
    half = surface.u_max / 2
    forward, reverse, which = _put_in(
        (half * risen(sides[0]), -half * risen(sides[1])), surface.g_range, surface.g_scale, g
    )
    kinds = np.unique(g) if len(forward) > 1 else np.array([g.max()])  # one transistor, not in the first cell if open
    beside = np.where(kinds == 0, 0.0, kinds + surface.g_parallel)[:, None, None, None]
    return SidePolynomials(beside * forward, beside * reverse, which, surface.u_max, surface.m_range)


def slopes_of(cells: SidePolynomials) -> tuple[SidePolynomials, SidePolynomials]:
    """Return the slopes per volt along |U| and along the smaller voltage."""
    by_u, by_m = 2 / cells.u_max, 2 / (cells.m_range[1] - cells.m_range[0])
    along_u, along_m = (
        replace(cells, forward=_slope(cells.forward, axis, per_volt), reverse=_slope(cells.reverse, axis, per_volt))
        for axis, per_volt in ((2, by_u), (3, by_m))
    )
    return along_u, along_m


def values_at(cells: SidePolynomials, v_bl: np.ndarray, v_sl: np.ndarray, *, first: int | None = None) -> np.ndarray:
    """Return the first quantities, or all, (quantities, cells) of each cell at its voltages (cells,) [V]."""
    count = cells.forward.shape[1] if first is None else first
    out = np.empty((count, len(v_bl)))
    (low, high), tensors = cells.m_range, (cells.forward, cells.reverse)
    if len(cells.forward) == 1:
        _sum_up_alike(*tensors, v_bl, v_sl, cells.u_max, low, high, out)
    elif tensors[0].shape[3] == 1:
        _sum_up_over_u(*cells.over_u, v_bl, v_sl, cells.u_max, out)
    else:
        _sum_up(*tensors, cells.which, v_bl, v_sl, cells.u_max, low, high, out)
    return out


def slopes_at(
    slopes: tuple[SidePolynomials, SidePolynomials], v_bl: np.ndarray, v_sl: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return slopes (quantities, cells) by v_bl and by v_sl, from `slopes_of`."""
    by_u, by_m = (values_at(each, v_bl, v_sl) for each in slopes)
    forward = v_bl >= v_sl
    # Forward v_bl = m + |U|, v_sl = m; reverse the other way round.
    return np.where(forward, by_u, by_m - by_u), np.where(forward, by_m - by_u, by_u)


def charge_law(charges: CellCharges, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Return charges [C] and slopes by v_bl and v_sl [F] (3 terminals, 3, points) of cells g (points,) [S]."""
    cells = charge_polynomials(charges, g)
    return np.stack([values_at(cells, v_bl, v_sl), *slopes_at(slopes_of(cells), v_bl, v_sl)], axis=1)


def thinned(forward: np.ndarray, reverse: np.ndarray, *, rtol: float) -> tuple[np.ndarray, np.ndarray]:
    """Leave out the highest orders of the last two axes of Chebyshev tensors, the same on both sides.

    What is left out adds up to at most `rtol` of all: a surface resolves more than a step in time needs, and its
    evaluation is most of the work of a large array.
    """
    sizes = np.abs(np.concatenate([forward, reverse])).reshape(-1, *forward.shape[-2:]).max(axis=0)
    counts = []
    for axis in (0, 1):
        orders = sizes.sum(axis=1 - axis)
        above = np.flatnonzero(np.cumsum(orders[::-1])[::-1] > rtol / 2 * orders.sum())
        counts.append(int(above[-1]) + 1 if len(above) else 1)
    return forward[..., : counts[0], : counts[1]], reverse[..., : counts[0], : counts[1]]


def risen(side: np.ndarray) -> np.ndarray:
    """Multiply a tensor (…, n_u, n_m) by 1 + x, x the coordinate of |U|: x T_n = (T_n+1 + T_n−1)/2."""
    product = np.concatenate([side, np.zeros_like(side[..., :1, :])], axis=-2)
    product[..., 1:, :] += side / 2
    product[..., :-2, :] += side[..., 1:, :] / 2
    product[..., 1, :] += side[..., 0, :] / 2
    return product


def joined(forward: np.ndarray, reverse: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Shift both sides by a function of m so that they agree at U = 0, where the coordinate of |U| is −1."""
    signs = (-1.0) ** np.arange(forward.shape[-2])
    apart = np.einsum("u,...um->...m", signs, forward - reverse) / 2
    forward, reverse = forward.copy(), reverse.copy()
    forward[..., 0, :] -= apart
    reverse[..., 0, :] += apart
    return forward, reverse


def _put_in(
    sides: tuple[np.ndarray, np.ndarray], g_range: tuple[float, float], g_scale: float, g: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Contract tensors (quantities, n_t, n_u, n_m) over the conductances that occur."""
    if sides[0].shape[1] == 1:  # a transistor, the same in all cells
        forward, reverse = (np.ascontiguousarray(side[:, 0][None]) for side in sides)
        return forward, reverse, np.zeros(len(g), int)
    kinds, which = np.unique(g, return_inverse=True)
    if g_scale == 0:
        kinds = np.where(kinds > 0, kinds, g_range[0])  # an open cell has no logarithm, and carries nothing
    ends = (conductance_coordinate(edge, g_scale) for edge in g_range)
    in_t = chebvander(to_unit(conductance_coordinate(kinds, g_scale), *ends), sides[0].shape[1] - 1)
    forward, reverse = (np.ascontiguousarray(np.einsum("kt,qtum->kqum", in_t, side, optimize=True)) for side in sides)
    return forward, reverse, which


def _slope(side: np.ndarray, axis: int, per_volt: float) -> np.ndarray:
    return np.ascontiguousarray(per_volt * chebder(side, axis=axis)) if side.shape[axis] > 1 else np.zeros_like(side)


@kernel
def _sum_up(forward, reverse, which, v_bl, v_sl, u_max, low, high, out):
    """Fill the quantities (quantities, cells) at voltages (cells,)."""
    n_u, n_m = forward.shape[2], forward.shape[3]
    in_u, in_m = np.ones(max(n_u, 2)), np.ones(max(n_m, 2))
    for cell in range(len(v_bl)):
        u = v_bl[cell] - v_sl[cell]
        kind, up = which[cell], u >= 0
        fill_chebyshev(in_u, 2.0 * abs(u) / u_max - 1.0)
        fill_chebyshev(in_m, (2.0 * min(v_bl[cell], v_sl[cell]) - low - high) / (high - low))
        for q in range(len(out)):
            total = 0.0
            for i in range(n_u):
                line = 0.0
                for j in range(n_m):  # an array taken out of another one costs more than this choice
                    line += (forward[kind, q, i, j] if up else reverse[kind, q, i, j]) * in_m[j]
                total += in_u[i] * line
            out[q, cell] = total


@kernel
def _sum_up_over_u(forward, reverse, v_bl, v_sl, u_max, out):
    """Fill as `_sum_up` where |U| is the only coordinate, as of a device alone: Clenshaw's sum, many cells at once.

    Coefficients are (n_u, quantities, cells), so that they are read in the order in which they lie.
    """
    n_u = len(forward)
    x, now, before = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK)
    for first in range(0, len(v_bl), _BLOCK):
        count, up = min(_BLOCK, len(v_bl) - first), 0
        for cell in range(count):
            u = v_bl[first + cell] - v_sl[first + cell]
            up += u >= 0
            x[cell] = 2.0 * abs(u) / u_max - 1.0
        for sign in range(2):
            if up == (0 if sign == 0 else count):
                continue
            side = forward if sign == 0 else reverse
            for q in range(len(out)):
                now[:], before[:] = 0.0, 0.0
                for i in range(n_u - 1, 0, -1):
                    for cell in range(count):
                        here = side[i, q, first + cell] + 2.0 * x[cell] * now[cell] - before[cell]
                        before[cell] = now[cell]
                        now[cell] = here
                for cell in range(count):
                    if (v_bl[first + cell] >= v_sl[first + cell]) == (sign == 0):
                        out[q, first + cell] = side[0, q, first + cell] + x[cell] * now[cell] - before[cell]


@kernel
def _sum_up_alike(forward, reverse, v_bl, v_sl, u_max, low, high, out):
    """Fill as `_sum_up` where all cells share their coefficients, many cells at once."""
    n_u, n_m = forward.shape[2], forward.shape[3]
    in_u, in_m = np.ones((max(n_u, 2), _BLOCK)), np.ones((max(n_m, 2), _BLOCK))
    line, total, upwards = np.empty(_BLOCK), np.empty(_BLOCK), np.empty(_BLOCK, np.bool_)
    for first in range(0, len(v_bl), _BLOCK):
        count, up = min(_BLOCK, len(v_bl) - first), 0
        for cell in range(count):
            u = v_bl[first + cell] - v_sl[first + cell]
            upwards[cell] = u >= 0
            up += upwards[cell]
            in_u[1, cell] = 2.0 * abs(u) / u_max - 1.0
            in_m[1, cell] = (2.0 * min(v_bl[first + cell], v_sl[first + cell]) - low - high) / (high - low)
        for basis, terms in ((in_u, n_u), (in_m, n_m)):
            for k in range(2, terms):
                for cell in range(_BLOCK):
                    basis[k, cell] = 2.0 * basis[1, cell] * basis[k - 1, cell] - basis[k - 2, cell]
        for sign in range(2):
            if up == (0 if sign == 0 else count):
                continue
            side = forward[0] if sign == 0 else reverse[0]
            for q in range(len(out)):
                total[:] = 0.0
                for i in range(n_u):
                    line[:] = side[q, i, 0]
                    for j in range(1, n_m):
                        for cell in range(_BLOCK):
                            line[cell] += side[q, i, j] * in_m[j, cell]
                    for cell in range(_BLOCK):
                        total[cell] += in_u[i, cell] * line[cell]
                for cell in range(count):
                    if upwards[cell] == (sign == 0):
                        out[q, first + cell] = total[cell]
