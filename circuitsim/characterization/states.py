"""Find the states that the devices of an array store for given conductances."""

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.characterization.state_map import find_states, map_states
from circuitsim.devices import device_card
from circuitsim.netlist.cell import cell_text
from circuitsim.spec import ArraySpec, real_numbers


def array_states(spec: ArraySpec, g: ArrayLike) -> np.ndarray | None:
    """Find the state of every device by small decks of single devices at 27 °C, the temperature of programming.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S]; 0 is an open cell, whose state is arbitrary.

    Returns:
        (rows, cols) states in the unit of the card; None for devices that take a conductance.

    Raises:
        OutsideRangeError: A conductance lies outside the range that the device reaches at its read and gate voltages.
        NotConvergedError: The conductances of the states did not come close enough to their targets.
    """
    if cell_text(spec).takes_g:
        return None
    g = real_numbers("g", g)
    mapping = map_states(device_card(spec))
    states = np.full(g.shape, mapping.states[0])
    closed = g != 0
    states[closed] = find_states(mapping, g[closed])
    return states
