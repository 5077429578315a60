"""Small decks turned into surfaces, maps and curves, with error bounds."""

from circuitsim.characterization.cell import cell, gated_cells
from circuitsim.characterization.device_reads import read_currents, read_deck
from circuitsim.characterization.read_curves import ReadCurves, read_curves
from circuitsim.characterization.state_map import StateMap, find_states, map_states
from circuitsim.characterization.states import array_states
from circuitsim.characterization.transistor import TransistorFigures, transistor_figures

__all__ = [
    "ReadCurves",
    "StateMap",
    "TransistorFigures",
    "array_states",
    "cell",
    "find_states",
    "gated_cells",
    "map_states",
    "read_currents",
    "read_curves",
    "read_deck",
    "transistor_figures",
]
