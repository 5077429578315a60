"""A network on arrays: its layers programmed into tiles once."""

from dataclasses import dataclass

import numpy as np

from circuitsim.network.linear import LinearLayer
from circuitsim.network.mapping import largest_weight, scheme_of
from circuitsim.network.network import Network
from circuitsim.network.parallel import over_tiles
from circuitsim.network.product import Product, ReadTile
from circuitsim.network.tiling import TilePlace, padded, places
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class ProgrammedLayer:
    """A layer in its tiles.

    Attributes:
        layer: The layer.
        w_max: Weight that takes the whole range of conductances.
        places: What each tile holds.
        reads: One function per tile: driver voltages (batch, rows) [V] → column currents (batch, cols) [A].
    """

    layer: LinearLayer
    w_max: float
    places: tuple[TilePlace, ...]
    reads: tuple[ReadTile, ...]


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


def program(network: Network, spec: ArraySpec, product: Product, *, n_jobs: int = 1) -> ProgrammedNetwork:
    """Program every layer of a network into tiles.

    Args:
        network: The network.
        spec: The array that every tile is; g_min, g_max, the size and mapping.weights are used.
        product: Programs one tile and returns the function that reads it.
        n_jobs: Tiles of a layer programmed side by side, in threads; see `parallel.over_tiles`.

    Raises:
        InputError: The array has fewer columns than one output takes.
    """
    programmed = {}
    for layer in network.layers:
        groups, inputs, outputs = layer.weights.shape
        w_max = largest_weight(layer.weights)
        tiles = places(layer.name, (groups, inputs, outputs), spec.shape, scheme_of(spec))
        matrices = [tile_conductances(layer, place, spec, w_max=w_max) for place in tiles]
        reads = over_tiles(product, zip(tiles, matrices, strict=True), n_jobs)
        programmed[layer.name] = ProgrammedLayer(layer, w_max, tiles, tuple(reads))
    return ProgrammedNetwork(network, spec, programmed)


def tile_conductances(layer: LinearLayer, place: TilePlace, spec: ArraySpec, *, w_max: float) -> np.ndarray:
    """Conductances (rows, cols) [S] of the tile that holds `place`, padding included."""
    weights = layer.weights[place.group, slice(*place.inputs), slice(*place.outputs)]
    return padded(scheme_of(spec).conductances(weights, w_max=w_max), spec.shape, g_min=spec.device.g_min)
