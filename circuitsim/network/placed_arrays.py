"""Where a layer is computed: in the array library and on the device of its tiles."""

from collections.abc import Sequence
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.network.product import PlacedRead, ReadTile


def beside_tiles(reads: Sequence[ReadTile], activations: np.ndarray) -> Any:
    """Return activations (any shape) as float64 where the tiles of a layer are read.

    They stay NumPy arrays unless all reads are a `PlacedRead` on one device of another array library: then drivers,
    ADCs and digital sums are computed there too. float64 makes the codes of drivers those that NumPy finds.
    """
    owned = [read.own_array() for read in reads if isinstance(read, PlacedRead)]
    if len(owned) < len(reads) or not owned or isinstance(owned[0], np.ndarray):
        return activations
    places = {(array_api_compat.array_namespace(each), array_api_compat.device(each)) for each in owned}
    if len(places) > 1:
        return activations
    xp, device = places.pop()
    return xp.asarray(activations, dtype=xp.float64, device=device)
