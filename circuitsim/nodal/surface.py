"""Evaluate a characterized cell: current and slopes, with the range it holds in."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.results import CellSurface, Provenance

# Voltages of a solved array reach the ends of the range to rounding: this much of a span is let pass.
_SLACK = 1e-9


@dataclass(frozen=True)
class ContractedCell:
    """A surface with the conductances put in: k(|U|, m) of each cell, as Chebyshev coefficients.

    Attributes:
        g: (...,) conductances [S].
        forward, reverse: (..., n_u, n_m) coefficients of k for U >= 0 and U < 0.
        u_max: Largest |U| [V].
        m_range: Range of the smaller voltage [V].
    """

    g: np.ndarray
    forward: np.ndarray
    reverse: np.ndarray
    u_max: float
    m_range: tuple[float, float]


def ohmic(g_range: tuple[float, float], v_range: tuple[float, float], *, r_series: float = 0.0) -> CellSurface:
    """Return the surface of a resistor, in series with `r_series`: i = U / (1/g + r_series).

    Args:
        g_range: Smallest and largest conductance [S].
        v_range: Smallest and largest voltage of either terminal [V].
        r_series: Constant resistance in series with every cell [ohm].
    """
    g_scale = 1.0 / r_series if r_series else g_range[1]
    low, high = (g / (g + g_scale) for g in g_range)
    # k = 1 / (1 + g r) = 1 - t when g_scale = 1 / r: exact in degree one.
    k = np.array([1.0 - (low + high) / 2, -(high - low) / 2]) if r_series else np.array([1.0, 0.0])
    tensor = k[:, None, None]
    span = v_range[1] - v_range[0]
    i_full_scale = span / (1.0 / g_range[1] + r_series)
    origin = Provenance(level="nodal", spec_digest="", options={"surface": "ohmic"})
    return CellSurface(tensor, tensor, g_range, g_scale, span, v_range, 0.0, i_full_scale, origin)


def contract(surface: CellSurface, g: np.ndarray) -> ContractedCell:
    """Put conductances into a surface, once per programmed array.

    Args:
        g: Conductances of any shape [S]; 0 is an open cell.

    Raises:
        InputError: A conductance is negative or not finite.
        OutsideRangeError: A conductance other than 0 is outside the surface's range; names the cell and the range.
    """
    g = np.asarray(g, float)
    check_conductances(surface, g)
    low, high = (value / (value + surface.g_scale) for value in surface.g_range)
    t = (g / (g + surface.g_scale) - low) / (high - low) * 2 - 1
    basis = chebyshev.chebvander(np.where(g > 0, t, 0.0), surface.forward.shape[0] - 1)
    forward = np.tensordot(basis, surface.forward, axes=1)
    reverse = np.tensordot(basis, surface.reverse, axes=1)
    return ContractedCell(g, forward, reverse, surface.u_max, surface.m_range)


def check_conductances(surface: CellSurface, g: np.ndarray) -> None:
    """Refuse conductances that the surface does not hold for; see `contract`."""
    check_nonnegative(g)
    low, high = surface.g_range
    slack = _SLACK * (high - low)
    bad = (g != 0) & ((g < low - slack) | (g > high + slack))
    if np.any(bad):
        cell = tuple(int(i) for i in np.argwhere(bad)[0])
        raise OutsideRangeError(
            f"g{list(cell)} = {g[cell]:g} S is outside the surface's range {low:g} … {high:g} S (0 is an open cell)"
        )


def check_nonnegative(g: np.ndarray) -> None:
    """Refuse conductances that are negative or not finite, naming the cell."""
    bad = ~(np.isfinite(g) & (g >= 0))
    if np.any(bad):
        cell = tuple(int(i) for i in np.argwhere(bad)[0])
        raise InputError(f"g{list(cell)} = {g[cell]:g} S: expected a finite conductance >= 0")


def cell_current(surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Evaluate the current of cells from bit line to source line.

    Args:
        g: Conductances [S].
        v_bl: Voltages of the bit line (row) at the cell [V].
        v_sl: Voltages of the source line (column) at the cell [V]. All three broadcast.

    Returns:
        Currents [A], of the broadcast shape, positive from bit line to source line.

    Raises:
        OutsideRangeError: A voltage or conductance is outside the surface; names cell, value and range.
        InputError: A value is not finite.
    """
    return cell_current_and_slopes(surface, g, v_bl, v_sl)[0]


