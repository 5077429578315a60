"""Evaluate a device in series with a transistor: the voltage between them is where both carry the same current.

The current of the device falls and that of the transistor rises with this voltage. So it is found by Newton's method
between the ends of the cell, with bisection where a step leaves them. Both currents are smooth polynomials; the cell's
current bends where the transistor saturates, as sharply as it does in the circuit.
"""

from collections.abc import Iterator

import numpy as np

from circuitsim.nodal.surface_points import conductance_coordinate, evaluate_points
from circuitsim.results import CellSurface

_MOST_STEPS = 100  # 5 to 10 are usual; bisection alone would need 50
_SETTLED = 1e-9  # step [of the largest voltage] after which one more leaves less than rounding


def surface_box(surface: CellSurface) -> np.ndarray:
    """Return the numbers beside the tensors that `evaluate_points` needs (7,)."""
    t_low, t_high = (conductance_coordinate(edge, surface.g_scale) for edge in surface.g_range)
    return np.array([surface.g_scale, surface.g_parallel, t_low, t_high, surface.u_max, *surface.m_range])


def evaluate_series(surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray, out: np.ndarray) -> None:
    """Fill current, slopes in v_bl and v_sl, and slope in g (4, points) at each point; see `surface.cell_law`.

    Args:
        surface: With a transistor in series.
        g, v_bl, v_sl: (points,) conductances [S] and voltages [V].
        out: Written.
    """
    out[:] = 0.0
    left = np.flatnonzero(g)  # an open cell carries nothing
    g, v_bl, v_sl = g[left], v_bl[left], v_sl[left]
    low, high = np.minimum(v_bl, v_sl), np.maximum(v_bl, v_sl)
    v_mid = _start(surface, g, v_bl, v_sl)
    for step in range(_MOST_STEPS):
        device, transistor = _device(surface, g, v_bl, v_mid), _transistor(surface, v_mid, v_sl)
        more = device[0] - transistor[0]
        low, high = np.where(more > 0, v_mid, low), np.where(more > 0, high, v_mid)
        with np.errstate(divide="ignore", invalid="ignore"):
            moved = v_mid + more / (device[1] + transistor[1])
        moved = np.where((moved >= low) & (moved <= high), moved, 0.5 * (low + high))
        settled = (np.abs(moved - v_mid) <= _SETTLED * surface.u_max) | (step == _MOST_STEPS - 1)
        if settled.any():
            out[:, left[settled]] = _joined(device[:, settled], transistor[:, settled])
            left, g, v_bl, v_sl, low, high, moved = (a[~settled] for a in (left, g, v_bl, v_sl, low, high, moved))
        if left.size == 0:
            return
        v_mid = moved


def _start(surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Begin below the solution, from where Newton's method rises to it: at the lower end, or as in saturation.

    A saturated transistor carries the same current at the solution as with the whole voltage across it.
    """
    saturated = v_bl - _transistor(surface, v_bl, v_sl)[0] / _device(surface, g, v_bl, v_bl)[1]
    low = np.minimum(v_bl, v_sl)
    return np.where(v_bl > v_sl, np.clip(saturated, low, v_bl), low)


def _device(surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_mid: np.ndarray) -> np.ndarray:
    """Current of the device, its slopes at both ends and its slope in g (4, points)."""
    out = np.empty((4, g.size))
    evaluate_points(*_contiguous(surface.forward, surface.reverse), surface_box(surface), g, v_bl, v_mid, out)
    return out


def _transistor(surface: CellSurface, v_mid: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Current of the transistor and its slopes at both ends (4, points)."""
    series, out = surface.transistor, np.empty((4, v_mid.size))
    assert series is not None
    box = np.array([1.0, 0.0, 0.0, 1.0, surface.u_max, *surface.m_range])  # the same at any conductance
    forward, reverse = _contiguous(series.forward[None], series.reverse[None])
    evaluate_points(forward, reverse, box, np.ones(v_mid.size), v_mid, v_sl, out)
    return out


def _contiguous(*tensors: np.ndarray) -> Iterator[np.ndarray]:
    return (np.ascontiguousarray(tensor, dtype=float) for tensor in tensors)


def _joined(device: np.ndarray, transistor: np.ndarray) -> np.ndarray:
    """Current and slopes of both in series (4, points), from those of each at nearly the same current."""
    _, along_bl, _, along_g = device
    _, along_mid, along_sl, _ = transistor
    both = along_bl + along_mid
    return np.stack(
        [
            along_bl * transistor[0] + along_mid * device[0],
            along_bl * along_mid,
            along_bl * along_sl,
            along_mid * along_g,
        ]
    ) / np.where(both > 0, both, np.inf)
