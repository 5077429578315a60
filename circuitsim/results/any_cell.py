"""The characterized cell of an array, of whatever kind."""

from circuitsim.results.capacitor_cell import CapacitorCell
from circuitsim.results.surface import CellSurface

AnyCell = CellSurface | CapacitorCell
"""The current of a cell at rest, or the capacitor of a cell that is read as charge."""
