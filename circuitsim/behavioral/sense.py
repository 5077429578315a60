"""Currents of a tile into sense amplifiers whose input resistance depends on the current."""

from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.grades import GRADES
from circuitsim.behavioral.tile import Tile
from circuitsim.errors import InputError
from circuitsim.periphery.sense import drop_and_slope
from circuitsim.results.sense_table import SenseTable

_STEPS = 4  # Newton steps on the diagonal; the coupling between columns is weak and each step divides the error by > 20


def settle(tile: Tile, i_out: Any, sense: SenseTable) -> Any:
    """Return the currents into sense amplifiers whose input voltage is not proportional to the current.

    The tile contains the constant resistance `tile.r_sense`. The voltage that the amplifier drops beyond it lowers the
    currents through the admittance of the columns, I = I0 − (drop(I) − r_sense·I) @ w_portᵀ.

    Args:
        tile: The tile, of more than one product, programmed with a sense resistance within the amplifier's.
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
        enough = " or ".join(str(number) for number, form in GRADES.items() if not form.linear)
        raise InputError(f"grade = {tile.grade}: expected {enough} for a sense resistance that depends on the current")
    xp, device = array_api_compat.array_namespace(i_out), array_api_compat.device(i_out)

    def put(array: np.ndarray) -> Any:
        return xp.asarray(np.ascontiguousarray(array), dtype=i_out.dtype, device=device)

    coupling, self_coupling = put(tile.w_port.T), put(np.diag(tile.w_port))
    settled = i_out
    for _ in range(_STEPS):
        drop, slope = drop_and_slope(sense, settled)
        miss = settled - i_out + (drop - tile.r_sense * settled) @ coupling
        settled = settled - miss / (1.0 + self_coupling * (slope - tile.r_sense))
    return settled
