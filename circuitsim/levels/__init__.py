"""Simulate one circuit at three levels: ngspice, the array solver, matrix products.

Each level works in two steps: `prepare` programs a matrix of conductances, and `read` applies inputs to it, any number
of times. `solve` does both. `CAN` states what each level simulates. The array solver is checked against ngspice, and
the matrix products against either of them.
"""

from circuitsim.levels.calibrating import calibrate
from circuitsim.levels.can import CAN, CAN_IN_TIME, Level, check_can
from circuitsim.levels.cell_surface import surface_of
from circuitsim.levels.codes import check_converters, convert_codes
from circuitsim.levels.drawn_codes import drawn_codes
from circuitsim.levels.in_time import check_can_in_time, solve_in_time
from circuitsim.levels.preparing import TechniqueArray, prepare
from circuitsim.levels.reading import array_decks, read, solve
from circuitsim.levels.tile import CertifiedTile

__all__ = [
    "CAN",
    "CAN_IN_TIME",
    "CertifiedTile",
    "Level",
    "TechniqueArray",
    "array_decks",
    "calibrate",
    "check_can",
    "check_can_in_time",
    "check_converters",
    "convert_codes",
    "drawn_codes",
    "prepare",
    "read",
    "solve",
    "solve_in_time",
    "surface_of",
]
