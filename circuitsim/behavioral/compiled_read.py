"""The read of `banded_read` for NumPy arrays, compiled.

NumPy does elementwise work one operation and one pass through memory at a time, which costs more than the products.
"""

import numpy as np

from circuitsim.behavioral.band_kernels import BandMatrices, read_groups
from circuitsim.behavioral.banded_read import REPETITIONS
from circuitsim.behavioral.expansion import TERMS
from circuitsim.behavioral.tile import BandProducts, DistanceFunction, Tile


def read_bands_compiled(
    tile: Tile, products: BandProducts, v_in: np.ndarray, *, sloped_by_port: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return the column currents (batch, cols) [A] of inputs (batch, rows) [V], as `read_bands` does.

    The second array is the slope of `read_bands_and_slope`, empty unless `sloped_by_port`.
    """
    dtype = tile.w.dtype
    matrices = ("wide", "rest", "flat", "sloped", "curved", "apart", "constants", "exchange")
    before, after = (np.array(functions, dtype).reshape(-1, TERMS) for functions in tile.functions)
    functions = np.array(products.functions, dtype).reshape(-1, len(DistanceFunction._fields))
    parts = BandMatrices(
        np.array(products.edges), before, after, functions, *(getattr(products, name).ravel() for name in matrices)
    )
    scaled = np.empty(v_in.shape, dtype)
    np.multiply(v_in - tile.v_ref if tile.v_ref else v_in, 1.0 / tile.v_scale, out=scaled, casting="same_kind")
    i_out = np.empty((len(v_in), tile.cols), dtype)
    slope = np.empty_like(i_out) if sloped_by_port else i_out[:0]
    per_volt = i_out[:0].ravel() if tile.port_level is None else tile.port_level.ravel()
    read_groups(scaled, REPETITIONS, parts, per_volt, i_out, slope)
    return i_out, slope
