"""Tiles whose cells are what the device makes of them: written with an error, drifted, stuck, noisy at every read."""

import zlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim import behavioral
from circuitsim.devices.statistics import Statistics, draw_conductances
from circuitsim.errors import InputError
from circuitsim.evaluation.products import BehavioralProduct, like_tile
from circuitsim.network import ReadTile, TilePlace
from circuitsim.spec import ArraySpec


def tile_entropy(seed: int, place: TilePlace) -> tuple[int, int, int]:
    """Return the seed of everything that is drawn for a tile: it depends on no other tile, cause or time."""
    return seed, zlib.crc32(place.layer.encode()), place.index


def drawn_cells(
    stats: Statistics | None,
    g: np.ndarray,
    entropy: tuple[int, ...],
    *,
    causes: Collection[str],
    t: float,
    extrapolate: bool,
) -> tuple[np.ndarray, np.ndarray | None]:
    """Draw the cells of a tile.

    Args:
        stats: Statistics of the device; None without causes.
        g: Wanted conductances (rows, cols) [S].
        entropy: From `tile_entropy`.
        causes: Of `devices.statistics.CAUSES`.
        t: Time since the end of programming [s].
        extrapolate: Go on outside the range of the source, with a warning.

    Returns:
        Conductances at that time, and those after programming, on which read noise depends [S]; None without it.
    """
    if stats is None or not causes:
        return g, None
    given = {"causes": causes, "extrapolate": extrapolate}
    now = draw_conductances(stats, g, t, rng=np.random.default_rng([*entropy, 0]), **given)
    if "read_noise" not in causes:
        return now, None
    programmed = draw_conductances(stats, g, 0.0, rng=np.random.default_rng([*entropy, 0]), **given)
    return now, np.clip(programmed, stats.g_min, stats.g_max)  # errors pass the source's ends


@dataclass(frozen=True)
class DrawnProduct:
    """Programs tiles of a behavioral model with conductances that the statistics of its device draw.

    Each tile has its own generator, from `seed`, its layer and its place, so that a draw depends neither on the order
    of the tiles nor on their number, and a tile at two times is the same tile. Read noise is drawn anew at every read.

    Attributes:
        product: Programs and reads the drawn conductances.
        statistics: Statistics of the device; None without causes.
        causes: Of `devices.statistics.CAUSES`.
        t: Time since the end of programming [s].
        seed: Of every draw.
        extrapolate: Go on outside the range of the source, with a warning.
        factor: On every conductance: what a temperature makes of it, see `devices.statistics.temperature_factor`.
    """

    product: BehavioralProduct
    statistics: Statistics | None
    causes: frozenset[str]
    t: float = 0.0
    seed: int = 0
    extrapolate: bool = False
    factor: float = 1.0

    @property
    def spec(self) -> ArraySpec:
        """The array that was calibrated."""
        return self.product.spec

    def check_array(self, spec: ArraySpec) -> None:
        """Refuse an array other than that of the model, see `BehavioralProduct.check_array`."""
        self.product.check_array(spec)

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads one draw of conductances g (rows, cols) [S].

        Raises:
            InputError: A cause is not stated, or read noise is asked for of gates of several levels or behind circuits.
        """
        entropy = tile_entropy(self.seed, place)
        given = {"causes": self.causes, "t": self.t, "extrapolate": self.extrapolate}
        drawn, programmed = drawn_cells(self.statistics, g, entropy, **given)
        drawn = drawn if self.factor == 1.0 else self.factor * drawn
        tile = self.product.tile(g, drawn=None if drawn is g else drawn)
        read = self.product.read_of(tile, g)
        if programmed is None or self.statistics is None:
            return read
        if self.product.model.sense is not None:
            raise InputError("read noise of tiles whose sense amplifiers are circuits is not modelled; leave it out")
        stated = {"g_programmed": programmed, "t": self.t, "extrapolate": self.extrapolate}
        noise = behavioral.read_noise(self.product.model, self.statistics, drawn, **stated)
        return NoisyRead(read, tile, noise, (*entropy, 1))


class NoisyRead:
    """Reads a tile and draws the noise of each read anew, from a generator of NumPy that `anew` starts again.

    Attributes:
        read: The read without noise.
        tile: The programmed tile.
        noise: Its read noise.
        entropy: Seed of the generator.
    """

    def __init__(
        self,
        read: ReadTile,
        tile: behavioral.AnyTile,
        noise: behavioral.AnyNoise,
        entropy: tuple[int, ...],
    ) -> None:
        self.read, self.tile, self.noise, self.entropy = read, tile, noise, entropy
        self.rng = np.random.default_rng(entropy)

    def own_array(self) -> Any:
        """An array of the tile."""
        return behavioral.own_array(self.tile)

    def __call__(self, v_in: Any) -> Any:
        """Outputs (batch, cols) [A] of one read each."""
        return behavioral.with_read_noise(
            self.tile, self.noise, like_tile(self.tile, v_in), self.read(v_in), rng=self.rng
        )

    def anew(self, *stream: int) -> "NoisyRead":
        """The same tile with a noise of its own for what a stream of numbers names, whatever was read before."""
        return NoisyRead(self.read, self.tile, self.noise, (*self.entropy, *stream))
