"""What the programming of a tile knows of its linear array."""

from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral.bands import band_of_row
from circuitsim.behavioral.column_moments import ColumnMoments
from circuitsim.behavioral.row_lines import RowLines

JOINED = 1e-7  # ohm, of a 0 ohm end or row segment: a few parts in 1e9 of a wire's resistance


@dataclass(frozen=True)
class Fields:
    """A linear array as seen from its terminals and from weighted means of each column's voltages.

    The index i is the row and j the column of a cell, k an input, o an output. A column has one mean for each band of
    rows (`bands`), over the cells of that band. Every field is a response to one volt or
    one ampere, so that any voltage or current of the array is a sum of them, as in
    i_out = v @ w with v = v_in − v_ref.

    | field | axes and unit | meaning |
    |---|---|---|
    | w | (k, o) [S] | output currents per volt at each input |
    | w_row | (k, k) [S] | current that each driver delivers per volt at each input |
    | w_port | (o, o) [S] | current that an output (axis 0) loses per volt at each sense node (axis 1) |
    | alone | (i, j) [V/V] | voltage of a cell's row node per volt at its row's input, with all column nodes at 0 V |
    | moments | | sums of the voltages of column nodes over the inputs (`ColumnMoments`) |
    | to_output | (i, j, o) [A/A] | output current per ampere of extra current from row node to column node of a cell |
    | to_level | (i, j, band · cols + column) [ohm] | mean column voltage of a band per ampere of that current |
    | row_lines | | row wires, to solve rows with given columns |
    | weight | (i, j) | weights of the column voltages, 1 in sum over each band of a column |
    | port_level | (band, j) [V/V] | mean column voltage of a band per volt at all sense nodes together |
    | edges | | first row of each band, and the number of rows |
    """

    w: np.ndarray
    w_row: np.ndarray
    w_port: np.ndarray
    alone: np.ndarray
    moments: ColumnMoments
    to_output: np.ndarray
    to_level: np.ndarray
    row_lines: RowLines
    weight: np.ndarray
    port_level: np.ndarray
    edges: tuple[int, ...]


def band_weights(share: np.ndarray, edges: tuple[int, ...]) -> np.ndarray:
    """Scale weights (rows, cols) to 1 in sum over each band of a column; one of open cells is weighted evenly."""
    total = np.add.reduceat(share, edges[:-1], axis=0)
    size = np.diff(edges)[:, None]
    even, scale = (total <= 0) / size, 1.0 / np.where(total > 0, total, np.inf)
    band = band_of_row(edges)
    return share * scale[band] + even[band]
