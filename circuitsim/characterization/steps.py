"""Round ranges of voltages and conductances up to a few steps: uses that differ a little share a characterized cell."""

import math

import numpy as np

from circuitsim.spec import ArraySpec

STEP = 1.25  # ratio of successive ends
OPEN = 1e-9
"""Conductance, as a fraction of `device.g_min`, below which a drawn cell is open: it changes no output."""

_LARGEST = 1e300  # [V]; a step beyond it would be infinite


def stepped_range(v_range: tuple[float, float], v_read: float, v_ref: float = 0.0) -> tuple[float, float]:
    """Widen a range of voltages [V] until each end other than v_ref lies at v_ref ± v_read · STEP^k, k whole."""
    low, high = v_range[0] - v_ref, v_range[1] - v_ref
    return (
        v_ref + math.copysign(_stepped(abs(low), v_read, inward=low > 0), low),
        v_ref + math.copysign(_stepped(abs(high), v_read, inward=high < 0), high),
    )


def _stepped(v: float, unit: float, *, inward: bool) -> float:
    """Return the step at or beyond v, in powers of STEP of `unit`; `inward`: at or below it, to widen towards 0."""
    if v == 0 or v == unit or v > _LARGEST:
        return v
    steps = math.log(v / unit) / math.log(STEP)
    return unit * STEP ** (math.floor(steps + 1e-9) if inward else math.ceil(steps - 1e-9))


def opened(spec: ArraySpec, g: np.ndarray) -> np.ndarray:
    """Return drawn conductances [S] with those below `OPEN` · g_min as open cells, 0."""
    return np.where(g < OPEN * spec.device.g_min, 0.0, g)


def stepped_conductances(spec: ArraySpec, g: np.ndarray) -> tuple[float, float]:
    """Return the range of conductances [S] in which a cell is characterized so that it holds for drawn ones too.

    It is g_min to g_max, widened where conductances leave it: the upper end to g_max · STEP^k, k whole, the lower one
    to `OPEN` · g_min at once, because a cell is smooth towards 0 S.

    Args:
        spec: The array.
        g: Conductances of any shape [S]; 0 is an open cell.
    """
    low, high = spec.device.g_min, spec.device.g_max
    closed = g[g > 0]
    if closed.size == 0:
        return low, high
    least, most = float(closed.min()), float(closed.max())
    return (low if least >= low else OPEN * low), (high if most <= high else _stepped(most, high, inward=False))
