"""Specification to text: complete SPICE decks that plain ngspice runs."""

from circuitsim.netlist.cell import cell_subckt
from circuitsim.netlist.crossbar import crossbar
from circuitsim.netlist.document import Netlist

__all__ = ["Netlist", "cell_subckt", "crossbar"]
