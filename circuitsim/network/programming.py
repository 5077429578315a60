"""Program the layers of a network into tiles."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

import array_api_compat
import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.converting import network_tables
from circuitsim.network.crosstalk import layer_places
from circuitsim.network.fitting_array import check_network_array
from circuitsim.network.linear import LinearLayer
from circuitsim.network.mapping import largest_weight, scheme_of
from circuitsim.network.network import CutNetwork, Network
from circuitsim.network.product import ArrayProduct, Product, ReadTile, program_tiles
from circuitsim.network.tiling import TilePlace, block_diagonal, padded
from circuitsim.periphery import Periphery
from circuitsim.spec import ArraySpec, by_value, checked


class _HasName(Protocol):
    @property
    def name(self) -> str: ...


_Named = TypeVar("_Named", bound=_HasName)


@by_value
@dataclass(frozen=True)
class ProgrammedLayer:
    """A layer programmed into tiles.

    Attributes:
        layer: The layer.
        w_max: Weight that is mapped to the whole range of conductances.
        places: The part of the layer that each tile holds.
        reads: One function per tile: driver voltages (batch, rows) [V] → column currents (batch, cols) [A], or what the
            sense amplifiers make of them where these are circuits.
        weight_sums: (groups, outputs) sums over the inputs of the weights as the cells hold them, which the digital
            side knows; None unless inputs are offset.
    """

    layer: LinearLayer
    w_max: float
    places: tuple[TilePlace, ...]
    reads: tuple[ReadTile, ...]
    weight_sums: np.ndarray | None = None


@dataclass(frozen=True)
class ProgrammedNetwork:
    """A network programmed into tiles.

    Attributes:
        network: The network.
        spec: The array; all tiles are arrays of this kind.
        layers: The programmed layers by name, in the order of the network.
        tables: The DAC, and the tables of the sense amplifiers and ADCs that are circuits.
    """

    network: Network
    spec: ArraySpec
    layers: dict[str, ProgrammedLayer]
    tables: Periphery = field(default_factory=Periphery)


@checked
def program(
    network: Network,
    spec: ArraySpec,
    product: Product,
    *,
    tables: Periphery | None = None,
    n_jobs: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> ProgrammedNetwork:
    """Program every layer of a network into tiles, except those that `mapping.digital` names.

    Layers with the same weights share their tiles, see `LinearLayer.tied_to`.

    Args:
        network: The network.
        spec: The array; its g_min, g_max, size, wires and [mapping] are used.
        product: Programs one tile and returns the function that reads it. It refuses an array other than
            its own, see `Product`.
        tables: Tables of the circuits that the array names, from `circuitsim.characterize`; None: it names none.
        n_jobs: Number of tiles of a layer programmed at the same time, in threads; see `parallel.over_tiles`.
        progress: Called with (programmed tiles, all tiles) after each layer.

    Raises:
        SpecError: The layers of a network cannot lie on this array, or not between these circuits.
        OutsideRangeError: A table was made for other conditions than those of the array.
        InputError: mapping.digital names no layer of the network, or all of them, the array has fewer columns than one
            output takes, or the product simulates another array.
    """
    check_network_array(spec)
    around = network_tables(spec, tables)
    if isinstance(product, ArrayProduct):
        product.check_array(spec)
    programmed: dict[str, ProgrammedLayer] = {}
    elsewhere = network.elsewhere if isinstance(network, CutNetwork) else ()
    analog = analog_layers(network.layers, [name for name in spec.mapping.digital or () if name not in elsewhere])
    placed = {layer.name: layer_places(layer.name, _shape(layer), spec) for layer in analog if not layer.tied_to}
    finished, total = 0, sum(map(len, placed.values()))
    for layer in analog:
        if layer.tied_to in programmed:
            programmed[layer.name] = replace(programmed[layer.tied_to], layer=layer)
            continue
        w_max = largest_weight(layer.weights)
        tiles = placed.get(layer.name) or layer_places(layer.name, _shape(layer), spec)  # its owner may be digital
        matrices = [tile_conductances(layer, place, spec, w_max=w_max) for place in tiles]
        reads = tuple(program_tiles(product, tiles, matrices, n_jobs))
        sums = _weight_sums(layer, tiles, matrices, spec, w_max) if spec.mapping.inputs == "offset" else None
        programmed[layer.name] = ProgrammedLayer(layer, w_max, tiles, reads, sums)
        finished += len(tiles)
        if progress is not None:
            progress(finished, max(total, finished))
    return ProgrammedNetwork(network, spec, programmed, around)


@checked
def tile_conductances(layer: LinearLayer, place: TilePlace, spec: ArraySpec, *, w_max: float) -> np.ndarray:
    """Return the conductances (rows, cols) [S] of the tile at `place`, padding included.

    `w_max` is the largest weight of the layer, which takes the whole range; with a `mapping.scale` of its own the tile
    does not use it.
    """
    weights, scale = tile_weights(layer, place), own_scale(layer, place, spec)
    if scale is not None:
        weights, w_max = weights / scale, 1.0
    g = scheme_of(spec).conductances(weights, w_max=w_max)
    return padded(g, spec.shape, g_min=spec.device.g_min, at=(place.first_row, place.first_col))


@checked
def tile_numbers(
    layer: LinearLayer, place: TilePlace, spec: ArraySpec, i_out: Any, v_sum: Any, *, w_max: float, v_per_unit: float
) -> Any:
    """Turn currents (batch, columns in use) [A] of the tile at `place` into products (batch, outputs of all groups).

    Args:
        layer, place, spec: The tile.
        i_out, v_sum, v_per_unit: As in `Scheme.numbers`.
        w_max: As in `tile_conductances`.
    """
    scale = own_scale(layer, place, spec)
    y = scheme_of(spec).numbers(i_out, v_sum, w_max=w_max if scale is None else 1.0, v_per_unit=v_per_unit)
    if scale is None:
        return y
    return y * array_api_compat.array_namespace(y).asarray(scale, dtype=y.dtype, device=array_api_compat.device(y))


def own_scale(layer: LinearLayer, place: TilePlace, spec: ArraySpec) -> np.ndarray | None:
    """Return the largest |weights| (outputs of all groups,) that share a scale of the tile's own; None: the layer's."""
    if spec.mapping.scale in (None, "layer"):
        return None
    matrices = layer.weights[place.group_part, slice(*place.inputs), slice(*place.outputs)]
    if spec.mapping.scale == "tile":
        return np.full(len(matrices) * matrices.shape[2], largest_weight(matrices))
    largest = np.abs(matrices).max(axis=1).ravel()
    return np.where(largest > 0.0, largest, 1.0)


def _shape(layer: LinearLayer) -> tuple[int, int, int]:
    groups, inputs, outputs = layer.weights.shape
    return groups, inputs, outputs


def _weight_sums(
    layer: LinearLayer,
    tiles: Sequence[TilePlace],
    matrices: Sequence[np.ndarray],
    spec: ArraySpec,
    w_max: float,
) -> np.ndarray:
    """Return the products (groups, outputs) of an exact array for inputs of 1."""
    sums = np.zeros((layer.weights.shape[0], layer.weights.shape[2]))
    for place, g in zip(tiles, matrices, strict=True):
        i_out, v_sum = g[place.row_part, place.col_part].sum(axis=0)[None], np.array([float(place.rows)])
        y = tile_numbers(layer, place, spec, i_out, v_sum, w_max=w_max, v_per_unit=1.0)
        sums[place.group_part, slice(*place.outputs)] += y.reshape(place.groups, -1)
    return sums


def tile_weights(layer: LinearLayer, place: TilePlace) -> np.ndarray:
    """Return the weights (rows in use, outputs of all groups) that a tile holds."""
    matrices = layer.weights[place.group_part, slice(*place.inputs), slice(*place.outputs)]
    if place.rows_per_input == 2:  # the second row takes the negative part of the input
        matrices = np.stack([matrices, -matrices], axis=2).reshape(len(matrices), -1, matrices.shape[2])
    return matrices[0] if len(matrices) == 1 else block_diagonal(matrices, reversed_rows=place.reversed_rows)


def analog_layers(layers: Sequence[_Named], digital: Sequence[str]) -> list[_Named]:
    """Return the layers that arrays compute: those that `digital` does not name.

    Raises:
        InputError: It names no layer, or all of them.
    """
    names = [layer.name for layer in layers]
    analog = [layer for layer in layers if layer.name not in digital]
    wrong = [name for name in digital if name not in names]
    if wrong:
        raise InputError(f"mapping.digital names {wrong[0]!r}, which is no layer of the network; it has {_few(names)}")
    if not analog:
        raise InputError("mapping.digital names all layers of the network; expected one or more to place on arrays")
    return analog


def _few(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:12])
    return shown if len(names) <= 12 else f"{shown} and {len(names) - 12} others"
