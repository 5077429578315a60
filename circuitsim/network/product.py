"""The interface of analog products: program a tile once, read it many times.

What products and reads need not have is a protocol of its own here, which `isinstance` tells.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol, runtime_checkable

import array_api_compat
import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.joint.form import JointForm
from circuitsim.network.parallel import over_tiles
from circuitsim.network.tiling import TilePlace
from circuitsim.spec import ArraySpec, by_value, checked

ReadTile = Callable[[np.ndarray], Any]
"""Function from driver voltages (batch, rows) [V], or 0 and 1 on gates, to column currents (batch, cols) [A].

Currents are positive into the sense amplifier. The voltages are a NumPy array of float64, unless the read is a
`PlacedRead`. The function may convert them to any array namespace, device and floating-point type; ADC and digital sums
are computed with those of the currents.

Five methods are optional: those of `IntervalRead`, `JointRead`, `JudgingRead`, `NoiseRead` and `PlacedRead`.
"""


@runtime_checkable
class IntervalRead(Protocol):
    """A read that is told how long inputs last where rows are pulsed, such as one that counts energy."""

    def in_intervals(self, v_in: Any, duration: np.ndarray, /) -> Any:
        """Return the outputs (intervals · vectors, cols) of inputs (intervals · vectors, rows).

        `duration` (intervals, vectors) is the share [1] of the read for which each input stays.
        """
        ...


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
class PlacedRead(Protocol):
    """A read of a place: the drivers of a layer whose reads all are of one place are computed there as well.

    It takes voltages of NumPy and, where its arrays are of another library, float64 voltages of that library there.
    """

    def own_array(self) -> Any:
        """Return an array of the namespace, dtype and device of its currents."""
        ...


@runtime_checkable
class NoiseRead(Protocol):
    """A read that draws noise from its own generator: its numbers follow the order of the reads."""

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
        namespace: Array module that computes: "numpy", "torch", or another that follows the array API.
        device: Device of the matrices, as the module names it; None: its default.
    """

    v_ref: float = 0.0
    v_read: float | None = None
    dtype: str = "float64"
    namespace: str = "numpy"
    device: Any = None

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
        own: Any = g.astype(self.dtype, copy=False)
        if self.namespace != "numpy":
            xp = importlib.import_module(self.namespace)
            own = xp.asarray(own, dtype=getattr(xp, self.dtype), device=self.device)
        return ExactRead(own, self.v_ref) if self.v_read is None else GateRead(own, self.v_read)


@by_value
@dataclass(frozen=True)
class ExactRead:
    """Reads conductances g (rows, cols) [S] by voltages: (v_in − v_ref) @ g, where g lies."""

    g: Any
    v_ref: float

    def __call__(self, v_in: Any) -> Any:
        """Return the currents (batch, cols) [A] of voltages (batch, rows) [V]."""
        return put_like(self.g, v_in - self.v_ref) @ self.g

    def own_array(self) -> Any:
        """Return the conductances."""
        return self.g

    def joint_form(self) -> JointForm | None:
        """Return the one product of the read; None where it is of another library than NumPy."""
        if not isinstance(self.g, np.ndarray):
            return None
        return JointForm(len(self.g), self.v_ref, 1.0, ((0, len(self.g), self.g),))


@by_value
@dataclass(frozen=True)
class GateRead:
    """Reads conductances g (rows, cols) [S] by gates: v_read · x @ g, where g lies."""

    g: Any
    v_read: float

    def __call__(self, x: Any) -> Any:
        """Return the currents (batch, cols) [A] of inputs (batch, rows) from 0 to 1."""
        return self.v_read * (put_like(self.g, x) @ self.g)

    def own_array(self) -> Any:
        """Return the conductances."""
        return self.g


@checked
def exact_product(
    spec: ArraySpec, *, dtype: str = "float64", namespace: str = "numpy", device: Any = None
) -> ExactProduct:
    """Return the exact product of an array, whatever its inputs drive; other arguments as in `ExactProduct`."""
    v_read = None if spec.array.input_line == "bl" else spec.driver.v_read
    return ExactProduct(spec.sense.v_ref, v_read, dtype, namespace, device)


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


def put_like(own: Any, values: Any) -> Any:
    """Return an array, of NumPy or already there, in the namespace and dtype, and on the device, of another one."""
    if isinstance(own, np.ndarray):
        return values.astype(own.dtype, copy=False)
    xp, device = array_api_compat.array_namespace(own), array_api_compat.device(own)
    return xp.asarray(values, dtype=own.dtype, device=device)


def _read_and_record(read: ReadTile, place: TilePlace, g: np.ndarray, records: list[TileRead], v_in: np.ndarray) -> Any:
    i_out = read(v_in)
    records.append(TileRead(place, g, v_in, i_out))
    return i_out
