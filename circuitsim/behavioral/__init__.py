"""The tile as matrix products: program once, read in microseconds."""

from circuitsim.behavioral.abilities import SIMULATES
from circuitsim.behavioral.grades import GRADES, TileForm, form_of
from circuitsim.behavioral.guard import check_input_range
from circuitsim.behavioral.noise import ReadNoise, read_noise, with_read_noise
from circuitsim.behavioral.product import mvm, tile_outputs
from circuitsim.behavioral.programming import program
from circuitsim.behavioral.residual import reference_conductance
from circuitsim.behavioral.row_currents import RowCurrents, read_rows, row_currents
from circuitsim.behavioral.scaled_tile import reprogram
from circuitsim.behavioral.sense import meet_curve, reported_outputs, sensed_outputs, settle
from circuitsim.behavioral.tile import Tile
from circuitsim.behavioral.tile_power import power

__all__ = [
    "GRADES",
    "SIMULATES",
    "ReadNoise",
    "RowCurrents",
    "Tile",
    "TileForm",
    "check_input_range",
    "form_of",
    "meet_curve",
    "mvm",
    "power",
    "program",
    "read_noise",
    "read_rows",
    "reference_conductance",
    "reported_outputs",
    "reprogram",
    "row_currents",
    "sensed_outputs",
    "settle",
    "tile_outputs",
    "with_read_noise",
]
