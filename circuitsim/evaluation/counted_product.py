"""A product that counts the reads of each array, and sums the power that they take."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from circuitsim import behavioral
from circuitsim.evaluation.products import BehavioralProduct, Listener, NgspiceProduct, NodalProduct, like_tile
from circuitsim.network import ReadTile, TilePlace, as_numpy, program_tiles
from circuitsim.results import SenseTable, Solution
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class CountedReads:
    """Reads of one array in one call.

    Attributes:
        place: The part of the layer that the array holds.
        reads: Number of reads.
        power: Power that drivers and references deliver into the array, summed over the reads [W].
        sense_power: Power that the supply delivers to the amplifiers of the columns in use, summed over the reads [W];
            None: ideal amplifiers, or unknown.
    """

    place: TilePlace
    reads: int
    power: float
    sense_power: float | None = None


@dataclass(frozen=True)
class CountedProduct:
    """Product that appends each call of another product to a list, with its reads and their power.

    Attributes:
        product: Computes the currents.
        calls: List of the calls; a pickled copy has its own.
    """

    product: BehavioralProduct | NodalProduct | NgspiceProduct
    calls: list[CountedReads]

    def check_array(self, spec: ArraySpec) -> None:
        """Refuse an array that the other product refuses."""
        self.product.check_array(spec)

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S] and counts."""
        return self.of_layer([place], [g])[0]

    def of_layer(self, places: Sequence[TilePlace], matrices: Sequence[np.ndarray], n_jobs: int = 1) -> list[ReadTile]:
        """Return the functions that read the tiles of a layer and count."""
        product = self.product
        if isinstance(product, BehavioralProduct):
            tiles, sense = product.tiles(places[0].layer, matrices, n_jobs), product.model.sense
            return [
                CountedRead(product.read_of(tile, g), tile, place, sense, self.calls)
                for place, tile, g in zip(places, tiles, matrices, strict=True)
            ]
        sense = product.sense if isinstance(product, NodalProduct) else None
        counted = replace(product, record=partial(_count, self.calls, sense, product.record))
        return program_tiles(counted, places, matrices, n_jobs)


@dataclass(frozen=True, eq=False)
class CountedRead:
    """Reads a tile of a behavioral model where it is, and appends the reads and their power to a list."""

    read: ReadTile
    tile: behavioral.AnyTile
    place: TilePlace
    sense: SenseTable | None
    calls: list[CountedReads]

    def __call__(self, v_in: Any) -> Any:
        """Return the outputs (batch, cols) of inputs (batch, rows)."""
        out = self.read(v_in)
        power = behavioral.power(self.tile, like_tile(self.tile, v_in))
        total = float(as_numpy(power).sum())
        self.calls.append(CountedReads(self.place, v_in.shape[0], total, _sense_power(self.sense, self.place, out)))
        return out

    def own_array(self) -> Any:
        """Return an array of the tile."""
        return behavioral.own_array(self.tile)


def reads_by_place(calls: Iterable[CountedReads]) -> dict[TilePlace, CountedReads]:
    """Return the sums over all calls of each array."""
    sums: dict[TilePlace, CountedReads] = {}
    for call in calls:
        if (before := sums.get(call.place)) is None:
            sums[call.place] = call
            continue
        sense = None if call.sense_power is None else call.sense_power + (before.sense_power or 0.0)
        sums[call.place] = CountedReads(call.place, before.reads + call.reads, before.power + call.power, sense)
    return sums


def _count(
    calls: list[CountedReads],
    sense: SenseTable | None,
    listener: Listener | None,
    place: TilePlace,
    g: np.ndarray,
    v_in: np.ndarray,
    solution: Solution,
) -> None:
    assert solution.power is not None
    power = float(solution.power.sum())
    calls.append(CountedReads(place, len(v_in), power, _sense_power(sense, place, solution.out)))
    if listener is not None:
        listener(place, g, v_in, solution)


def _sense_power(sense: SenseTable | None, place: TilePlace, out: Any) -> float | None:
    """Return the power of the amplifiers of an array, summed over reads, from what they report; None: unknown."""
    if sense is None or sense.power is None or sense.current is None or sense.supply is None:
        return None
    used = as_numpy(out)[:, place.col_part]
    if sense.reported is not None:
        order = np.argsort(sense.reported)
        used = np.interp(used, sense.reported[order], sense.current[order])
    return float(np.interp(used, sense.current, sense.power).sum())
