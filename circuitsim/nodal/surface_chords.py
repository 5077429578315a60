"""Chord conductances of a surface: of all cells at one pair of voltages, and of all conductances at given voltages."""

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.nodal.surface import cell_law, conductance_nodes, unit_conductance, unit_nodes
from circuitsim.nodal.surface_points import to_unit
from circuitsim.results import CellSurface

_COUNTS = (16, 32, 64, 128)  # terms over the conductance of a cell with a transistor in series, tried in this order
_ENOUGH = 1e-11  # last terms [of the largest] after which more change nothing


def chord(surface: CellSurface | None, g: np.ndarray, v_bl: float, v_sl: float) -> np.ndarray:
    """Return the chord conductance i/U [S] of cells between the same two voltages; the slope where they are equal.

    Args:
        g: Conductances of any shape [S].
        v_bl, v_sl: The two voltages [V]; outside the surface they are taken at its edge.
    """
    g = np.asarray(g, float)
    if surface is None:
        return g
    if surface.transistor is not None:
        m = np.clip(min(v_bl, v_sl), *surface.m_range)
        u = np.clip(v_bl - v_sl, -surface.u_max, surface.u_max)
        current, slope = cell_law(surface, g, np.full(g.shape, m + max(u, 0.0)), np.full(g.shape, m - min(u, 0.0)))[:2]
        return slope if u == 0 else current / u
    side = surface.forward if v_bl >= v_sl else surface.reverse
    x = min(to_unit(abs(v_bl - v_sl), 0.0, surface.u_max), 1.0)
    y = np.clip(to_unit(min(v_bl, v_sl), *surface.m_range), -1.0, 1.0)
    t = unit_conductance(surface, g)
    k = chebyshev.chebval(t, chebyshev.chebval2d(x, y, np.moveaxis(side, 0, -1)))
    return (g + surface.g_parallel) * k


def k_over_t(surface: CellSurface, u: np.ndarray, m: np.ndarray) -> np.ndarray:
    """Return k = i/((g + g_parallel)·U) at given voltages as a polynomial of the conductance coordinate.

    Args:
        u: v_bl − v_sl (points,) [V], all of one sign.
        m: min(v_bl, v_sl) (points,) [V], inside the surface.

    Returns:
        (n_t, points) Chebyshev coefficients over `unit_conductance`, dimensionless.
    """
    if surface.transistor is not None:
        return _series_over_t(surface, u, m)
    # Contiguous: the product rounds by the layout of its arrays, which a file or another process need not keep.
    tensor = np.ascontiguousarray(surface.forward if np.all(u >= 0) else surface.reverse)
    in_u = chebyshev.chebvander(to_unit(np.abs(u), 0.0, surface.u_max), tensor.shape[1] - 1)
    in_m = chebyshev.chebvander(to_unit(m, *surface.m_range), tensor.shape[2] - 1)
    n_t, n_u, n_m = tensor.shape
    along_u = in_u @ tensor.transpose(1, 0, 2).reshape(n_u, n_t * n_m)  # einsum of all three takes 30 times as long
    return np.einsum("ptm,pm->tp", along_u.reshape(-1, n_t, n_m), in_m)


def row_laws(surface: CellSurface, u: np.ndarray, m: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return i/(g + g_parallel) and its slope in v_bl at given voltages as polynomials of the conductance coordinate.

    Args:
        surface: Without a transistor in series.
        u: v_bl − v_sl of the points of every row (points,) [V], all above 0.
        m: v_sl (rows, points) [V], inside the surface.

    Returns:
        Both (rows, n_t, points), Chebyshev coefficients over `unit_conductance` [V, dimensionless].
    """
    n_t, n_u, n_m = surface.forward.shape
    x = np.minimum(to_unit(u, 0.0, surface.u_max), 1.0)
    in_u = chebyshev.chebvander(x, n_u - 1)
    slopes = chebyshev.chebvander(x, max(n_u - 2, 0)) @ chebyshev.chebder(np.eye(n_u)) if n_u > 1 else 0.0 * in_u
    sloped = in_u + (u * 2.0 / surface.u_max)[:, None] * slopes
    in_m = chebyshev.chebvander(np.clip(to_unit(m, *surface.m_range), -1.0, 1.0), n_m - 1)
    by_u = np.ascontiguousarray(surface.forward.transpose(1, 0, 2)).reshape(n_u, n_t * n_m)
    value, slope = (
        np.matmul((part @ by_u).reshape(-1, n_t, n_m), in_m.transpose(1, 2, 0)).transpose(2, 1, 0)
        for part in (in_u * u[:, None], sloped)
    )
    return value, slope


def _series_over_t(surface: CellSurface, u: np.ndarray, m: np.ndarray) -> np.ndarray:
    """k as `k_over_t`, with as many terms as a transistor that saturates within the range of conductances needs."""
    v_bl, v_sl = m + np.maximum(u, 0.0), m - np.minimum(u, 0.0)

    def k(g: np.ndarray) -> np.ndarray:
        current, slope = cell_law(surface, g[:, None], v_bl, v_sl)[:2]
        return np.where(u == 0, slope, current / np.where(u == 0, 1.0, u)) / g[:, None]

    if surface.two_states:
        lower, upper = k(np.array(surface.g_range))
        return np.stack([(upper + lower) / 2, (upper - lower) / 2])
    found = np.empty((0, len(u)))
    for count in _COUNTS:
        values = k(conductance_nodes(count, surface.g_range, surface.g_scale))
        found = np.linalg.solve(chebyshev.chebvander(unit_nodes(count), count - 1), values)
        if np.abs(found[-2:]).max() <= _ENOUGH * np.abs(found).max():
            break
    return found


def count_over_t(surface: CellSurface) -> int:
    """Number of conductances, at `conductance_nodes`, that tell the currents of all at given voltages."""
    return len(surface.forward) if surface.transistor is None else _COUNTS[1]
