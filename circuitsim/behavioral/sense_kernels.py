"""Compiled steps of `sense.settle`: the curve of an amplifier on an even grid, and Newton's method on it.

A cascode's column voltage is steep near zero current. Over u, with i = i_scale·u·(|u| + 2δ), it is smooth, so that an
even grid needs no search.
"""

# pyright: reportCallIssue=false

from typing import NamedTuple

import numpy as np

from circuitsim.nodal.kernel import kernel
from circuitsim.results import SenseTable

_POINTS = 4096  # of a grid
_BEND = 0.01  # δ: currents below 1e-4 of the largest are spaced evenly


class CurveGrid(NamedTuple):
    """Curves of an amplifier over u, from low to low + (points − 1) / inverse.

    Attributes:
        i_scale: Current at u·(|u| + 2δ) = 1 [A].
        bend: δ.
        low, inverse: First u, and points per unit of u.
        drop, out: (points,) voltage of the column [V] and output [unit].
    """

    i_scale: float
    bend: float
    low: float
    inverse: float
    drop: np.ndarray
    out: np.ndarray


def curve_grid(sense: SenseTable, dtype: np.dtype) -> CurveGrid:
    """Lay the curves of an amplifier out over u."""
    assert sense.current is not None and sense.drop is not None
    scale = float(np.abs(sense.current[[0, -1]]).max())
    low, high = _u_of(sense.current[[0, -1]], scale)
    u = np.linspace(low, high, _POINTS)
    current = scale * u * (np.abs(u) + 2 * _BEND)
    reported = sense.gain * sense.current + sense.offset if sense.reported is None else sense.reported
    drop, out = (np.interp(current, sense.current, y).astype(dtype) for y in (sense.drop, reported))
    kind = dtype.type
    return CurveGrid(kind(scale), kind(_BEND), kind(low), kind((_POINTS - 1) / (high - low)), drop, out)


def start_grid(grid: CurveGrid, admittance: float, r_sense: float) -> np.ndarray:
    """Return u (points,) of the solution for one admittance, over the u of the wanted current."""
    u = np.linspace(grid.low, grid.low + (_POINTS - 1) / grid.inverse, _POINTS)
    current = grid.i_scale * u * (np.abs(u) + 2 * grid.bend)
    wanted = current + admittance * (grid.drop - r_sense * current)
    return np.interp(current, wanted, u).astype(grid.drop.dtype)


def _u_of(current: np.ndarray, scale: float) -> np.ndarray:
    return np.sign(current) * (np.sqrt(np.abs(current) / scale + _BEND**2) - _BEND)


@kernel
def curve_values(current, i_scale, bend, low, inverse, values, out):
    """Write the values of a curve over u at currents (n,), the end values beyond the grid's ends."""
    kind = values.dtype.type
    zero, last, scale, square = kind(0), kind(len(values) - 2), kind(1) / i_scale, bend * bend
    for n in range(len(current)):
        root = np.sqrt(np.abs(current[n]) * scale + square) - bend
        exact = (np.copysign(root, current[n]) - low) * inverse
        place = np.int32(min(max(exact, zero), last))
        k = np.uint64(place)
        out[n] = values[k] + (values[k + np.uint64(1)] - values[k]) * (exact - kind(place))


@kernel
def newton_step(wanted, admittance, r_sense, i_scale, bend, low, inverse, drop, u, extra):
    """Solve i + admittance·(drop(i) − r_sense·i) = wanted by one step of Newton's method on u; see `sense.meet_curve`.

    Args:
        wanted: Currents without the drop beyond r_sense·i (n,) [A].
        admittance: What each column loses per volt at its amplifier (n,) [S].
        r_sense: Resistance that `wanted` contains [ohm].
        i_scale, bend, low, inverse, drop: The curve, see `CurveGrid`.
        u: (n,) start, and the solution.
        extra: (n,) voltage beyond r_sense·i there, written [V].
    """
    kind = drop.dtype.type
    zero, last, both = kind(0), kind(len(drop) - 2), i_scale + i_scale
    for n in range(len(wanted)):
        exact = (u[n] - low) * inverse
        place = np.int32(min(max(exact, zero), last))
        k = np.uint64(place)
        step, y, size = drop[k + np.uint64(1)] - drop[k], admittance[n], np.abs(u[n])
        current = i_scale * u[n] * (size + bend + bend)
        beyond = drop[k] + step * (exact - kind(place)) - r_sense * current
        per_u = both * (size + bend)
        rise = step * inverse - r_sense * per_u
        move = (wanted[n] - current - y * beyond) / (per_u + y * rise)
        u[n] += move
        extra[n] = beyond + rise * move
