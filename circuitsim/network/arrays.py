"""A network on arrays: its layers programmed into tiles once, and read many times."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.inputs import encode
from circuitsim.network.linear import LinearLayer
from circuitsim.network.mapping import conductances, largest_weight, numbers
from circuitsim.network.network import Network
from circuitsim.network.product import Product, Read, TileMap
from circuitsim.network.tiling import TilePlace, padded, places
from circuitsim.periphery import adc_table, count_clipped, decode
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class LayerRange:
    """What the digital side knows about a layer, from calibration inputs.

    Attributes:
        x_max: Input that is driven at v_read.
        full_scale: Current of the ADC's largest code [A]; None where there is no ADC quantization.
        gain: Factor on the layer's products, 1 unless it was fitted.
    """

    x_max: float
    full_scale: float | None = None
    gain: float = 1.0


@dataclass(frozen=True)
class ProgrammedLayer:
    """A layer in its tiles.

    Attributes:
        layer: The layer.
        w_max: Weight that takes g_max.
        places: What each tile holds.
        reads: One function per tile: driver voltages (batch, rows) [V] → column currents (batch, cols) [A].
    """

    layer: LinearLayer
    w_max: float
    places: tuple[TilePlace, ...]
    reads: tuple[Read, ...]


@dataclass(frozen=True)
class ProgrammedNetwork:
    """A network in its tiles.

    Attributes:
        network: The network.
        spec: The array that every tile is.
        layers: By name, in order.
    """

    network: Network
    spec: ArraySpec
    layers: dict[str, ProgrammedLayer]


@dataclass(frozen=True)
class TileCurrents:
    """What a tile answered to a batch of input vectors.

    Attributes:
        active: (phases, vectors) True where the tile was read; elsewhere all its rows rest and nothing flows.
        i_out: (reads, columns in use) currents before the ADC [A], in the order of `active`.
    """

    active: np.ndarray
    i_out: np.ndarray


@dataclass(frozen=True)
class LayerReading:
    """Products of a layer and what it took to read them.

    Attributes:
        y: (vectors, groups, outputs) products, without bias.
        reads: Tile reads: one tile, one vector, one phase.
        conversions: Currents converted by ADCs.
        adc_clipped: Conversions outside the ADC's range.
        inputs: Inputs encoded.
        inputs_clipped: Inputs larger than x_max.
        i_max: Largest column current before the ADC [A].
    """

    y: np.ndarray
    reads: int
    conversions: int
    adc_clipped: int
    inputs: int
    inputs_clipped: int
    i_max: float


def program(network: Network, spec: ArraySpec, product: Product, *, tile_map: TileMap = map) -> ProgrammedNetwork:
    """Program every layer of a network into tiles.

    Args:
        network: The network.
        spec: The array that every tile is; g_min, g_max and the size are used.
        product: Programs one tile and returns the function that reads it.
        tile_map: Programs the tiles of a layer; an executor's `map` does so in parallel.
    """
    programmed = {}
    for layer in network.layers:
        w_max = largest_weight(layer.weights)
        layer_places = places(layer.name, _matrix_shape(layer), spec.shape)
        matrices = [tile_conductances(layer, place, spec, w_max=w_max) for place in layer_places]
        reads = tile_map(lambda pair: product(*pair), list(zip(layer_places, matrices, strict=True)))
        programmed[layer.name] = ProgrammedLayer(layer, w_max, layer_places, tuple(reads))
    return ProgrammedNetwork(network, spec, programmed)


def tile_conductances(layer: LinearLayer, place: TilePlace, spec: ArraySpec, *, w_max: float) -> np.ndarray:
    """Conductances (rows, cols) [S] of the tile that holds `place`, padding included."""
    weights = layer.weights[place.group, slice(*place.inputs), slice(*place.outputs)]
    g_min, g_max = spec.device.g_min, spec.device.g_max
    return padded(conductances(weights, w_max=w_max, g_min=g_min, g_max=g_max), spec.shape, g_min=g_min)


def read_currents(
    programmed: ProgrammedLayer, spec: ArraySpec, v: np.ndarray, *, tile_map: TileMap = map
) -> list[TileCurrents]:
    """Read all tiles of a layer.

    Args:
        programmed: The layer.
        spec: The array.
        v: (phases, vectors, groups, inputs) driver voltages [V]; both phases of a tile are read in one batch.
        tile_map: Reads the tiles; an executor's `map` does so in parallel.

    Raises:
        InputError: The product returned currents of another shape, or some that are not finite.
    """

    def read(tile: tuple[TilePlace, Read]) -> TileCurrents:
        place, read_tile = tile
        part = v[:, :, place.group, slice(*place.inputs)]
        active = np.any(part != spec.sense.v_ref, axis=2)
        v_in = np.full((int(active.sum()), spec.array.rows), spec.sense.v_ref)
        v_in[:, : place.rows] = part[active]
        if len(v_in) == 0:
            return TileCurrents(active, np.zeros((0, place.cols)))
        i_out = np.asarray(read_tile(v_in), dtype=float)
        if i_out.shape != (len(v_in), spec.array.cols):
            expected = (len(v_in), spec.array.cols)
            raise InputError(f"the product returned currents of shape {i_out.shape}, expected {expected} (batch, cols)")
        if not np.isfinite(i_out).all():
            raise InputError(
                f"the product of layer {place.layer!r}, tile {place.index}, returned a value that is no number"
            )
        return TileCurrents(active, i_out[:, : place.cols])

    return list(tile_map(read, list(zip(programmed.places, programmed.reads, strict=True))))


def read_layer(
    programmed: ProgrammedLayer, spec: ArraySpec, x: np.ndarray, known: LayerRange, *, tile_map: TileMap = map
) -> LayerReading:
    """Compute a layer's products on its tiles: DAC, tiles, ADC, digital sums.

    Args:
        programmed: The layer.
        spec: The array.
        x: (vectors, groups, inputs) in the network's units.
        known: Ranges and gain of the layer.
        tile_map: Reads the tiles; an executor's `map` does so in parallel.
    """
    phases = encode(x.reshape(len(x), -1), spec, x_max=known.x_max, layer=programmed.layer.name)
    v = phases.v.reshape(len(phases.signs), *x.shape)
    currents = read_currents(programmed, spec, v, tile_map=tile_map)
    y, clipped = combine(programmed, spec, currents, phases.signs, known)
    return LayerReading(
        y=y,
        reads=sum(len(tile.i_out) for tile in currents),
        conversions=sum(tile.i_out.size for tile in currents) if spec.adc.bits is not None else 0,
        adc_clipped=clipped,
        inputs=x.size,
        inputs_clipped=phases.clipped,
        i_max=max((float(np.abs(tile.i_out).max(initial=0.0)) for tile in currents), default=0.0),
    )


def combine(
    programmed: ProgrammedLayer,
    spec: ArraySpec,
    currents: list[TileCurrents],
    signs: Sequence[int],
    known: LayerRange,
) -> tuple[np.ndarray, int]:
    """Convert the currents of each tile and add up phases, pairs of columns and partial sums, all digitally.

    Returns:
        (vectors, groups, outputs) products without bias, and how many conversions were clipped.
    """
    groups, _, outputs = programmed.layer.weights.shape
    y = np.zeros((currents[0].active.shape[1], groups, outputs))
    total = 0
    adc = adc_table(spec, full_scale=known.full_scale)
    for place, tile in zip(programmed.places, currents, strict=True):
        converted = tile.i_out
        if adc is not None:
            codes, clipped = count_clipped(adc, converted)
            converted, total = decode(adc, codes), total + clipped
        products = np.zeros((*tile.active.shape, place.cols // 2))
        products[tile.active] = numbers(
            converted,
            w_max=programmed.w_max,
            g_min=spec.device.g_min,
            g_max=spec.device.g_max,
            v_per_unit=spec.driver.v_read / known.x_max,
        )
        y[:, place.group, slice(*place.outputs)] += np.einsum("p,pvo->vo", np.asarray(signs, dtype=float), products)
    return y * known.gain, total


def _matrix_shape(layer: LinearLayer) -> tuple[int, int, int]:
    groups, inputs, outputs = layer.weights.shape
    return groups, inputs, outputs
