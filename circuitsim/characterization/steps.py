"""Round ranges of voltages up to a few steps, so that uses that differ a little share a characterized cell."""

import math

STEP = 1.25  # ratio of successive ends
_LARGEST = 1e300  # [V]; a step beyond it would be infinite


def stepped_range(v_range: tuple[float, float], v_read: float, v_ref: float = 0.0) -> tuple[float, float]:
    """Widen a range of voltages [V] until each end other than v_ref lies at v_ref ± v_read · STEP^k, k whole."""
    low, high = v_range[0] - v_ref, v_range[1] - v_ref
    return (
        v_ref + math.copysign(_stepped(abs(low), v_read, inward=low > 0), low),
        v_ref + math.copysign(_stepped(abs(high), v_read, inward=high < 0), high),
    )


def _stepped(v: float, v_read: float, *, inward: bool) -> float:
    """Return the step at or beyond v [V]; `inward`: the step at or below it, for an end that widens towards 0."""
    if v == 0 or v == v_read or v > _LARGEST:
        return v
    steps = math.log(v / v_read) / math.log(STEP)
    return v_read * STEP ** (math.floor(steps + 1e-9) if inward else math.ceil(steps - 1e-9))
