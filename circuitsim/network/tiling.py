"""Cut matrices larger than the array into tiles of nearly equal size, and pad the rest of each array."""

import itertools
from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.mapping import Scheme


@dataclass(frozen=True)
class TilePlace:
    """The part of a layer's matrix that a tile holds.

    Attributes:
        layer: Name of the layer.
        index: Number of the tile within the layer.
        group: Index of the matrix in the layer (grouped convolutions have several).
        inputs: First input and the one after the last; row r of the tile takes input inputs[0] + r.
        outputs: First output and the one after the last; the mapping scheme assigns columns to outputs.
        cols: Number of columns in use, from the first on.
    """

    layer: str
    index: int
    group: int
    inputs: tuple[int, int]
    outputs: tuple[int, int]
    cols: int

    @property
    def rows(self) -> int:
        """Number of rows in use."""
        return self.inputs[1] - self.inputs[0]


def places(
    layer: str, matrix_shape: tuple[int, int, int], array_shape: tuple[int, int], scheme: Scheme
) -> tuple[TilePlace, ...]:
    """Cut the matrices of a layer into tiles that fit the array.

    The parts are as equal as possible (96 inputs on 64 rows: 48 and 48, not 64 and 32). This minimizes the largest
    current of a tile for the given number of tiles, and with it IR drop and the range of the ADC.

    Args:
        layer: Name of the layer.
        matrix_shape: (groups, inputs, outputs) of its weights.
        array_shape: (rows, cols) of the array.
        scheme: Mapping scheme, which sets the number of columns per output.

    Raises:
        InputError: The array has fewer columns than one output takes.
    """
    groups, inputs, outputs = matrix_shape
    rows, cols = array_shape
    each, shared = scheme.columns_per_output, scheme.shared_columns
    if cols < each + shared:
        raise InputError(f"array.cols = {cols}: {scheme.name} weights need at least {each + shared} columns")
    cells = itertools.product(range(groups), _parts(inputs, rows), _parts(outputs, (cols - shared) // each))
    return tuple(
        TilePlace(layer, index, group, ins, outs, cols=each * (outs[1] - outs[0]) + shared)
        for index, (group, ins, outs) in enumerate(cells)
    )


def padded(g: np.ndarray, array_shape: tuple[int, int], *, g_min: float) -> np.ndarray:
    """Put conductances (rows in use, columns in use) [S] into a whole array; all other cells are at `g_min`."""
    whole = np.full(array_shape, g_min)
    whole[: g.shape[0], : g.shape[1]] = g
    return whole


def _parts(length: int, limit: int) -> list[tuple[int, int]]:
    edges = np.linspace(0, length, -(-length // limit) + 1).round().astype(int).tolist()
    return list(itertools.pairwise(edges))
