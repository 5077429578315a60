"""The read of `banded_read` for NumPy arrays: matrix products by BLAS, everything between them compiled.

NumPy does elementwise work one operation and one pass through memory at a time, which costs more than the products.
Here it takes two passes over blocks of vectors that stay in the processor's cache.
"""

import itertools
import math

import numpy as np

from circuitsim.behavioral.band_kernels import fill_features, settle_bands
from circuitsim.behavioral.banded_read import REPETITIONS
from circuitsim.behavioral.expansion import TERMS
from circuitsim.behavioral.tile import BandProducts, Tile
from circuitsim.nodal.lanes import WIDTH

_BLOCK = 192  # vectors at a time: 128 to 384 are within a tenth of one another


def read_bands_compiled(
    tile: Tile, products: BandProducts, v_in: np.ndarray, *, sloped_by_port: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return the column currents (batch, cols) [A] of inputs (batch, rows) [V], as `read_bands` does.

    The second array is the slope of `read_bands_and_slope`, empty unless `sloped_by_port`.
    """
    dtype, rows, cols, bands = tile.w.dtype, tile.rows, tile.cols, len(products.flat)
    before, after = (np.array(functions, dtype).reshape(-1, TERMS) for functions in tile.functions)
    functions = np.array(products.functions, dtype)
    padded = (products.rest, products.constants, products.exchange, tile.port_level)
    *fixed, shift = (np.append(part, np.zeros(WIDTH, dtype)) for part in padded)
    edges, size = np.array(products.edges), min(_BLOCK, len(v_in))
    width, many, few = products.wide.shape[1], (len(before) + 1 + len(functions)) * rows, (len(after) + 1) * rows
    pairs = len(functions) * rows
    s, wide, features, others, beside = (_room(size * n, dtype) for n in (rows, width, many, few, 2 * pairs))
    flat, sloped, curved, apart = (_room(bands * size * n, dtype) for n in (cols, cols, cols, 2 * cols))
    i_out = _room(len(v_in) * cols, dtype)
    slope = np.empty_like(i_out) if sloped_by_port else i_out[:0]
    for start in range(0, len(v_in), _BLOCK):
        v = v_in[start : start + _BLOCK]
        n = len(v)
        scaled = _shaped(s, n, rows)
        np.multiply(v - tile.v_ref if tile.v_ref else v, 1.0 / tile.v_scale, out=scaled, casting="same_kind")
        np.matmul(scaled, products.wide, out=_shaped(wide, n, width))
        fill_features(n, edges, before, after, functions, s, wide, fixed[0], width - rows, features, others, beside)
        _multiply(_shaped(features, n, many), products.flat, products.edges, _shaped(flat, bands, n, cols))
        _multiply(_shaped(others, n, few), products.sloped, products.edges, _shaped(sloped, bands, n, cols))
        _multiply(scaled, products.curved, products.edges, _shaped(curved, bands, n, cols))
        _multiply(_shaped(beside, 2 * n, pairs), products.apart, products.edges, _shaped(apart, bands, 2 * n, cols))
        settle_bands(
            n, bands, cols, REPETITIONS, wide, *fixed, flat, sloped, curved, apart, shift, i_out, slope, start * cols
        )
    return _shaped(i_out, len(v_in), cols), _shaped(slope, len(v_in), cols) if sloped_by_port else slope


def _multiply(values: np.ndarray, matrices: tuple[np.ndarray, ...], edges: tuple[int, ...], out: np.ndarray) -> None:
    """Multiply the features of each band, side by side in `values`, with its matrix."""
    count = values.shape[1] // edges[-1]
    for band, (first, last) in enumerate(itertools.pairwise(edges)):
        np.matmul(values[:, count * first : count * last], matrices[band], out=out[band])


def _room(count: int, dtype: np.dtype) -> np.ndarray:
    """Return a flat buffer for so many numbers, and for `WIDTH` more that kernels may touch."""
    return np.empty(count + WIDTH, dtype)


def _shaped(buffer: np.ndarray, *shape: int) -> np.ndarray:
    """Return the numbers at the beginning of a buffer as an array."""
    return buffer[: math.prod(shape)].reshape(shape)
