"""Evaluate a device in series with a transistor: the voltage between them is where both carry the same current.

The current of the device falls and that of the transistor rises with this voltage. So it is found by Newton's method
between the ends of the cell, with bisection where a step leaves them. Both currents are smooth polynomials; the cell's
current bends where the transistor saturates, as sharply as it does in the circuit.
"""

from collections.abc import Iterator

import numpy as np

from circuitsim.nodal.narrowed import narrowed
from circuitsim.nodal.series_kernels import solve_forward
from circuitsim.nodal.surface_points import conductance_coordinate, evaluate_points, to_unit
from circuitsim.results import CellSurface

_MOST_STEPS = 100  # 5 to 10 are usual; bisection alone would need 50
_SETTLED = 1e-9  # step [of the largest voltage] after which one more leaves less than rounding
_NEARLY = 1e-7  # the same where what is left is squared twice more
_LEAST_PART = 1e-3  # of half the range of the lower voltage: a polynomial over less is no more exact


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
    forward = np.flatnonzero((g > 0) & (v_bl >= v_sl))  # an open cell carries nothing
    if len(forward):
        out[:, forward] = _forward(surface, g[forward], v_bl[forward], v_sl[forward])
    left = np.flatnonzero((g > 0) & (v_bl < v_sl))
    if len(left):
        _backward(surface, left, g[left], v_bl[left], v_sl[left], out)


def _forward(surface: CellSurface, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray) -> np.ndarray:
    """Return what `evaluate_series` fills in, for current from the bit line to the source line."""
    series, box, out = surface.transistor, surface_box(surface), np.empty((4, g.size))
    assert series is not None
    g_scale, _, t_low, t_high, u_max, *m_range = box
    t = to_unit(conductance_coordinate(g, g_scale), t_low, t_high)
    per_g = (g_scale / (g + g_scale) ** 2 if g_scale > 0 else 1.0 / g) * 2.0 / (t_high - t_low)
    ends = np.clip(to_unit(np.array([v_sl.min(), v_sl.max()]), *m_range), -1.0, 1.0)
    ends = np.clip([ends[0] - _LEAST_PART, ends[1] + _LEAST_PART], -1.0, 1.0)
    transistor = narrowed(np.asarray(series.forward, float), 1, *ends)
    m_low, m_high = m_range[0] + 0.5 * (ends + 1.0) * (m_range[1] - m_range[0])
    device = np.ascontiguousarray(surface.forward[:, :, 0], dtype=float)
    known = device, transistor, np.array([u_max, m_low, m_high]), _MOST_STEPS, _NEARLY * u_max
    solve_forward(*known, g, t, per_g, v_bl, v_sl, out)
    return out


def _backward(
    surface: CellSurface, left: np.ndarray, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray, out: np.ndarray
) -> None:
    """Do the same for the other direction, and write it to `out` at the points `left`.

    Newton's method begins at the lower end, from where it rises to the solution. The lower voltage of the transistor
    moves with it, and takes a whole evaluation each step.
    """
    low, high, v_mid = v_bl, v_sl, v_bl
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
