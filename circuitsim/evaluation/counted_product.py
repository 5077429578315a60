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
        power: Power that drivers and references deliver into the array, summed over the reads [W]; of pulses each the
            mean over `driver.t_read`.
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
        solutions: dict[TilePlace, list[Solution]] = {place: [] for place in places}
        noted = replace(product, record=partial(_note, solutions, product.record))
        reads = program_tiles(noted, places, matrices, n_jobs)
        return [
            CountedSolutions(read, place, sense, solutions[place], self.calls)
            for place, read in zip(places, reads, strict=True)
        ]


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
        return self.in_intervals(v_in, np.ones((1, v_in.shape[0])))

    def in_intervals(self, v_in: Any, duration: np.ndarray) -> Any:
        """Return the outputs of intervals of pulses, and count each vector once; see `product.IntervalRead`."""
        out = self.read(v_in)
        power = as_numpy(behavioral.power(self.tile, like_tile(self.tile, v_in)))
        self.calls.append(_counted(self.place, power, duration, self.sense, out))
        return out

    def own_array(self) -> Any:
        """Return an array of the tile."""
        return behavioral.own_array(self.tile)


@dataclass(frozen=True, eq=False)
class CountedSolutions:
    """Reads a tile of a circuit solver, and appends the reads and their power to a list.

    Attributes:
        read: Reads inputs that stay, and leaves each solution in `solutions`.
        place: The part of the layer that the tile holds.
        sense: Table of the amplifiers; None: ideal.
        solutions: Solutions of the read at work.
        calls: What is counted.
    """

    read: ReadTile
    place: TilePlace
    sense: SenseTable | None
    solutions: list[Solution]
    calls: list[CountedReads]

    def __call__(self, v_in: Any) -> Any:
        """Return the outputs (batch, cols) of inputs (batch, rows)."""
        return self.in_intervals(v_in, np.ones((1, v_in.shape[0])))

    def in_intervals(self, v_in: Any, duration: np.ndarray) -> Any:
        """Return the outputs of intervals of pulses, and count each vector once; see `product.IntervalRead`."""
        out = self.read(v_in)
        power = np.concatenate([np.asarray(each.power) for each in self.solutions])
        reported = np.concatenate([each.out for each in self.solutions])
        self.solutions.clear()
        self.calls.append(_counted(self.place, power, duration, self.sense, reported))
        return out


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


def _counted(
    place: TilePlace, power: np.ndarray, duration: np.ndarray, sense: SenseTable | None, out: Any
) -> CountedReads:
    """Count reads: powers (intervals · vectors) of inputs that stay for shares (intervals, vectors) of a read.

    Once all pulses of a read have ended, rows rest at the reference: the array takes nothing, and amplifiers carry no
    current.
    """
    supplied, total = _sense_power(sense, place, out), float((power.reshape(duration.shape) * duration).sum())
    if supplied is None:
        return CountedReads(place, duration.shape[1], total)
    assert sense is not None
    resting = _at_rest(sense) * place.cols * (1.0 - duration.sum(axis=0)).sum()
    return CountedReads(
        place, duration.shape[1], total, float((supplied.reshape(duration.shape) * duration).sum() + resting)
    )


def _note(
    solutions: dict[TilePlace, list[Solution]],
    listener: Listener | None,
    place: TilePlace,
    g: np.ndarray,
    v_in: np.ndarray,
    solution: Solution,
) -> None:
    assert solution.power is not None
    solutions[place].append(solution)
    if listener is not None:
        listener(place, g, v_in, solution)


def _sense_power(sense: SenseTable | None, place: TilePlace, out: Any) -> np.ndarray | None:
    """Return the power of the amplifiers of an array in each read [W], from what they report; None: unknown."""
    if sense is None or sense.power is None or sense.current is None or sense.supply is None:
        return None
    used = as_numpy(out)[:, place.col_part]
    if sense.reported is not None:
        order = np.argsort(sense.reported)
        used = np.interp(used, sense.reported[order], sense.current[order])
    return np.interp(used, sense.current, sense.power).sum(axis=1)


def _at_rest(sense: SenseTable) -> float:
    """Return the power of an amplifier without current [W]."""
    assert sense.current is not None and sense.power is not None
    return float(np.interp(0.0, sense.current, sense.power))
