"""The range of inputs that the array solver prepares for."""

import math

import numpy as np

from circuitsim.spec import ArraySpec

_STEP = 1.25  # ratio of successive input ranges: batches of similar range share a cell surface


def input_range(spec: ArraySpec, x: np.ndarray) -> tuple[float, float] | None:
    """Return the range of inputs to prepare for [V]; None for invalid x.

    It is v_ref to v_ref + v_read, widened in steps to include x.
    """
    if x.size == 0 or not np.isfinite(x).all():
        return None  # `read` rejects it
    v_read, v_ref = spec.driver.v_read, spec.sense.v_ref
    above, below = float(x.max()) - v_ref, v_ref - float(x.min())
    return v_ref - _stepped(below, v_read) if below > 0 else v_ref, v_ref + _stepped(above, v_read)


def _stepped(v: float, v_read: float) -> float:
    """Return the smallest v_read · 1.25^k, k = 0, 1, …, that is not below v [V]."""
    if v <= v_read:
        return v_read
    return v_read * _STEP ** math.ceil(math.log(v / v_read) / math.log(_STEP) - 1e-9)
