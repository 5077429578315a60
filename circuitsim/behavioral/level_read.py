"""Read a tile whose gates have several levels: compiled for NumPy, by array operations for other namespaces."""

import math
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.column_balance import column_current, product_count
from circuitsim.behavioral.gate_kernels import column_currents
from circuitsim.behavioral.gated_read import as_numbers
from circuitsim.behavioral.level_kernels import ROUNDING, add_levels, sum_levels
from circuitsim.behavioral.level_tile import CURVATURE, PLACES, SLOPES, LevelTile
from circuitsim.errors import InputError

_BLOCK = 64  # vectors at a time, by array operations
_CACHED = 1_500_000  # bytes of sums of the vectors at a time: with fewer the table passes the cache too often


def read_levels(tile: LevelTile, x: Any) -> Any:
    """Return the column currents (batch, cols) [A] of inputs x (batch, rows), each k / (levels − 1) with a whole k.

    Raises:
        InputError: An input selects no level.
    """
    if isinstance(tile.base, np.ndarray) and isinstance(x, np.ndarray):
        x = np.ascontiguousarray(x, tile.base.dtype)
        return (_added if tile.form.linear else _compiled)(tile, x)[:, : tile.cols]
    xp, numbers = array_api_compat.array_namespace(x), _level_numbers(tile, x)
    batch = x.shape[0]
    ends = [(start, min(start + _BLOCK, batch)) for start in range(0, max(batch, 1), _BLOCK)]
    return xp.concat([_by_arrays(tile, numbers[start:end, :]) for start, end in ends], axis=0)


def _level_numbers(tile: LevelTile, x: Any) -> Any:
    """Return the number of the level (batch, rows) that each input selects, as numbers of the kind of x."""
    xp, last = array_api_compat.array_namespace(x), tile.levels - 1
    x = xp.astype(x, tile.base.dtype)
    numbers = xp.round(x * last)
    right = (numbers >= 0) & (numbers <= last) & (xp.abs(x - numbers / last) <= ROUNDING)
    _check(tile, bool(xp.all(right)))
    return numbers


def _check(tile: LevelTile, right: bool) -> None:
    """Refuse inputs that select no level."""
    last = tile.levels - 1
    if not right:
        raise InputError(
            f"x holds a number that selects no level: expected k / {last} with a whole number k from 0 to {last}: the "
            f"driver has {tile.levels} levels (driver.gate_levels)"
        )


def _lists(shape: tuple[int, ...], bands: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return room for the lists of a kernel, for a batch of shape (batch, rows)."""
    most = math.prod(shape) + 1
    return np.empty(most, np.intp), np.empty(most, np.intp), np.empty(shape[0] * bands, np.intp)


def _added(tile: LevelTile, x: np.ndarray) -> np.ndarray:
    """Read a tile of one product."""
    out, lists = np.empty((len(x), len(tile.base)), tile.base.dtype), _lists(x.shape, 1)
    edges = np.array([0, tile.rows])
    _check(tile, add_levels(x, edges, tile.levels, tile.table.ravel(), tile.base, *lists, out.ravel()))
    return out


def _compiled(tile: LevelTile, x: np.ndarray) -> np.ndarray:
    """Add up and solve block after block of vectors."""
    dtype, width, batch = tile.base.dtype, len(tile.base), len(x)
    bands, products, _ = tile.rest.shape
    room = max(1, min(max(_CACHED // (bands * products * width * dtype.itemsize), 16), batch))
    sums, out = np.empty(bands * room * products * width, dtype), np.empty((batch, width), dtype)
    lists, edges = _lists((room, tile.rows), bands), np.array(tile.edges)
    arrays = tile.table.ravel(), tile.weights.ravel(), tile.rest.ravel()
    typical, lines = tile.typical.ravel(), as_numbers(tile.lines, dtype.type)
    for start in range(0, batch, room):
        part = x[start : start + room]
        _check(tile, sum_levels(part, edges, tile.levels, products // 3, *arrays, room, *lists, sums))
        column_currents(len(part), width, sums, room, typical, tile.base, *lines, out.ravel(), start)
    return out


def _by_arrays(tile: LevelTile, numbers: Any) -> Any:
    """Do the same with arrays (vectors, width) in place of lanes."""
    xp, (batch, rows) = array_api_compat.array_namespace(numbers), numbers.shape
    blocks, _, levels, values, lanes = tile.table.shape
    first = xp.arange(rows, dtype=xp.int64, device=array_api_compat.device(numbers)) * levels
    places = xp.reshape(xp.astype(numbers, xp.int64) + first, (batch * rows,))
    found = xp.take(xp.reshape(tile.table, (blocks, rows * levels, values * lanes)), places, axis=1)
    found = xp.reshape(found, (blocks, batch, rows, values, lanes))
    cells = xp.reshape(xp.permute_dims(found, (1, 3, 2, 0, 4)), (batch, values, rows, blocks * lanes))
    if tile.form.linear:
        return (xp.sum(cells[:, 0, :, :], axis=1) + tile.base)[:, : tile.cols]
    moments, products = tile.rest.shape[1] // 3, []
    parts = ((0, moments), (SLOPES, SLOPES + 2 * moments - 1), (CURVATURE, PLACES))
    for band in range(len(tile.edges) - 1):
        own = slice(tile.edges[band], tile.edges[band + 1])
        sums = [
            xp.matmul(xp.matrix_transpose(tile.weights[own, begin:end]), cells[:, value, own, :])
            for value, (begin, end) in enumerate(parts)
        ]
        both = xp.concat(sums, axis=1) + tile.rest[band, :, :]
        mine = [both[:, n, :] for n in range(product_count(moments))]
        for p in range(moments):
            mine[p] = mine[p] - tile.typical[band * moments + p, :]
        products.append(mine)
    return (tile.base + column_current(products, tile.lines))[:, : tile.cols]
