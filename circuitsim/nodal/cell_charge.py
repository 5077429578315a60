"""Evaluate the charges of cells and their capacitances."""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.chebyshev import chebder, chebval, chebvander

from circuitsim.nodal.surface_points import conductance_coordinate, to_unit
from circuitsim.results import CellCharges


@dataclass(frozen=True)
class ChargePolynomials:
    """The charges of cells with their conductances put in: coefficients over |U| and m for `charges_at`.

    Attributes:
        sides: (n_u, n_m, 3, …) coefficients of the charges of bit line, source line and gate [C], forward and reverse;
            the last axes are those of the cells, or absent where all cells are equal.
        by_u, by_m: Coefficients of their slopes per volt, on both sides.
        v_range: Range of both voltages [V].
    """

    sides: tuple[np.ndarray, np.ndarray]
    by_u: tuple[np.ndarray, np.ndarray]
    by_m: tuple[np.ndarray, np.ndarray]
    v_range: tuple[float, float]


def charge_polynomials(charges: CellCharges, g: np.ndarray) -> ChargePolynomials:
    """Put conductances of any shape [S] into charges."""
    n_t = charges.forward.shape[1]
    ends = (conductance_coordinate(edge, charges.g_scale) for edge in charges.g_range)
    in_t = chebvander(to_unit(conductance_coordinate(g, charges.g_scale), *ends), n_t - 1)
    per_volt = 2 / (charges.v_range[1] - charges.v_range[0])

    def put_in(side: np.ndarray) -> np.ndarray:
        if n_t == 1:  # charges of a transistor, the same in all cells
            return np.moveaxis(side[:, 0], 0, 2).reshape(*side.shape[2:], 3, *(1,) * g.ndim)
        return np.moveaxis(np.tensordot(side, in_t, (1, in_t.ndim - 1)), 0, 2)

    sides = (put_in(charges.forward), put_in(charges.reverse))
    by_u, by_m = (tuple(per_volt * _slope(side, axis) for side in sides) for axis in (0, 1))
    return ChargePolynomials(sides, by_u, by_m, charges.v_range)


def _slope(side: np.ndarray, axis: int) -> np.ndarray:
    return chebder(side, axis=axis) if side.shape[axis] > 1 else np.zeros_like(side)


def charges_at(cells: ChargePolynomials, v_bl: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Return the charges (3, …) [C] of bit line, source line and gate of each cell at its voltages (…) [V]."""
    return _by_side(cells.sides, *_coordinates(cells, v_bl, v_sl))


def capacitances_at(cells: ChargePolynomials, v_bl: np.ndarray, v_sl: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the slopes (3, …) [F] of the charges by the voltages of bit line and source line."""
    at = _coordinates(cells, v_bl, v_sl)
    by_u, by_m = _by_side(cells.by_u, *at), _by_side(cells.by_m, *at)
    forward = at[2]
    # Forward v_bl = m + |U|, v_sl = m; reverse the other way round.
    return np.where(forward, by_u, by_m - by_u), np.where(forward, by_m - by_u, by_u)


def charge_law(charges: CellCharges, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Return charges [C] and slopes by v_bl and v_sl [F] (3 terminals, 3, points) of cells g (points,) [S]."""
    cells = charge_polynomials(charges, g)
    return np.stack([charges_at(cells, v_bl, v_sl), *capacitances_at(cells, v_bl, v_sl)], axis=1)


def _coordinates(
    cells: ChargePolynomials, v_bl: np.ndarray, v_sl: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Coordinates of |U| and m in −1 … 1, and whether U >= 0."""
    low, high = cells.v_range
    u = v_bl - v_sl
    return to_unit(np.abs(u), 0.0, high - low), to_unit(np.minimum(v_bl, v_sl), low, high), u >= 0


def _by_side(
    sides: tuple[np.ndarray, np.ndarray], x: np.ndarray, y: np.ndarray, forward: np.ndarray
) -> np.ndarray:
    if np.all(forward):
        return _sum_up(sides[0], x, y)
    return np.where(forward, _sum_up(sides[0], x, y), _sum_up(sides[1], x, y))


def _sum_up(side: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Evaluate coefficients (n_u, n_m, 3, …) at x, y (…)."""
    return chebval(y, chebval(x, side, tensor=False), tensor=False)
