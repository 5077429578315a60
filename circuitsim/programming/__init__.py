"""Writes cells in a closed loop: pulses of ngspice, decided by what was just read."""

from circuitsim.programming.pulse_train import measure_pulse_response
from circuitsim.programming.pulsed_cells import PulsedCells, apply_pulses, coincidences, draw_cells
from circuitsim.programming.pulses import PulseTiming, WritePulse
from circuitsim.programming.schemes import BracketedReset, FixedTrain, OneShot, RampedReset, WriteScheme
from circuitsim.programming.write_array import write_array
from circuitsim.programming.write_disturb import write_disturb
from circuitsim.programming.write_statistics import WriteSpread, fit_write_spread
from circuitsim.programming.write_table import measure_one_shot
from circuitsim.programming.write_verify import write_verify

__all__ = [
    "BracketedReset",
    "FixedTrain",
    "OneShot",
    "PulseTiming",
    "PulsedCells",
    "RampedReset",
    "WritePulse",
    "WriteScheme",
    "WriteSpread",
    "apply_pulses",
    "coincidences",
    "draw_cells",
    "fit_write_spread",
    "measure_one_shot",
    "measure_pulse_response",
    "write_array",
    "write_disturb",
    "write_verify",
]
