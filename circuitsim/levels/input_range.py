"""The range of inputs that the array solver prepares for."""

import numpy as np

from circuitsim.characterization import stepped_range
from circuitsim.spec import ArraySpec


def input_range(spec: ArraySpec, x: np.ndarray) -> tuple[float, float] | None:
    """Return the range of inputs to prepare for [V]; None for invalid x.

    It is v_ref to v_ref + v_read, widened in steps to include x; where x lies below v_ref, it reaches at least v_read
    below it.
    """
    if x.size == 0 or not np.isfinite(x).all():
        return None  # `read` rejects it
    v_read, v_ref = spec.driver.v_read, spec.sense.v_ref
    above, below = float(x.max()) - v_ref, v_ref - float(x.min())
    low = v_ref - max(below, v_read) if below > 0 else v_ref
    return stepped_range((low, v_ref + max(above, v_read)), v_read, v_ref)
