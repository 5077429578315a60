"""The analog product as an argument: program a tile once, read it many times."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from circuitsim.network.tiling import TilePlace

Read = Callable[[np.ndarray], np.ndarray]
"""Driver voltages (batch, rows) [V] → column currents (batch, cols) [A], positive into the sense amplifier."""


class TileMap(Protocol):
    """Like the built-in `map`; an executor's `map` reads the tiles of a layer in parallel."""

    def __call__(self, function: Callable[[Any], Any], items: Iterable[Any], /) -> Iterable[Any]: ...


class Product(Protocol):
    """Programs a tile with conductances g (rows, cols) [S] and returns the function that reads it.

    `place` says what the tile holds; most products need only g. `circuitsim.behavioral`, for example, gives

        def product(place, g):
            return functools.partial(behavioral.mvm, behavioral.program(model, g))
    """

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> Read: ...


@dataclass(frozen=True)
class TileRead:
    """One read of one tile, as it happened.

    Attributes:
        place: What the tile holds.
        g: (rows, cols) programmed conductances, padding included [S].
        v_in: (batch, rows) driver voltages: the active positive phases of the batch first, then the negative ones [V].
        i_out: (batch, cols) column currents before the ADC [A].
    """

    place: TilePlace
    g: np.ndarray
    v_in: np.ndarray
    i_out: np.ndarray


def exact(v_ref: float = 0.0) -> Product:
    """The product of an array without wires and with ohmic cells: (v_in − v_ref) @ g."""

    def program(place: TilePlace, g: np.ndarray) -> Read:
        del place
        return lambda v_in: (v_in - v_ref) @ g

    return program


def recorded(product: Product, records: list[TileRead]) -> Product:
    """The same product, appending every read to `records` (in order within a tile; tiles may interleave)."""

    def program(place: TilePlace, g: np.ndarray) -> Read:
        read = product(place, g)

        def read_and_record(v_in: np.ndarray) -> np.ndarray:
            i_out = read(v_in)
            records.append(TileRead(place, g, v_in, i_out))
            return i_out

        return read_and_record

    return program
