"""Frozen values that travel between the rooms of the house; save and load, no work."""

from circuitsim.results.budget import Budget, Cause
from circuitsim.results.calibration import Calibration
from circuitsim.results.certificate import (
    ArrayEnergy,
    Certificate,
    ConverterEnergy,
    ErrorStatistics,
    Extrapolation,
)
from circuitsim.results.experiment import Experiment
from circuitsim.results.provenance import Provenance
from circuitsim.results.solution import Convergence, Solution
from circuitsim.results.surface import CellSurface
from circuitsim.results.tile_model import TileModel

__all__ = [
    "ArrayEnergy",
    "Budget",
    "Calibration",
    "Cause",
    "CellSurface",
    "Certificate",
    "Convergence",
    "ConverterEnergy",
    "ErrorStatistics",
    "Experiment",
    "Extrapolation",
    "Provenance",
    "Solution",
    "TileModel",
]
