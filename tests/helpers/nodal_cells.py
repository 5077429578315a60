"""An analytic cell, so that the solver is tested against a formula and not against another fit."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.results import CellSurface, Provenance, SeriesTransistor


@dataclass(frozen=True)
class SinhWithTransistor:
    """A sinh memory in series with a transistor that saturates and has body effect.

    Memory: i = g · v0 · sinh(v / v0). Transistor: i = g_t · tanh(u / v_s) · v_s · (1 − b·m), u between its two ends,
    m the lower of their voltages; odd under exchange of the ends, as a symmetric MOSFET is.
    """

    v0: float = 0.25
    g_t: float = 5e-4
    v_s: float = 0.6
    b: float = 0.4

    def current(self, g, v_bl, v_sl):
        """Current from v_bl to v_sl [A]: the inner node by bisection-safe Newton on the memory's voltage."""
        g, v_bl, v_sl = np.broadcast_arrays(g, v_bl, v_sl)
        low, high = np.minimum(v_bl, v_sl), np.maximum(v_bl, v_sl)
        forward = v_bl >= v_sl
        left, right = low.copy(), high.copy()  # inner node
        for _ in range(80):
            x = 0.5 * (left + right)
            # forward: memory from bit line (high) to x, transistor from x to source line (low); reverse mirrored
            memory = g * self.v0 * np.sinh(np.where(forward, high - x, x - low) / self.v0)
            u, m = np.where(forward, x - low, high - x), np.where(forward, low, x)
            transistor = self.g_t * self.v_s * np.tanh(u / self.v_s) * (1 - self.b * m)
            too_low = np.where(forward, memory > transistor, memory < transistor)
            left, right = np.where(too_low, x, left), np.where(too_low, right, x)
        return np.where(forward, 1.0, -1.0) * memory

    def surface(self, g_range=(1e-6, 1e-4), v_range=(0.0, 0.2), degrees=(9, 13, 7)) -> CellSurface:
        """Tabulate the cell on Chebyshev nodes."""
        return tabulated(self.current, self.g_t, 0.0, g_range, v_range, degrees)

    def in_series(self, g_range=(1e-6, 1e-4), v_range=(0.0, 0.2), degrees=(3, 13), alone=(64, 4)) -> CellSurface:
        """Tabulate the memory alone and the transistor alone, as the series form of a surface."""

        def memory(g, v_bl, v_sl):
            return g * self.v0 * np.sinh((v_bl - v_sl) / self.v0)

        def transistor(g, v_bl, v_sl):
            u, m = v_bl - v_sl, np.minimum(v_bl, v_sl)
            return g / g_range[1] * self.g_t * self.v_s * np.tanh(u / self.v_s) * (1 - self.b * m)

        device = tabulated(memory, self.g_t, 0.0, g_range, v_range, (*degrees, 1))
        law = tabulated(transistor, self.g_t, 0.0, g_range, v_range, (1, *alone))
        series = SeriesTransistor(*(side[0] * g_range[1] for side in (law.forward, law.reverse)))
        full_scale = float(self.current(np.array(g_range[1]), v_range[1], v_range[0]))
        return replace(device, transistor=series, i_max=full_scale)


@dataclass(frozen=True)
class SinhBesideTransistor(SinhWithTransistor):
    """The same memory and transistor side by side, as in a string: the transistor bypasses the memory."""

    def current(self, g, v_bl, v_sl):
        """Current from v_bl to v_sl [A]."""
        u, m = v_bl - v_sl, np.minimum(v_bl, v_sl)
        transistor = self.g_t * self.v_s * np.tanh(u / self.v_s) * (1 - self.b * m)
        return g * self.v0 * np.sinh(u / self.v0) + transistor

    def surface(self, g_range=(1e-6, 1e-4), v_range=(0.0, 0.2), degrees=(3, 13, 7)) -> CellSurface:
        """Tabulate the cell over the conductance of both: two nodes along g would do."""
        return tabulated(self.current, self.g_t, self.g_t, g_range, v_range, degrees)


def tabulated(current, g_scale, g_parallel, g_range, v_range, degrees) -> CellSurface:
    """Tabulate a formula i(g, v_bl, v_sl) on Chebyshev nodes."""
    span = v_range[1] - v_range[0]
    unit = [np.cos(np.pi * (np.arange(n) + 0.5) / n) for n in degrees]
    t_low, t_high = (g / (g + g_scale) for g in g_range)
    t = t_low + (t_high - t_low) * (unit[0] + 1) / 2
    g = (g_scale * t / (1 - t))[:, None, None]
    u = (span * (unit[1] + 1) / 2)[None, :, None]
    m = (v_range[0] + span * (unit[2] + 1) / 2)[None, None, :]
    sides = [current(g, m + u, m) / ((g + g_parallel) * u), -current(g, m, m + u) / ((g + g_parallel) * u)]
    for axis, n in enumerate(degrees):
        inverse = np.linalg.inv(chebyshev.chebvander(unit[axis], n - 1))
        sides = [np.moveaxis(np.tensordot(inverse, k, (1, axis)), 0, axis) for k in sides]
    origin = Provenance(level="nodal", spec_digest="")
    full_scale = float(current(np.array(g_range[1]), v_range[1], v_range[0]))
    return CellSurface(
        sides[0], sides[1], g_range, g_scale, span, v_range, 1e-9, full_scale, origin, g_parallel=g_parallel
    )
