"""Read a tile of strings: compiled for NumPy, by array operations for other namespaces."""

import itertools
from typing import Any

import array_api_compat
import array_api_compat.numpy
import numpy as np

from circuitsim.behavioral.string_balance import BandSums, BypassLaw, string_current
from circuitsim.behavioral.string_kernels import string_currents
from circuitsim.behavioral.string_tile import StringTile
from circuitsim.errors import OutsideRangeError

_BLOCK = 128  # vectors at a time, by array operations
_CACHED = 600_000  # bytes of products of the vectors at a time: they stay in the processor's cache


def read_strings(tile: StringTile, x: Any) -> Any:
    """Return the currents (batch, cols) [A] of checked inputs x (batch, rows), 0 or 1.

    Raises:
        OutsideRangeError: The powers of the current that the tile keeps give none that the bias could drive.
    """
    if isinstance(tile.law, np.ndarray) and isinstance(x, np.ndarray):
        return _driven(_compiled(tile, x))
    batch = x.shape[0]
    parts = [_by_arrays(tile, x[start : min(start + _BLOCK, batch), :]) for start in range(0, batch, _BLOCK)]
    xp = array_api_compat.array_namespace(x)
    return _driven(xp.concat(parts, axis=0)[:, : tile.cols]) if parts else x[:, :0] @ tile.counts[:0, : tile.cols]


def _driven(out: Any) -> Any:
    """Return currents that are above 0, as a positive bias drives them."""
    xp = array_api_compat.array_namespace(out)
    if not bool(xp.all(out > 0)):
        raise OutsideRangeError(
            "the powers of the current that a tile of strings keeps do not follow its cells at this driver.v_read and "
            "access.v_gate: they give a current against the bias; use a smaller v_read, a higher v_gate, or "
            "level = 'nodal'"
        )
    return out


def _compiled(tile: StringTile, x: np.ndarray) -> np.ndarray:
    """Multiply and solve block after block of vectors."""
    dtype, width = tile.law.dtype, tile.law.shape[-1]
    x = np.ascontiguousarray(x, dtype)
    batch, bands, powers = len(x), len(tile.maps), tile.form.powers
    room = max(1, min(max(_CACHED // (bands * (powers + 2) * width * dtype.itemsize), 16), batch))
    sums = np.empty((bands, room, (powers + 1) * width), dtype)
    lifted = np.empty((bands, room, width), dtype)
    out = np.empty((batch, width), dtype)
    form = ((0.0,) * powers,) * bands
    for start in range(0, batch, room):
        part = x[start : start + room]
        for band, (first, last) in enumerate(itertools.pairwise(tile.edges)):
            rows = part[:, first:last]
            np.matmul(rows, tile.maps[band], out=sums[band, : len(part)])
            np.matmul(
                _share_above(array_api_compat.numpy, rows), tile.maps[band][:, :width], out=lifted[band, : len(part)]
            )
        string_currents(
            form, len(part), width, sums.ravel(), lifted.ravel(), room, tile.counts.ravel(), tile.law.ravel(),
            out.ravel(), start,
        )  # fmt: skip
    return out[:, : tile.cols] * dtype.type(tile.i_unit)


def _by_arrays(tile: StringTile, x: Any) -> Any:
    """Do the same with arrays (vectors, width) in place of lanes."""
    xp, (powers, width) = array_api_compat.array_namespace(x), (tile.form.powers, tile.law.shape[-1])
    bands = []
    for band, (first, last) in enumerate(itertools.pairwise(tile.edges)):
        rows, maps = x[:, first:last], tile.maps[band]
        sums = rows @ maps
        mine = [sums[:, n * width : (n + 1) * width] for n in range(powers + 1)]
        lifted = _share_above(xp, rows) @ maps[:, :width]
        bands.append(BandSums(mine[:-1], tile.counts[band, :] - mine[-1], lifted))
    known = [tile.law[n, :] for n in range(tile.law.shape[0])]
    return string_current(bands, BypassLaw(*known[:-2]), known[-2], known[-1]) * tile.i_unit


def _share_above(xp: Any, rows: Any) -> Any:
    """Return for each selected row of a band the share of the band's bypassed cells that lie above it; else 0."""
    bypassed = 1.0 - rows
    # NumPy before 2.1 knows it by its old name alone, other array libraries by that of the array API.
    above = xp.cumulative_sum(bypassed, axis=1) if hasattr(xp, "cumulative_sum") else xp.cumsum(bypassed, axis=1)
    most = xp.sum(bypassed, axis=1, keepdims=True)
    return rows * above / xp.where(most == 0.0, xp.ones_like(most), most)
