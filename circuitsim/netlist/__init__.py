"""Writes specifications as complete SPICE decks, which plain ngspice runs."""

from circuitsim.netlist.cell import access_text, cell_subckt, cell_text
from circuitsim.netlist.chain import ChainNetlist, chain
from circuitsim.netlist.chain_checks import check_integration, check_row_side
from circuitsim.netlist.chain_drivers import code_bits
from circuitsim.netlist.chain_timing import ChainTiming, chain_timing
from circuitsim.netlist.conversions import Bench, bench_of, conversion_deck, with_parameters
from circuitsim.netlist.crossbar import checked_crossbar, crossbar
from circuitsim.netlist.document import Netlist
from circuitsim.netlist.index_sweep import index_deck
from circuitsim.netlist.mismatch import Mismatch, sample_mismatch
from circuitsim.netlist.pyspice import from_circuit, to_circuit
from circuitsim.netlist.sense_amplifiers import amplifier_cards, rail_cards, static_sense
from circuitsim.netlist.transient import Pulse, TransientNetlist, checked_transient, read_pulse, transient

__all__ = [
    "Bench",
    "ChainNetlist",
    "ChainTiming",
    "Mismatch",
    "Netlist",
    "Pulse",
    "TransientNetlist",
    "access_text",
    "amplifier_cards",
    "bench_of",
    "cell_subckt",
    "cell_text",
    "chain",
    "chain_timing",
    "check_integration",
    "check_row_side",
    "checked_crossbar",
    "checked_transient",
    "code_bits",
    "conversion_deck",
    "crossbar",
    "from_circuit",
    "index_deck",
    "rail_cards",
    "read_pulse",
    "sample_mismatch",
    "static_sense",
    "to_circuit",
    "transient",
    "with_parameters",
]
