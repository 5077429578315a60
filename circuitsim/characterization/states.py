"""From wanted conductances to what the devices of an array store."""

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.characterization.state_map import find_states, map_states
from circuitsim.devices import device_card
from circuitsim.netlist.cell import cell_text
from circuitsim.spec import ArraySpec


def array_states(spec: ArraySpec, g: ArrayLike) -> np.ndarray | None:
    """Find the state of every device, through small decks of single devices at 27 °C, where they are programmed.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S]; 0 is an open cell, whose state does not matter.

    Returns:
        (rows, cols) states in the device's own unit; None for devices that take their conductance.

    Raises:
        OutsideRangeError: A conductance lies outside what the device reaches at this read voltage and gate voltage.
        NotConvergedError: The states did not come close enough.
    """
    if cell_text(spec).takes_g:
        return None
    g = np.asarray(g, dtype=float)
    mapping = map_states(device_card(spec))
    states = np.full(g.shape, mapping.states[0])
    closed = g != 0
    states[closed] = find_states(mapping, g[closed])
    return states
