"""The tile as matrix products: program once, read in microseconds."""

from circuitsim.behavioral.abilities import SIMULATES
from circuitsim.behavioral.charge_tile import ChargeTile
from circuitsim.behavioral.gated_noise import GatedNoise
from circuitsim.behavioral.gated_tile import GatedTile
from circuitsim.behavioral.grades import (
    CHARGE_GRADES,
    GATED_GRADES,
    GRADES,
    STRING_GRADES,
    ChargeForm,
    GatedForm,
    StringForm,
    TileForm,
    form_of,
    gated_form,
    grades_for,
    string_form,
)
from circuitsim.behavioral.guard import check_input_ends, check_input_range, tell_missed
from circuitsim.behavioral.noise import AnyNoise, ReadNoise, read_noise, with_read_noise
from circuitsim.behavioral.product import ITERATIONS, AnyTile, mvm, own_array, tile_outputs, voltage_tile
from circuitsim.behavioral.programming import model_form, program, program_many
from circuitsim.behavioral.residual import reference_conductance
from circuitsim.behavioral.row_currents import RowCurrents, read_rows, row_currents
from circuitsim.behavioral.scaled_tile import reprogram, scale_tile
from circuitsim.behavioral.sense import meet_curve, reported_outputs, sensed_outputs, settle
from circuitsim.behavioral.string_noise import StringNoise
from circuitsim.behavioral.string_tile import StringTile
from circuitsim.behavioral.tile import Tile
from circuitsim.behavioral.tile_content import restored_tile, tile_content
from circuitsim.behavioral.tile_power import power

__all__ = [
    "CHARGE_GRADES",
    "GATED_GRADES",
    "GRADES",
    "ITERATIONS",
    "SIMULATES",
    "STRING_GRADES",
    "AnyNoise",
    "AnyTile",
    "ChargeForm",
    "ChargeTile",
    "GatedForm",
    "GatedNoise",
    "GatedTile",
    "ReadNoise",
    "RowCurrents",
    "StringForm",
    "StringNoise",
    "StringTile",
    "Tile",
    "TileForm",
    "check_input_ends",
    "check_input_range",
    "form_of",
    "gated_form",
    "grades_for",
    "meet_curve",
    "model_form",
    "mvm",
    "own_array",
    "power",
    "program",
    "program_many",
    "read_noise",
    "read_rows",
    "reference_conductance",
    "reported_outputs",
    "reprogram",
    "restored_tile",
    "row_currents",
    "scale_tile",
    "sensed_outputs",
    "settle",
    "string_form",
    "tell_missed",
    "tile_content",
    "tile_outputs",
    "voltage_tile",
    "with_read_noise",
]
