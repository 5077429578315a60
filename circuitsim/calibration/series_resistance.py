"""The resistance in series with a cell's device, read off its surface, and the cell with a little more of it."""

from dataclasses import replace

import numpy as np

from circuitsim.characterization.chebyshev import nodes, pair_fit, tensor_fit
from circuitsim.nodal.surface import cell_law, conductance_nodes
from circuitsim.results import CellSurface

_SMALL = 1e-3  # of the largest voltage across the cell


def series_resistance(surface: CellSurface) -> float:
    """Return the resistance in series with the device at small voltages [ohm]: that of the transistor.

    The small-signal conductance of a device is a·g, whatever its current is like at `v_read`; so the resistance of the
    cell is 1/(a·g) + r, and two conductances tell r. The currents of two states need not have one shape; for them the
    scale of the surface is taken, which is the conductance in series with an ohmic state of the larger conductance.

    Args:
        surface: The cell.

    Valid for: devices whose shape of current hardly depends on the conductance. 0 where none is seen.
    """
    if surface.two_states:
        return 1.0 / surface.g_scale
    low, high = surface.g_range
    g = np.array([max(low, high / 2), high])
    rest = np.clip(0.0, *surface.m_range)
    u = _SMALL * surface.u_max
    resistance = u / cell_law(surface, g, np.full(2, rest + u), np.full(2, rest))[0]
    slope = (resistance[0] - resistance[1]) / (1 / g[0] - 1 / g[1])
    return max(0.0, float(resistance[1] - slope / g[1]))


def with_series(surface: CellSurface, r: float) -> CellSurface:
    """Return the cell with a small resistance r [ohm] more in series at its bit line, to first order in r."""
    if surface.transistor is not None:  # it is in series with the device alone
        return replace(with_series(replace(surface, transistor=None), r), transistor=surface.transistor)
    n_t, n_u, n_m = surface.forward.shape
    low, high = surface.g_range
    g = np.array([high, low]) if surface.two_states else conductance_nodes(n_t, surface.g_range, surface.g_scale)
    u, m = nodes(n_u, 0.0, surface.u_max)[:, None], nodes(n_m, *surface.m_range)
    fit = pair_fit if surface.two_states else tensor_fit
    sides = []
    for v_bl, v_sl in ((m + u, m), (m, m + u)):
        current, along_bl, _, _ = cell_law(surface, g[:, None, None], v_bl, v_sl)
        sides.append(fit(current * (1 - r * along_bl) / ((g[:, None, None] + surface.g_parallel) * (v_bl - v_sl))))
    return replace(surface, forward=sides[0], reverse=sides[1])
