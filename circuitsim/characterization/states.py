"""Find the states that the devices of an array store for given conductances."""

from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.characterization.state_map import StateMap, find_states, map_states, mapping_deck
from circuitsim.devices import Card, device_card
from circuitsim.netlist.cell import cell_text
from circuitsim.spec import ArraySpec, real_numbers


def array_states(spec: ArraySpec, g: ArrayLike) -> np.ndarray | None:
    """Find the state of every device by small decks of single devices at 27 °C, the temperature of programming.

    Args:
        spec: The array.
        g: Conductances of any shape [S]; 0 is an open cell, whose state is arbitrary.

    Returns:
        States in the shape of g and the unit of the card; None for devices that take a conductance.

    Raises:
        OutsideRangeError: A conductance lies outside the range that the device reaches at its read and gate voltages.
        NotConvergedError: The conductances of the states did not come close enough to their targets.
    """
    if cell_text(spec).takes_g:
        return None
    g = real_numbers("g", g)
    mapping = _mapping(spec)
    states = np.full(g.shape, mapping.states[0])
    closed = g != 0
    states[closed] = find_states(mapping, g[closed])
    return states


def reach_of_states(spec: ArraySpec) -> tuple[float, float] | None:
    """Return the smallest and the largest conductance [S] that a searched state reaches; None for other devices.

    Raises:
        InputError, SimulatorError: As `map_states`.
    """
    return None if cell_text(spec).takes_g else _mapping(spec).g_range


def table_deck(spec: ArraySpec) -> str:
    """Return the deck on which the search of states rests; "" for devices that take a conductance."""
    return "" if cell_text(spec).takes_g else mapping_deck(device_card(spec))


def _mapping(spec: ArraySpec) -> StateMap:
    """Map the states of an array's device, once as long as the deck and the contents of its files are the same."""
    card = device_card(spec)
    return _mapped(_ByDeck(mapping_deck(card), cell_text(spec).digest, card))


@dataclass(frozen=True)
class _ByDeck:
    """A card, known by the deck that reads it."""

    deck: str
    digest: str
    card: Card = field(compare=False)


@lru_cache(maxsize=64)
def _mapped(key: _ByDeck) -> StateMap:
    return map_states(key.card)
