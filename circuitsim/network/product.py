"""The analog product as an argument: program a tile once, read it many times."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from circuitsim.network.tiling import TilePlace

ReadTile = Callable[[np.ndarray], Any]
"""Driver voltages (batch, rows) [V] → column currents (batch, cols) [A], positive into the sense amplifier.

The voltages are NumPy's float64. The currents may have any namespace, device and floating-point type, to which the
function converts the voltages itself; the network keeps it through ADC and digital sums.
"""


class Product(Protocol):
    """Programs a tile with conductances g (rows, cols) [S] and returns the function that reads it.

    `place` says what the tile holds; most products need only g. The products of this package are frozen values that
    pickle, so that workers can program and read tiles; a plain function serves as well:

        def product(place, g):
            return functools.partial(behavioral.mvm, behavioral.program(model, g))
    """

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile: ...


@dataclass(frozen=True)
class TileRead:
    """One read of one tile, as it happened.

    Attributes:
        place: What the tile holds.
        g: (rows, cols) programmed conductances, padding included [S].
        v_in: (batch, rows) driver voltages: the active reads of the first phase first, then those of the next [V].
        i_out: (batch, cols) column currents before the ADC [A].
    """

    place: TilePlace
    g: np.ndarray
    v_in: np.ndarray
    i_out: Any


@dataclass(frozen=True)
class ExactProduct:
    """The product of an array without wires and with ohmic cells: (v_in − v_ref) @ g.

    Attributes:
        v_ref: Voltage of the columns, at which a row rests [V].
    """

    v_ref: float = 0.0

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S]."""
        del place
        return partial(_read_exactly, g, self.v_ref)


@dataclass(frozen=True)
class RecordedProduct:
    """Another product, every read of which is appended to a list.

    Attributes:
        product: Computes the currents.
        records: Takes the reads: in order within a tile, tiles may interleave. A pickled copy has a list of its own.
    """

    product: Product
    records: list[TileRead]

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S] and records the read."""
        return partial(_read_and_record, self.product(place, g), place, g, self.records)


def _read_exactly(g: np.ndarray, v_ref: float, v_in: np.ndarray) -> np.ndarray:
    return (v_in - v_ref) @ g


def _read_and_record(read: ReadTile, place: TilePlace, g: np.ndarray, records: list[TileRead], v_in: np.ndarray) -> Any:
    i_out = read(v_in)
    records.append(TileRead(place, g, v_in, i_out))
    return i_out
