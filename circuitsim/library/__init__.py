"""A user's SPICE files: read once, by an allow-list; what decks include is written anew from what was read."""

from circuitsim.library.assembly import Assembly, assemble, assemble_own
from circuitsim.library.definitions import LeftOutWarning, Library, read_library, tell_left_out
from circuitsim.library.elements import FourNodes, four_node_elements
from circuitsim.library.grammar import SOLVER_OPTIONS
from circuitsim.library.header import HEADER_KEYS, folder_header, read_header
from circuitsim.library.roles import assigned_roles
from circuitsim.library.spice_numbers import spice_number
from circuitsim.library.subcircuit import Subckt, find_subckt
from circuitsim.library.temperature import feels_temperature
from circuitsim.library.text import once_per_content

__all__ = [
    "HEADER_KEYS",
    "SOLVER_OPTIONS",
    "Assembly",
    "FourNodes",
    "LeftOutWarning",
    "Library",
    "Subckt",
    "assemble",
    "assemble_own",
    "assigned_roles",
    "feels_temperature",
    "find_subckt",
    "folder_header",
    "four_node_elements",
    "once_per_content",
    "read_header",
    "read_library",
    "spice_number",
    "tell_left_out",
]
