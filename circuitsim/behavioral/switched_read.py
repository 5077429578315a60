"""Read tiles whose inputs switch gates: columns between two lines, and strings."""

from typing import Any

import array_api_compat

from circuitsim.behavioral.gated_read import read_gated
from circuitsim.behavioral.gated_tile import GatedTile
from circuitsim.behavioral.level_read import read_levels
from circuitsim.behavioral.level_tile import LevelTile
from circuitsim.behavioral.string_read import read_strings
from circuitsim.behavioral.string_tile import StringTile
from circuitsim.errors import InputError

SwitchedTile = GatedTile | LevelTile | StringTile


def read_switched(tile: SwitchedTile, x: Any) -> Any:
    """Return the column currents (batch, cols) [A] of inputs x (batch, rows), 0 or 1, or shares that select a level.

    Raises:
        InputError: An input is neither 0 nor 1: cells and wires of such tiles count as x² = x. Or it selects no level.
    """
    if isinstance(tile, LevelTile):
        return read_levels(tile, x)
    xp = array_api_compat.array_namespace(x)
    if not bool(xp.all((x == 0) | (x == 1))):
        raise InputError("x holds another number than 0 and 1: expected 0 or 1, the input switches gates")
    return read_gated(tile, x) if isinstance(tile, GatedTile) else read_strings(tile, x)
