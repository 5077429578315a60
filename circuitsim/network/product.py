"""The interface of analog products: program a tile once, read it many times.

What products and reads need not have is a protocol of its own here, which `isinstance` tells.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.joint.form import JointForm
from circuitsim.network.parallel import over_tiles
from circuitsim.network.tiling import TilePlace
from circuitsim.spec import ArraySpec, by_value, checked

ReadTile = Callable[[np.ndarray], Any]
"""Function from driver voltages (batch, rows) [V], or 0 and 1 on gates, to column currents (batch, cols) [A].

Currents are positive into the sense amplifier. The voltages are a NumPy array of float64. The function may convert them
to any array namespace, device and floating-point type; ADC and digital sums are computed with those of the currents.

Three methods are optional: those of `JointRead`, `JudgingRead` and `NoiseRead`.
"""


@runtime_checkable
class JointRead(Protocol):
    """A read that consists of matrix products: where all tiles of a layer do, they are read together, compiled."""

    def joint_form(self) -> JointForm | None:
        """Return the products, or None where they have no such form."""
        ...


@runtime_checkable
class JudgingRead(Protocol):
    """A read that judges its inputs, asked where tiles are read together, because it is not called itself then."""

    def check_inputs(self, v_in: np.ndarray, /) -> None:
        """Warn about driver voltages (batch, rows) [V] that the tile does not hold for, or refuse them."""
        ...


@runtime_checkable
class NoiseRead(Protocol):
    """A read that draws noise from a generator of its own: its numbers follow the order of the reads."""

    def anew(self, *stream: int) -> ReadTile:
        """Return a read of the same tile whose generator starts from its seed and the numbers of a stream."""
        ...


@runtime_checkable
class ArrayProduct(Protocol):
    """A product that simulates one array."""

    def check_array(self, spec: ArraySpec, /) -> None:
        """Refuse the array of another network; `network.program` asks.

        Raises:
            InputError: The product simulates another array.
        """
        ...


@runtime_checkable
class LayerProgramming(Protocol):
    """A product that programs all tiles of a layer in one call, so that it can keep them together."""

    def of_layer(self, places: Sequence[TilePlace], matrices: Sequence[np.ndarray], n_jobs: int, /) -> list[ReadTile]:
        """Return the function that reads each tile, for its place and conductances (rows, cols) [S].

        `n_jobs` is the number of tiles programmed at the same time, see `parallel.over_tiles`.
        """
        ...


class Product(Protocol):
    """Programs a tile with conductances g (rows, cols) [S] and returns the function that reads it.

    `place` is the part of the layer that the tile holds; most products need only g. The products of this package can be
    pickled, so that worker processes can program and read tiles. A product that simulates one array is also an
    `ArrayProduct`, one that programs whole layers a `LayerProgramming`. A plain function is a product, too; it serves
    any array:

        def product(place, g):
            return functools.partial(behavioral.mvm, behavioral.program(model, g))
    """

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile: ...


@by_value
@dataclass(frozen=True)
class TileRead:
    """One read of one tile.

    Attributes:
        place: The part of the layer that the tile holds.
        g: (rows, cols) programmed conductances, padding included [S].
        v_in: (batch, rows) driver voltages [V]: the active reads of the first phase, then those of the next.
        i_out: (batch, cols) column currents before the ADC [A].
    """

    place: TilePlace
    g: np.ndarray
    v_in: np.ndarray
    i_out: Any


@dataclass(frozen=True)
class ExactProduct:
    """The product of an array without wires and with ohmic cells: (v_in − v_ref) @ g, or v_read · x @ g on gates.

    Attributes:
        v_ref: Voltage of the columns and of rows without input [V].
        v_read: Voltage across the cells of a row at 1 where inputs switch gates [V]; None: inputs are voltages.
        dtype: Data type of the matrices and the currents, "float64" or "float32".
    """

    v_ref: float = 0.0
    v_read: float | None = None
    dtype: str = "float64"

    def check_array(self, spec: ArraySpec) -> None:
        """Refuse an array whose columns are held at another voltage."""
        if spec.sense.v_ref != self.v_ref:
            raise InputError(
                f"sense.v_ref = {spec.sense.v_ref:g} V, but the product has v_ref = {self.v_ref:g} V: expected "
                "ExactProduct(spec.sense.v_ref)"
            )
        if (self.v_read is None) != (spec.array.input_line == "bl"):
            raise InputError(
                f"v_read = {self.v_read} with array.input_line = {spec.array.input_line!r}: expected "
                "circuitsim.network.exact_product(spec)"
            )

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S]."""
        del place
        g = g.astype(self.dtype, copy=False)
        return ExactRead(g, self.v_ref) if self.v_read is None else partial(_gate, g, self.v_read)


@by_value
@dataclass(frozen=True)
class ExactRead:
    """Reads conductances g (rows, cols) [S] by voltages: (v_in − v_ref) @ g."""

    g: np.ndarray
    v_ref: float

    def __call__(self, v_in: np.ndarray) -> np.ndarray:
        """Return the currents (batch, cols) [A] of voltages (batch, rows) [V]."""
        return (v_in - self.v_ref).astype(self.g.dtype, copy=False) @ self.g

    def joint_form(self) -> JointForm:
        """Return the one product of the read."""
        return JointForm(len(self.g), self.v_ref, 1.0, ((0, len(self.g), self.g),))


@checked
def exact_product(spec: ArraySpec, *, dtype: str = "float64") -> ExactProduct:
    """Return the exact product of an array, whatever its inputs drive; `dtype` as in `ExactProduct`."""
    v_read = None if spec.array.input_line == "bl" else spec.driver.v_read
    return ExactProduct(spec.sense.v_ref, v_read, dtype)


@checked
def program_tiles(
    product: Product, places: Sequence[TilePlace], matrices: Sequence[np.ndarray], n_jobs: int = 1
) -> list[ReadTile]:
    """Return the functions that read the tiles of a layer, with conductances (rows, cols) [S], in order."""
    if isinstance(product, LayerProgramming):
        return product.of_layer(places, matrices, n_jobs)
    return over_tiles(product, zip(places, matrices, strict=True), n_jobs)


@dataclass(frozen=True)
class RecordedProduct:
    """Product that appends each read of another product to a list.

    Attributes:
        product: Computes the currents.
        records: List of the reads. Reads of one tile are in order; those of several tiles may alternate. A pickled
            copy has its own list.
    """

    product: Product
    records: list[TileRead]

    def check_array(self, spec: ArraySpec) -> None:
        """Refuse an array that the other product refuses."""
        if isinstance(self.product, ArrayProduct):
            self.product.check_array(spec)

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads conductances g (rows, cols) [S] and records each read."""
        return partial(_read_and_record, self.product(place, g), place, g, self.records)


def _gate(g: np.ndarray, v_read: float, x: np.ndarray) -> np.ndarray:
    return v_read * (x.astype(g.dtype, copy=False) @ g)


def _read_and_record(read: ReadTile, place: TilePlace, g: np.ndarray, records: list[TileRead], v_in: np.ndarray) -> Any:
    i_out = read(v_in)
    records.append(TileRead(place, g, v_in, i_out))
    return i_out
