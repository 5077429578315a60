"""Compiled steps of `sense.settle`: curves on even grids, which need no search, `WIDTH` outputs at a time.

An amplifier's voltage is steep near zero current: that of a cascode falls there by a volt in a nanoampere. Over the
current a = i + admittance·e(i) that a column would carry into a constant resistance, its voltage e beyond this
resistance is smooth, for de/da is at most 1 / admittance.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from typing import NamedTuple

import numpy as np

from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, divide, floor_of, fma, larger, load, pick, smaller, spread, store

_POINTS = (2**12, 2**14, 2**16, 2**18)  # of a grid: the two arrays of the first, of float32, stay in the nearest cache


class EvenCurve(NamedTuple):
    """A curve on a grid of equal steps; beyond its ends it goes on as its last pieces do.

    Attributes:
        low, inverse: First argument, and points per unit of the argument.
        values, steps: (points − 1,) value at each point but the last, and the rise to the next.
    """

    low: float
    inverse: float
    values: np.ndarray
    steps: np.ndarray


class ColumnCurve(NamedTuple):
    """Voltage e [V] of a column beyond a constant resistance, over i + mean·e [A], as an `EvenCurve`.

    Attributes:
        mean: An admittance near those of the columns [S].
        low, inverse, values, steps: As in `EvenCurve`.
    """

    mean: float
    low: float
    inverse: float
    values: np.ndarray
    steps: np.ndarray


def even_curve(x: np.ndarray, y: np.ndarray, dtype: np.dtype, *, close: float) -> EvenCurve | None:
    """Lay a curve, linear between its points, out on a grid of as many points as keep it.

    Args:
        x, y: (n,) arguments, rising, and values.
        dtype: Type of the grid.
        close: Largest error of the values; it is met at one of the points of the curve.

    Returns:
        The grid, or None where 2^18 points do not suffice.
    """
    for points in _POINTS:
        grid = np.linspace(x[0], x[-1], points)
        values = np.interp(grid, x, y)
        if np.abs(np.interp(x, grid, values) - y).max() <= close:
            kind, per_unit = dtype.type, (points - 1) / (x[-1] - x[0])
            return EvenCurve(kind(x[0]), kind(per_unit), values[:-1].astype(dtype), np.diff(values).astype(dtype))
    return None


@kernel
def curve_values(count, x, low, inverse, values, steps, out):
    """Write the values of an `EvenCurve` at x (count + WIDTH,) to out, of the same shape."""
    kind = values.dtype.type
    zero, last, first, per_unit = spread(kind(0)), spread(kind(len(values) - 1)), spread(low), spread(inverse)
    for n in range(0, count, WIDTH):
        exact = (load(x, n) - first) * per_unit
        place = floor_of(smaller(larger(exact, zero), last))
        store(out, n, fma(exact - place, pick(steps, place), pick(values, place)))


@kernel
def meet_columns(start, count, i_out, own, slope, lost, mean, low, inverse, values, steps, extra, settled):
    """Solve i + admittance·e(i) = i_out − lost for each output by a step of Newton's method over a = i + mean·e(i).

    Args:
        start, count: The outputs of a block: from `start` on in the arrays of all outputs, from 0 on in the others.
        i_out: Currents at the constant resistance (outputs,) [A].
        own: What each column loses per volt at its amplifier in the linear array (count,) [S].
        slope: What such a volt adds to the residual currents (outputs,) [S]; nothing if it is empty.
        lost: Currents that the columns lose by the voltages of one another (count,) [A]; nothing if it is empty.
        mean, low, inverse, values, steps: See `ColumnCurve`.
        extra: (count,) start of e, and the solution [V].
        settled: (outputs,) current i, written [A].

    Arrays have room for WIDTH numbers behind the last.
    """
    kind = values.dtype.type
    zero, last, first, per_unit = spread(kind(0)), spread(kind(len(values) - 1)), spread(low), spread(inverse)
    one, middle = spread(kind(1)), spread(mean)
    for n in range(0, count, WIDTH):
        wanted, admittance, e = load(i_out, start + n), load(own, n), load(extra, n)
        if len(lost) > 0:
            wanted = wanted - load(lost, n)
        if len(slope) > 0:
            admittance = larger(admittance - load(slope, start + n), zero)
        apart = admittance - middle
        exact = (wanted - apart * e - first) * per_unit
        place = floor_of(smaller(larger(exact, zero), last))
        step = pick(steps, place)
        beyond = fma(exact - place, step, pick(values, place))
        e = e + divide(beyond - e, fma(step * per_unit, apart, one))
        store(extra, n, e)
        store(settled, start + n, wanted - admittance * e)
