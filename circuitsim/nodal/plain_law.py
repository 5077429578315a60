"""A surface at a few conductances and voltages in plain NumPy, so that nothing is compiled before the first read."""

import numpy as np

from circuitsim.nodal.compact_cells import conductance_basis
from circuitsim.nodal.surface_chords import k_over_t
from circuitsim.results import CellSurface


def plain_currents(surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Return the currents of every conductance at every pair of voltages; equal to `surface.cell_law` to rounding.

    Outside the box the coefficient k keeps its value at the edge.

    Args:
        surface: The characterized cell, without a transistor in series.
        g: Conductances (n,) [S] above 0.
        v_bl, v_sl: Voltages of bit line and source line (points,) [V].

    Returns:
        (n, points) [A], positive from bit line to source line.
    """
    u, m = v_bl - v_sl, np.clip(np.minimum(v_bl, v_sl), *surface.m_range)
    k = np.empty((len(g), len(u)))
    for side in (u >= 0, u < 0):
        if np.any(side):
            over_t = k_over_t(surface, np.clip(u[side], -surface.u_max, surface.u_max), m[side])
            k[:, side] = conductance_basis(surface, g, len(over_t)) @ over_t
    return (g[:, None] + surface.g_parallel) * u * k