def cell_current_and_slopes(
    surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Evaluate current [A] and its derivatives with respect to v_bl and v_sl [S]; see `cell_current`."""
    return contracted_current_and_slopes(contract(surface, g), v_bl, v_sl)


def slope_in_g(surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Evaluate the derivative of the current with respect to the programmed conductance [V]; see `cell_current`."""
    g = np.asarray(g, float)
    low, high = (value / (value + surface.g_scale) for value in surface.g_range)
    k = contract(surface, g)
    slope = replace(surface, forward=_derivative(surface.forward), reverse=_derivative(surface.reverse))
    k_t = contract(slope, g)
    dt_dg = surface.g_scale / (g + surface.g_scale) ** 2 * 2 / (high - low)
    u = np.asarray(v_bl, float) - v_sl
    factor = _k_and_slopes(k, v_bl, v_sl)[0] + g * dt_dg * _k_and_slopes(k_t, v_bl, v_sl)[0]
    return u * factor


def contracted_current_and_slopes(
    cell: ContractedCell, v_bl: np.ndarray, v_sl: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Evaluate current [A] and its slopes [S] in v_bl and v_sl for conductances already put in; see `cell_current`."""
    k, k_u, k_m = _k_and_slopes(cell, v_bl, v_sl)
    u = np.asarray(v_bl, float) - v_sl
    along_u = cell.g * (k + np.abs(u) * k_u)
    along_m = cell.g * u * k_m
    back = u < 0
    return cell.g * u * k, along_u + np.where(back, along_m, 0.0), np.where(back, 0.0, along_m) - along_u


def _k_and_slopes(cell: ContractedCell, v_bl, v_sl) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Evaluate k, dk/d|U| and dk/dm with broadcasting, the side chosen by the sign of U."""
    v_bl, v_sl = np.asarray(v_bl, float), np.asarray(v_sl, float)
    shape = np.broadcast_shapes(cell.g.shape, v_bl.shape, v_sl.shape)
    v_bl, v_sl, g = (np.broadcast_to(x, shape) for x in (v_bl, v_sl, cell.g))
    u, m = np.abs(v_bl - v_sl), np.minimum(v_bl, v_sl)
    # An open cell carries no current at any voltage.
    check_voltages(cell, np.where(g > 0, v_bl, 0.5 * sum(cell.m_range)), np.where(g > 0, v_sl, 0.5 * sum(cell.m_range)))
    _, n_u, n_m = (1, *cell.forward.shape[-2:])
    m_mid, m_half = 0.5 * sum(cell.m_range), 0.5 * (cell.m_range[1] - cell.m_range[0])
    in_u, in_u1 = _basis(np.clip(u / cell.u_max * 2 - 1, -1, 1), n_u, 2 / cell.u_max)
    in_m, in_m1 = _basis(np.clip((m - m_mid) / m_half, -1, 1), n_m, 1 / m_half)
    k, k_u, k_m = (np.empty(shape) for _ in range(3))
    for side, chosen in ((cell.forward, v_bl >= v_sl), (cell.reverse, v_bl < v_sl)):
        if not np.any(chosen):
            continue
        where = np.nonzero(chosen)
        coefficients = np.broadcast_to(side, (*shape, n_u, n_m))[where]
        along_m = np.einsum("pum,pm->pu", coefficients, in_m[where])
        k[where] = np.einsum("pu,pu->p", along_m, in_u[where])
        k_u[where] = np.einsum("pu,pu->p", along_m, in_u1[where])
        k_m[where] = np.einsum("pum,pm,pu->p", coefficients, in_m1[where], in_u[where])
    return k, k_u, k_m


def check_voltages(cell: ContractedCell | CellSurface, v_bl: np.ndarray, v_sl: np.ndarray) -> None:
    """Refuse voltages outside the surface's range.

    Raises:
        OutsideRangeError: Names the first cell, its voltages and the range.
        InputError: A voltage is not finite.
    """
    if not (np.all(np.isfinite(v_bl)) and np.all(np.isfinite(v_sl))):
        raise InputError("a cell voltage is not finite: expected numbers")
    u, m = np.abs(v_bl - v_sl), np.minimum(v_bl, v_sl)
    low, high = cell.m_range
    slack = _SLACK * max(high - low, cell.u_max)
    bad = (u > cell.u_max + slack) | (m < low - slack) | (m > high + slack)
    if np.any(bad):
        cell_index = tuple(int(i) for i in np.argwhere(bad)[0])
        raise OutsideRangeError(
            f"cell {list(cell_index)}: v_bl = {v_bl[cell_index]:g} V, v_sl = {v_sl[cell_index]:g} V is outside the "
            f"surface: |v_bl - v_sl| <= {cell.u_max:g} V and min(v_bl, v_sl) in {low:g} … {high:g} V"
        )


def _basis(x: np.ndarray, n: int, dx: float) -> tuple[np.ndarray, np.ndarray]:
    """Chebyshev polynomials T_0 … T_{n-1} at x, and their derivatives times dx."""
    values = chebyshev.chebvander(x, n - 1)
    if n == 1:
        return values, np.zeros_like(values)
    to_slope = chebyshev.chebder(np.eye(n), axis=0)  # (n-1, n): coefficients of T_j' in T_0 … T_{n-2}
    return values, values[..., :-1] @ to_slope * dx


def _derivative(tensor: np.ndarray) -> np.ndarray:
    """Coefficients of the derivative along the first coordinate; a constant keeps one zero term."""
    return chebyshev.chebder(tensor, axis=0) if tensor.shape[0] > 1 else np.zeros_like(tensor)
