"""Cut matrices larger than the array into tiles of nearly equal size, pack small ones, and pad what is left."""

import itertools
from dataclasses import dataclass
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import InputError
from circuitsim.network.mapping import Scheme


@dataclass(frozen=True)
class TilePlace:
    """The part of a layer's matrices that a tile holds.

    A tile of several groups holds their matrices as a block diagonal: group after group, each on rows and columns of
    its own.

    Attributes:
        layer: Name of the layer.
        index: Number of the tile within the layer.
        group: Index of the first matrix in the layer (grouped convolutions have several).
        inputs: First input and the one after the last, of each group.
        outputs: First output and the one after the last, of each group; the mapping scheme assigns columns to outputs.
        cols: Number of columns in use.
        groups: Number of matrices.
        rows_per_input: Rows that an input takes; they lie side by side.
        first_row, first_col: Where the rows and columns in use begin.
        reversed_rows: The last group lies on the first rows in use.
    """

    layer: str
    index: int
    group: int
    inputs: tuple[int, int]
    outputs: tuple[int, int]
    cols: int
    groups: int = 1
    rows_per_input: int = 1
    first_row: int = 0
    first_col: int = 0
    reversed_rows: bool = False

    @property
    def rows(self) -> int:
        """Number of rows in use."""
        return self.groups * self.rows_per_input * (self.inputs[1] - self.inputs[0])

    @property
    def row_part(self) -> slice:
        """The rows in use."""
        return slice(self.first_row, self.first_row + self.rows)

    @property
    def col_part(self) -> slice:
        """The columns in use."""
        return slice(self.first_col, self.first_col + self.cols)

    @property
    def group_part(self) -> slice:
        """The groups of the layer that the tile holds."""
        return slice(self.group, self.group + self.groups)

    @property
    def cells(self) -> int:
        """Number of cells that hold weights, or belong to a column that all outputs share."""
        return self.rows * self.cols // self.groups

    def on_rows(self, values: Any) -> Any:
        """Return the values (…, rows) of the rows in use, of a layer's (…, all groups, all inputs · rows_per_input)."""
        first, last = (end * self.rows_per_input for end in self.inputs)
        xp, part = array_api_compat.array_namespace(values), values[..., self.group_part, first:last]
        part = xp.flip(part, axis=-2) if self.reversed_rows else part
        return xp.reshape(part, (*values.shape[:-2], self.rows))


@dataclass(frozen=True)
class Layout:
    """How the matrices of a layer lie on an array.

    Attributes:
        groups_at_most: Number of groups that may share a tile.
        rows_per_input: Rows that an input takes.
        at_last_row, at_last_col: The rows in use end at the last row, the columns in use at the last column.
    """

    groups_at_most: int = 1
    rows_per_input: int = 1
    at_last_row: bool = False
    at_last_col: bool = False


def places(
    layer: str,
    matrix_shape: tuple[int, int, int],
    array_shape: tuple[int, int],
    scheme: Scheme,
    layout: Layout | None = None,
) -> tuple[TilePlace, ...]:
    """Cut the matrices of a layer into tiles that fit the array.

    The parts are as equal as possible (96 inputs on 64 rows: 48 and 48, not 64 and 32). This minimizes the largest
    current of a tile for the given number of tiles, and with it IR drop and the range of the ADC. Matrices of which
    two or more fit an array share tiles, as many as the layout allows.

    Args:
        layer: Name of the layer.
        matrix_shape: (groups, inputs, outputs) of its weights.
        array_shape: (rows, cols) of the array.
        scheme: Mapping scheme, which sets the number of columns per output.
        layout: How the matrices lie; None: one group in a tile, from the first row and column on.

    Raises:
        InputError: The array has fewer columns than one output takes, or fewer rows than one input takes.
    """
    layout = layout or Layout()
    groups, inputs, outputs = matrix_shape
    rows, cols = array_shape
    each, shared = scheme.columns_per_output, scheme.shared_columns
    if cols < each + shared:
        raise InputError(f"array.cols = {cols}: {scheme.name} weights need at least {each + shared} columns")
    if rows < layout.rows_per_input:
        raise InputError(f"array.rows = {rows}: an input takes {layout.rows_per_input} rows, expected at least as many")
    together = max(min(layout.groups_at_most, most_groups(matrix_shape, array_shape, scheme, layout)), 1)
    cells = itertools.product(
        _parts(groups, together),
        _parts(inputs, rows // layout.rows_per_input),
        _parts(outputs, (cols - shared) // each),
    )
    tiles = []
    for index, (owners, ins, outs) in enumerate(cells):
        count = owners[1] - owners[0]
        used_rows = count * (ins[1] - ins[0]) * layout.rows_per_input
        used = count * each * (outs[1] - outs[0]) + shared
        at = (rows - used_rows) * layout.at_last_row, (cols - used) * layout.at_last_col
        mirrored = count > 1 and layout.at_last_row == layout.at_last_col
        tiles.append(TilePlace(layer, index, owners[0], ins, outs, used, count, layout.rows_per_input, *at, mirrored))
    return tuple(tiles)


def most_groups(
    matrix_shape: tuple[int, int, int], array_shape: tuple[int, int], scheme: Scheme, layout: Layout
) -> int:
    """Return how many groups of a layer one array can hold as a block diagonal, by its rows and columns alone.

    Groups share a tile only where the columns of each output cancel the current of a weight of 0, see `Scheme.paired`.
    """
    groups, inputs, outputs = matrix_shape
    if not scheme.paired:
        return 1
    rows, cols = array_shape
    fit = min(
        rows // (inputs * layout.rows_per_input),
        (cols - scheme.shared_columns) // (scheme.columns_per_output * outputs),
    )
    return min(fit, groups)


def padded(g: np.ndarray, array_shape: tuple[int, int], *, g_min: float, at: tuple[int, int] = (0, 0)) -> np.ndarray:
    """Put conductances (rows in use, columns in use) [S] into a whole array; all other cells are at `g_min`."""
    whole = np.full(array_shape, g_min)
    whole[at[0] : at[0] + g.shape[0], at[1] : at[1] + g.shape[1]] = g
    return whole


def block_diagonal(matrices: np.ndarray, *, reversed_rows: bool) -> np.ndarray:
    """Put matrices (groups, inputs, outputs) on the diagonal of one of zeros (groups · inputs, groups · outputs)."""
    groups, inputs, outputs = matrices.shape
    whole = np.zeros((groups, inputs, groups, outputs))
    own = np.arange(groups)
    whole[own[::-1] if reversed_rows else own, :, own] = matrices
    return whole.reshape(groups * inputs, groups * outputs)


def _parts(length: int, limit: int) -> list[tuple[int, int]]:
    edges = np.linspace(0, length, -(-length // limit) + 1).round().astype(int).tolist()
    return list(itertools.pairwise(edges))
