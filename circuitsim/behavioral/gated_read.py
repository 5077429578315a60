"""Read a tile whose inputs switch gates: compiled for NumPy, by array operations for other namespaces."""

import itertools
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.column_balance import Lines, column_current, product_count
from circuitsim.behavioral.gate_kernels import column_currents
from circuitsim.behavioral.gated_tile import GatedTile

_BLOCK = 128  # vectors at a time, by array operations
_CACHED = 600_000  # bytes of products of the vectors at a time: they stay in the processor's cache


def read_gated(tile: GatedTile, x: Any) -> Any:
    """Return the column currents (batch, cols) [A] of checked inputs x (batch, rows), 0 or 1."""
    if tile.w is not None:
        return (x @ tile.w + tile.base)[:, : tile.cols]
    if isinstance(tile.base, np.ndarray) and isinstance(x, np.ndarray):
        return _compiled(tile, x)
    batch = x.shape[0]
    parts = [_by_arrays(tile, x[start : min(start + _BLOCK, batch), :]) for start in range(0, batch, _BLOCK)]
    xp = array_api_compat.array_namespace(x)
    return xp.concat(parts, axis=0)[:, : tile.cols] if parts else x[:, :0] @ tile.typical[:0, : tile.cols]


def _compiled(tile: GatedTile, x: np.ndarray) -> np.ndarray:
    """Multiply and solve block after block of vectors."""
    dtype, width = tile.base.dtype, tile.base.shape[-1]
    x = np.ascontiguousarray(x, dtype)
    batch, bands = len(x), len(tile.maps)
    count = tile.maps[0].shape[1]
    room = max(1, min(max(_CACHED // (bands * count * dtype.itemsize), 16), batch))
    products = np.empty((bands, room, count), dtype)
    out = np.empty((batch, width), dtype)
    lines = as_numbers(tile.lines, dtype.type)
    for start in range(0, batch, room):
        part = x[start : start + room]
        for band, (first, last) in enumerate(itertools.pairwise(tile.edges)):
            np.matmul(part[:, first:last], tile.maps[band], out=products[band, : len(part)])
        column_currents(
            len(part), width, products.ravel(), room, tile.typical.ravel(), tile.base, *lines, out.ravel(), start
        )
    return out[:, : tile.cols]


def as_numbers(lines: Lines, kind: Any) -> Lines:
    """Return the wires as tuples of one type of number."""
    lone, gain = (tuple(tuple(map(kind, band)) for band in part) for part in (lines.lone, lines.gain))
    return Lines(tuple(map(kind, lines.inverse)), lone, gain)


def _by_arrays(tile: GatedTile, x: Any) -> Any:
    """Do the same with arrays (vectors, width) in place of lanes."""
    width, products = tile.base.shape[-1], []
    moments = tile.typical.shape[0] // len(tile.maps)
    for band, (first, last) in enumerate(itertools.pairwise(tile.edges)):
        both = x[:, first:last] @ tile.maps[band]
        mine = [both[:, n * width : (n + 1) * width] for n in range(product_count(moments))]
        for p in range(moments):
            mine[p] = mine[p] - tile.typical[band * moments + p, :]
        products.append(mine)
    return tile.base + column_current(products, tile.lines)
