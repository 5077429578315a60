"""Frozen values that travel between the rooms of the house; save and load, no work."""

from circuitsim.results.certificate import Certificate, ErrorStatistics
from circuitsim.results.provenance import Provenance
from circuitsim.results.solution import Convergence, Solution
from circuitsim.results.surface import CellSurface
from circuitsim.results.tile_model import TileModel

__all__ = [
    "CellSurface",
    "Certificate",
    "Convergence",
    "ErrorStatistics",
    "Provenance",
    "Solution",
    "TileModel",
]
