"""A programmed tile for other conductances than it was programmed with, as programming errors give many of them.

`devices.statistics` draws conductances. For many draws around one programmed matrix `reprogram` scales the matrices of
a tile instead of building them again.
"""

import itertools
from dataclasses import replace
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.product import AnyTile, voltage_tile
from circuitsim.behavioral.tile import BandProducts, Factor, Tile
from circuitsim.errors import InputError


def reprogram(tile: AnyTile, g_old: np.ndarray, g_new: np.ndarray) -> Tile:
    """Return the tile for conductances near those it was programmed with, all its matrices scaled cell by cell.

    Args:
        tile: The programmed tile, of any array namespace and on any device, where it stays.
        g_old: Conductances (rows, cols) [S] that it was programmed with, NumPy.
        g_new: Conductances (rows, cols) [S] to scale it to, NumPy; open cells stay open.

    Raises:
        InputError: The shapes do not fit, a conductance is below 0 or not finite, an open cell would close, or inputs
            switch gates.

    Valid for: changes of a few per cent. Independent changes of 1 % (5 %) leave an error of some 1e-4 (6e-4) rms of
    full scale at 20 % IR drop; `power` and `w_port` stay those of the old conductances.
    """
    tile = voltage_tile(tile, "reprogram")
    if g_old.shape != (tile.rows, tile.cols) or g_new.shape != g_old.shape:
        raise InputError(f"g has shapes {g_old.shape}, {g_new.shape}: expected (rows, cols) = {(tile.rows, tile.cols)}")
    for name, g in (("g_old", g_old), ("g_new", g_new)):
        for place in np.argwhere(~(np.isfinite(g) & (g >= 0)))[:1].tolist():
            raise InputError(f"{name}{place} = {g[tuple(place)]:g} S: expected a finite conductance, 0 or above")
    if np.any((g_old == 0) & (g_new != 0)):
        raise InputError("an open cell (g = 0) cannot be scaled to another conductance: program the tile again")
    ratio = np.where(g_old > 0, g_new / np.where(g_old > 0, g_old, 1.0), 0.0)
    xp, device = array_api_compat.array_namespace(tile.w), array_api_compat.device(tile.w)
    return scale_tile(tile, xp.asarray(ratio, dtype=tile.w.dtype, device=device))


def scale_tile(tile: Tile, ratio: Any) -> Tile:
    """Return a tile with its matrices scaled cell by cell; see `reprogram`, which checks first.

    Args:
        tile: The programmed tile.
        ratio: New conductances over the old ones (rows, cols), of the tile's array namespace and dtype.
    """
    xp = array_api_compat.array_namespace(ratio)
    line = tile.rows * len(tile.functions[0]) + tile.rows  # the constant among the features

    def scaled(factor: Factor) -> Factor:
        count = factor.last - factor.first
        if count == 1:
            return factor
        constant = line - factor.first
        before, after = constant // tile.rows, (count - constant - 1) // tile.rows
        by = xp.concat([*[ratio] * before, xp.ones_like(ratio[:1, :]), *[ratio] * after], axis=0)
        return replace(factor, matrix=factor.matrix * by)

    w = tile.w * ratio
    return replace(
        tile,
        w=w,
        offset=None if tile.offset is None else -tile.v_ref * xp.sum(w, axis=0),
        currents=tuple(scaled(factor) for factor in tile.currents),
        levels=tuple(scaled(factor) for factor in tile.levels),
        bands=None if tile.bands is None else _scaled_bands(tile.bands, ratio),
    )


def _scaled_bands(bands: BandProducts, ratio: Any) -> BandProducts:
    """Scale the products of bands cell by cell; what a row sees of the columns stays."""
    xp, count = array_api_compat.array_namespace(ratio), ratio.shape[0]
    rows = [slice(*ends) for ends in itertools.pairwise(bands.edges)]
    seen = xp.ones((count, count), dtype=ratio.dtype, device=array_api_compat.device(ratio))
    linear = xp.concat([*[ratio] * len(bands.edges), seen], axis=1)

    def scaled(matrix: Any) -> Any:
        features = matrix.shape[0] // count
        return matrix * xp.concat([ratio[at, :] for at in rows for _ in range(features)], axis=0)

    return replace(
        bands,
        wide=bands.wide * linear,
        flat=scaled(bands.flat),
        sloped=scaled(bands.sloped),
        curved=scaled(bands.curved),
        apart=scaled(bands.apart),
    )
