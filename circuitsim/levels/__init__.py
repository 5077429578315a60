"""One circuit, three levels: ngspice, the exact array solver, matrix products; each proved against the one before.

Every level has the same two steps: `prepare` programs a matrix of conductances, `read` applies inputs to it, as often
as wanted; `solve` does both. `CAN` says what each level simulates.
"""

from circuitsim.levels.calibrating import calibrate
from circuitsim.levels.can import CAN, Level, check_can
from circuitsim.levels.codes import convert_codes
from circuitsim.levels.reading import TechniqueArray, array_decks, prepare, read, solve, surface_of
from circuitsim.levels.tile import CertifiedTile

__all__ = [
    "CAN",
    "CertifiedTile",
    "Level",
    "TechniqueArray",
    "array_decks",
    "calibrate",
    "check_can",
    "convert_codes",
    "prepare",
    "read",
    "solve",
    "surface_of",
]
