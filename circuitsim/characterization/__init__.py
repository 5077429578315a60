"""Runs small decks in ngspice and turns their results into surfaces, maps and curves with error bounds."""

from circuitsim.characterization.adc import adc_block_table
from circuitsim.characterization.adc_draws import AdcMismatch, drawn_inl, drawn_parameters, drawn_tables
from circuitsim.characterization.adc_input import adc_input
from circuitsim.characterization.adc_mismatch import (
    comparator_thresholds,
    drawn_capacitors,
    mismatched_tables,
    offset_law,
)
from circuitsim.characterization.adc_resolution import adc_bits
from circuitsim.characterization.blocks import characterize, check_sense_contents
from circuitsim.characterization.bulk import check_bulk
from circuitsim.characterization.cache import cache_limit, cache_size, cached, clear_cache
from circuitsim.characterization.capacitor import capacitor_cell
from circuitsim.characterization.cell import (
    cell,
    check_contents,
    check_ohmic,
    gate_level_cells,
    gated_cells,
    skipped_cell,
)
from circuitsim.characterization.chord import ChordWarning, check_chord
from circuitsim.characterization.comparator import comparator_table
from circuitsim.characterization.comparator_noise import DecisionNoise, decision_noise
from circuitsim.characterization.converters import adc_range
from circuitsim.characterization.dac import dac_block_table
from circuitsim.characterization.device_benches import (
    READ,
    SWITCHING,
    bench_deck,
    has_bench,
    read_bench,
    state_label,
    switching_bench,
)
from circuitsim.characterization.device_reads import read_currents, read_deck
from circuitsim.characterization.dynamics import cell_dynamics
from circuitsim.characterization.gate_transfer import bend_of_levels, equal_current_levels, gate_currents
from circuitsim.characterization.read_curves import ReadCurves, read_curves
from circuitsim.characterization.state_map import StateMap, find_states, map_states
from circuitsim.characterization.states import array_states
from circuitsim.characterization.steps import opened, stepped_conductances, stepped_range
from circuitsim.characterization.transistor import TransistorFigures, transistor_figures
from circuitsim.characterization.varied_transistors import varied_cells
from circuitsim.characterization.verilog_a import read_verilog_a

__all__ = [
    "READ",
    "SWITCHING",
    "AdcMismatch",
    "ChordWarning",
    "DecisionNoise",
    "ReadCurves",
    "StateMap",
    "TransistorFigures",
    "adc_bits",
    "adc_block_table",
    "adc_input",
    "adc_range",
    "array_states",
    "bench_deck",
    "bend_of_levels",
    "cache_limit",
    "cache_size",
    "cached",
    "capacitor_cell",
    "cell",
    "cell_dynamics",
    "characterize",
    "check_bulk",
    "check_chord",
    "check_contents",
    "check_ohmic",
    "check_sense_contents",
    "clear_cache",
    "comparator_table",
    "comparator_thresholds",
    "dac_block_table",
    "decision_noise",
    "drawn_capacitors",
    "drawn_inl",
    "drawn_parameters",
    "drawn_tables",
    "equal_current_levels",
    "find_states",
    "gate_currents",
    "gate_level_cells",
    "gated_cells",
    "has_bench",
    "map_states",
    "mismatched_tables",
    "offset_law",
    "opened",
    "read_bench",
    "read_currents",
    "read_curves",
    "read_deck",
    "read_verilog_a",
    "skipped_cell",
    "state_label",
    "stepped_conductances",
    "stepped_range",
    "switching_bench",
    "transistor_figures",
    "varied_cells",
]
