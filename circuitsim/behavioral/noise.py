"""What varies: conductances from programming and drift, currents from read noise.

Conductances are drawn before programming. For many draws around one programmed matrix `reprogrammed` scales the
matrices of a tile instead of building them anew. Read noise changes with every read and is added to the currents.
"""

from dataclasses import dataclass, replace
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.tile import Factor, Tile
from circuitsim.devices.statistics import Statistics, read_sigma, sample_aged, sample_programmed
from circuitsim.errors import InputError


def programmed(
    stats: Statistics, g: np.ndarray, *, rng: np.random.Generator, t: float | None = None, extrapolate: bool = False
) -> np.ndarray:
    """Return what a matrix becomes when it is programmed.

    Args:
        stats: Statistics of the device.
        g: Wanted conductances (rows, cols) [S]; cells of 0 stay open.
        rng: Source of randomness.
        t: Seconds after programming, drift included; None for right after it.
        extrapolate: Go on outside the range of the source, with a warning.

    Returns:
        (rows, cols) [S].
    """
    there = g > 0
    found = np.zeros_like(g, dtype=float)
    if t is None:
        found[there] = sample_programmed(stats, g[there], rng=rng, extrapolate=extrapolate)
    else:
        found[there] = sample_aged(stats, g[there], t, rng=rng, extrapolate=extrapolate)
    return found


def reprogrammed(tile: Tile, g_old: np.ndarray, g_new: np.ndarray) -> Tile:
    """Return the tile for conductances near those it was programmed with, all its matrices scaled cell by cell.

    Args:
        tile: The programmed tile; NumPy arrays.
        g_old, g_new: Conductances (rows, cols) [S] it was and shall be programmed with; open cells stay open.

    Raises:
        InputError: The shapes do not fit, or an open cell would close.

    Valid for: changes of a few per cent. Independent changes of 1 % (5 %) leave an error of some 1e-4 (6e-4) rms of
    full scale at 20 % IR drop; `power` and `w_port` stay those of the old conductances.
    """
    if g_old.shape != (tile.rows, tile.cols) or g_new.shape != g_old.shape:
        raise InputError(f"g has shapes {g_old.shape}, {g_new.shape}: expected (rows, cols) = {(tile.rows, tile.cols)}")
    if np.any((g_old == 0) & (g_new != 0)):
        raise InputError("an open cell (g = 0) cannot be scaled to another conductance: program the tile anew")
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
    )


@dataclass(frozen=True)
class ReadNoise:
    """Read noise of a tile's cells as seen in its currents.

    Attributes:
        variance: (rows, cols) [S²]: the variance of the currents is (v_in − v_ref)² @ variance.
    """

    variance: Any


def read_noise(
    tile: Tile,
    stats: Statistics,
    g: np.ndarray,
    *,
    g_programmed: np.ndarray | None = None,
    t: float = 0.0,
    extrapolate: bool = False,
) -> ReadNoise:
    """Return the read noise of a programmed tile.

    A cell's noise reaches the output as far as its conductance does: dI/dg = W/g to first order.

    Args:
        tile: The tile programmed with g.
        stats: Statistics with read noise.
        g: Conductances (rows, cols) at the time of the read [S].
        g_programmed: Conductances at the end of programming [S]; None: g.
        t: Seconds since then.
        extrapolate: Go on outside the range of the source, with a warning.
    """
    there = g > 0
    sigma = np.zeros_like(g, dtype=float)
    before = g if g_programmed is None else g_programmed
    sigma[there] = read_sigma(stats, before[there], g[there], t, extrapolate=extrapolate) / g[there]
    xp = array_api_compat.array_namespace(tile.w)
    gain = tile.w * xp.asarray(sigma, dtype=tile.w.dtype)
    return ReadNoise(gain * gain)


def with_read_noise(tile: Tile, noise: ReadNoise, v_in: Any, i_out: Any, *, rng: np.random.Generator) -> Any:
    """Add one read's noise to currents (batch, cols) [A] of inputs v_in (batch, rows) [V]."""
    xp = array_api_compat.array_namespace(v_in)
    v = v_in - tile.v_ref
    sigma = xp.sqrt((v * v) @ noise.variance)
    return i_out + sigma * xp.asarray(rng.standard_normal(tuple(i_out.shape)), dtype=i_out.dtype)
