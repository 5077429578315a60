"""Memories with two states, such as a magnetic junction: `device.g_min` and `device.g_max` name them."""

import numpy as np

from circuitsim.devices.from_spec import device_card
from circuitsim.errors import OutsideRangeError
from circuitsim.spec import ArraySpec

ROUNDING = 1e-9  # relative deviation from a state that the decimal text of a conductance may cause


def has_two_states(spec: ArraySpec) -> bool:
    """Tell whether the device is binary: `device.g_min` and `device.g_max` name its two states.

    Raises:
        InputError: As `device_card`.
    """
    state = device_card(spec).state
    return state is not None and state.kind == "binary"


def check_two_states(spec: ArraySpec, g: np.ndarray) -> None:
    """Refuse conductances that a binary device does not have; any other device takes them all.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S]; 0 is an open cell.

    Raises:
        OutsideRangeError: A conductance is neither 0 nor g_min nor g_max; names the cell.
    """
    if not has_two_states(spec):
        return
    low, high = spec.device.g_min, spec.device.g_max
    bad = ~(np.isclose(g, low, rtol=ROUNDING, atol=0) | np.isclose(g, high, rtol=ROUNDING, atol=0) | (g == 0))
    if bad.any():
        at = tuple(int(k) for k in np.argwhere(bad)[0])
        raise OutsideRangeError(
            f"g{list(at)} = {g[at]:g} S: {device_card(spec).name} has two states, expected device.g_min = {low:g} S or "
            f"device.g_max = {high:g} S (or 0, an open cell)"
        )
