"""What chance does to a programmed tile: other conductances than it was programmed with, and read noise.

`devices.statistics` draws conductances. For many draws around one programmed matrix `reprogram` scales the matrices of
a tile instead of building them again. Read noise changes with every read and is added to the currents.
"""

import itertools
from dataclasses import dataclass, replace
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.product import AnyTile, voltage_tile
from circuitsim.behavioral.tile import BandProducts, Factor, Tile
from circuitsim.devices.statistics import Statistics, read_sigma
from circuitsim.errors import InputError


def reprogram(tile: AnyTile, g_old: np.ndarray, g_new: np.ndarray) -> Tile:
    """Return the tile for conductances near those it was programmed with, all its matrices scaled cell by cell.

    Args:
        tile: The programmed tile; NumPy arrays.
        g_old: Conductances (rows, cols) [S] that it was programmed with.
        g_new: Conductances (rows, cols) [S] to scale it to; open cells stay open.

    Raises:
        InputError: The shapes do not fit, an open cell would close, or inputs switch gates.

    Valid for: changes of a few per cent. Independent changes of 1 % (5 %) leave an error of some 1e-4 (6e-4) rms of
    full scale at 20 % IR drop; `power` and `w_port` stay those of the old conductances.
    """
    tile = voltage_tile(tile, "reprogram")
    if g_old.shape != (tile.rows, tile.cols) or g_new.shape != g_old.shape:
        raise InputError(f"g has shapes {g_old.shape}, {g_new.shape}: expected (rows, cols) = {(tile.rows, tile.cols)}")
    if np.any((g_old == 0) & (g_new != 0)):
        raise InputError("an open cell (g = 0) cannot be scaled to another conductance: program the tile again")
    ratio = np.where(g_old > 0, g_new / np.where(g_old > 0, g_old, 1.0), 0.0)
    line = tile.rows * len(tile.functions[0]) + tile.rows  # the constant among the features

    def scaled(factor: Factor) -> Factor:
        count = factor.last - factor.first
        if count == 1:
            return factor
        constant = line - factor.first
        before, after = constant // tile.rows, (count - constant - 1) // tile.rows
        by = np.concatenate([*[ratio] * before, np.ones((1, tile.cols)), *[ratio] * after])
        return replace(factor, matrix=factor.matrix * by.astype(factor.matrix.dtype))

    return replace(
        tile,
        w=tile.w * ratio.astype(tile.w.dtype),
        offset=None if tile.offset is None else -tile.v_ref * (tile.w * ratio).sum(0),
        currents=tuple(scaled(factor) for factor in tile.currents),
        levels=tuple(scaled(factor) for factor in tile.levels),
        bands=None if tile.bands is None else _scaled_bands(tile.bands, ratio),
    )


def _scaled_bands(bands: BandProducts, ratio: np.ndarray) -> BandProducts:
    """Scale the products of bands cell by cell; what a row sees of the columns stays."""
    rows = [slice(*ends) for ends in itertools.pairwise(bands.edges)]
    linear = np.hstack([*[ratio] * len(bands.edges), np.ones((len(ratio), len(ratio)))])

    def scaled(matrices: tuple[np.ndarray, ...]) -> tuple[np.ndarray, ...]:
        cells = [ratio[at] for at in rows]
        tiled = [np.tile(c, np.array(m.shape) // c.shape) for c, m in zip(cells, matrices, strict=True)]
        return tuple((m * by).astype(m.dtype) for m, by in zip(matrices, tiled, strict=True))

    return replace(
        bands,
        wide=bands.wide * linear.astype(bands.wide.dtype),
        flat=scaled(bands.flat),
        sloped=scaled(bands.sloped),
        shared=scaled(bands.shared),
    )


@dataclass(frozen=True)
class ReadNoise:
    """Read noise of a tile's cells as it appears in the tile's currents.

    Attributes:
        variance: (rows, cols) [S²]: the variance of the currents is (v_in − v_ref)² @ variance [A²].
    """

    variance: Any


def read_noise(
    tile: AnyTile,
    stats: Statistics,
    g: np.ndarray,
    *,
    g_programmed: np.ndarray | None = None,
    t: float = 0.0,
    extrapolate: bool = False,
) -> ReadNoise:
    """Return the read noise of a programmed tile.

    A cell's noise reaches the output as far as its conductance does, dI/dg = W/g to first order, and the noise of
    different cells is independent: variance = (W·σ/g)².

    Args:
        tile: The tile programmed with g.
        stats: Statistics with read noise.
        g: Conductances (rows, cols) at the time of the read [S].
        g_programmed: Conductances at the end of programming [S]; None: g.
        t: Seconds since then.
        extrapolate: Go on outside the range of the source, with a warning.

    Raises:
        OutsideRangeError: A conductance or the time is outside the range of the source, without `extrapolate`.
        InputError: The tile's inputs switch gates.
    """
    tile = voltage_tile(tile, "tell the read noise of")
    closed = g > 0
    sigma = np.zeros_like(g, dtype=float)
    before = g if g_programmed is None else g_programmed
    sigma[closed] = read_sigma(stats, before[closed], g[closed], t, extrapolate=extrapolate) / g[closed]
    xp, device = array_api_compat.array_namespace(tile.w), array_api_compat.device(tile.w)
    gain = tile.w * xp.asarray(sigma, dtype=tile.w.dtype, device=device)
    return ReadNoise(gain * gain)


def with_read_noise(tile: Tile, noise: ReadNoise, v_in: Any, i_out: Any, *, rng: np.random.Generator) -> Any:
    """Add one read's noise to currents.

    Args:
        tile: The programmed tile.
        noise: From `read_noise`.
        v_in: Inputs (batch, rows) [V].
        i_out: Currents of these inputs (batch, cols) [A].
        rng: Draws one normal number for each current.

    Returns:
        (batch, cols) [A].
    """
    xp, device = array_api_compat.array_namespace(v_in), array_api_compat.device(i_out)
    v = v_in - tile.v_ref
    sigma = xp.sqrt((v * v) @ noise.variance)
    return i_out + sigma * xp.asarray(rng.standard_normal(tuple(i_out.shape)), dtype=i_out.dtype, device=device)
