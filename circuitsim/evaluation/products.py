"""The behavioral model as the product of a network's tiles."""

from functools import partial

import numpy as np

from circuitsim import behavioral
from circuitsim.network.product import Product, Read
from circuitsim.network.tiling import TilePlace
from circuitsim.results import TileModel


def behavioral_product(model: TileModel) -> Product:
    """Program each tile into the model's matrices and read it by matrix products."""

    def program_tile(place: TilePlace, g: np.ndarray) -> Read:
        del place  # every tile is the same array
        return partial(behavioral.mvm, behavioral.program(model, g))

    return program_tile
