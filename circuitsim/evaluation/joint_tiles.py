"""The products of a behavioral tile as a compiled read of a whole layer wants them."""

import numpy as np

from circuitsim import behavioral
from circuitsim.network import JointForm


def joint_form_of(tile: behavioral.AnyTile) -> JointForm | None:
    """Return the products of a tile; None where it is read alone.

    Tiles with bands, those whose inputs switch gates or whose sense amplifiers are circuits, and those of another array
    library are read alone.
    """
    if not isinstance(tile, behavioral.Tile) or tile.bands is not None or tile.sense is not None:
        return None
    if not isinstance(tile.w, np.ndarray):
        return None
    if tile.form.linear:
        return JointForm(tile.rows, tile.v_ref, 1.0, ((0, tile.rows, tile.w),))
    before, after = (np.array(functions) if functions else None for functions in tile.functions)
    currents, levels = (tuple((p.first, p.last, p.matrix) for p in part) for part in (tile.currents, tile.levels))
    repeats = behavioral.ITERATIONS if len(levels) > 1 else 0
    return JointForm(tile.rows, tile.v_ref, tile.v_scale, currents, levels, before, after, repeats)
