"""Judge trained cells as they are, on the tiles of any level."""

from dataclasses import dataclass, replace

import numpy as np

from circuitsim.errors import InputError
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import ArrayProduct, Product, ProgrammedNetwork, ReadTile, TilePlace, fit_ranges, program
from circuitsim.network.torch import MatrixTiles, TorchNetwork, layers_on_tiles
from circuitsim.periphery import Periphery
from circuitsim.spec import ArraySpec, checked
from circuitsim.training.on_device import DeviceTraining
from circuitsim.training.trained_tile import TrainingTiles


@dataclass(frozen=True)
class CellsProduct:
    """A product whose tiles hold the cells that training left, in place of the conductances of weights.

    Attributes:
        product: Programs and reads them.
        cells: (rows, cols) conductances [S] by layer and number of the tile; other tiles hold their weights.
    """

    product: Product
    cells: dict[tuple[str, int], np.ndarray]

    def check_array(self, spec: ArraySpec) -> None:
        """Refuse an array that the product does not simulate."""
        if isinstance(self.product, ArrayProduct):
            self.product.check_array(spec)

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads the cells of a place."""
        return self.product(place, self.cells.get((place.layer, place.index), g))


@checked
def device_network(training: DeviceTraining, product: Product, *, tables: Periphery | None = None) -> ProgrammedNetwork:
    """Return the network on tiles whose cells are those in training, for `network.evaluate`.

    Every cell is the one that pulses left, not the nearest value of a weight; the tiles are those of the product: the
    certified tile, the array solver, or ngspice.

    Args:
        training: The cells.
        product: Programs a tile and reads it, as in `network.program`.
        tables: Tables of the circuits around the tiles, as in `network.program`.

    Raises:
        InputError, SpecError, OutsideRangeError: As `network.program`.
    """
    cells = {
        (tile.places.place.layer, tile.places.place.index): tile.places.whole(slow.cells.g)
        for tile, slow, _ in training.arrays
    }
    spec = training.arrays[0][0].places.spec
    found = program(TorchNetwork(training.module), spec, CellsProduct(product, cells), tables=tables)
    held = {tiles.layer: tiles.w_max for tiles in _tiles(training)}
    layers = {
        name: replace(each, w_max=held[name] if held.get(name) is not None else each.w_max)
        for name, each in found.layers.items()
    }
    return replace(found, layers=layers)


@checked
def fit_device_ranges(training: DeviceTraining, images: np.ndarray) -> None:
    """Learn the ranges of inputs and ADCs again for the present cells, from calibration images (images, …).

    Raises:
        InputError: No image reaches a layer.
    """
    tiles = _tiles(training)
    made_by = tiles[0].product
    assert isinstance(made_by, TrainingTiles)  # `train_on_device` refuses others
    around = tiles[0].tables
    tables = Periphery(
        dac=around.dac if tiles[0].spec.driver.block is not None else None,  # an ideal one follows from it
        sense=around.sense,
        adc=around.adc,
    )
    ranges = fit_ranges(device_network(training, BehavioralProduct(made_by.model), tables=tables), images)
    for each in tiles:
        if each.layer not in ranges:
            raise InputError(f"no image reaches layer {each.layer!r}: expected images that reach every layer")
        each.set_range(ranges[each.layer])


def _tiles(training: DeviceTraining) -> list[MatrixTiles]:
    return [tiles for tiles, _ in layers_on_tiles(training.module)]
