"""Sense amplifiers whose input resistance depends on the current act back on a tile."""

from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.tile import Tile
from circuitsim.errors import InputError
from circuitsim.periphery.sense import drop_and_slope
from circuitsim.results.converter import SenseTable

_STEPS = 4  # Newton steps on the diagonal; the coupling between columns is weak and each step divides the error by > 20


def settle(tile: Tile, i_out: Any, sense: SenseTable) -> Any:
    """Return the currents into sense amplifiers whose input voltage is no multiple of the current.

    The tile contains the constant resistance `tile.r_sense`; what the amplifier drops beyond it acts back through the
    admittance of the columns, I = I0 − (drop(I) − r_sense·I) @ w_portᵀ.

    Args:
        tile: The tile, of grade 2 or 3, programmed with a sense resistance within the amplifier's.
        i_out: Currents at the constant resistance (batch, cols) [A].
        sense: The amplifier.

    Returns:
        Currents (batch, cols) [A].

    Raises:
        InputError: The tile is one product and has no admittance of its columns.
    """
    if sense.current is None or sense.drop is None:
        return i_out
    if tile.w_port is None:
        raise InputError("grade = 1: a current-dependent sense resistance needs a tile of grade 2 or 3")
    xp = array_api_compat.array_namespace(i_out)
    coupling = xp.asarray(np.ascontiguousarray(tile.w_port.T), dtype=i_out.dtype)
    own = xp.asarray(np.ascontiguousarray(np.diag(tile.w_port)), dtype=i_out.dtype)
    found = i_out
    for _ in range(_STEPS):
        drop, slope = drop_and_slope(xp, sense, found)
        miss = found - i_out + (drop - tile.r_sense * found) @ coupling
        found = found - miss / (1.0 + own * (slope - tile.r_sense))
    return found
