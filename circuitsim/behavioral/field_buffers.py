"""What the kernels of `field_sweeps` work on."""

from typing import NamedTuple

import numpy as np


class FieldBuffers(NamedTuple):
    """Arrays that a block works on, as many numbers for each entry as there are lanes.

    | field     | entries      | unit | content                                                       |
    |-----------|--------------|------|---------------------------------------------------------------|
    | `y`       | rows · cols  | A    | right sides of the columns, eliminated; in the end v_col [V]  |
    | `v_row`   | rows · cols  | V    | voltage of the row wire at each cell, in the last passes      |
    | `scratch` | 2 · cols     |      | what one row hands to the next                                |
    | `modes`   | MODE_ENTRIES | V    | as in `nodal.balance`                                         |
    | `drive`   | rows         | V    | source voltages                                               |
    | `pull`    | cols         | V    | sense voltages                                                |
    | `inject`  | 1            | A    | 0 in every lane                                               |
    """

    y: np.ndarray
    v_row: np.ndarray
    scratch: np.ndarray
    modes: np.ndarray
    drive: np.ndarray
    pull: np.ndarray
    inject: np.ndarray


class Drives(NamedTuple):
    """What the lanes of a block drive.

    Attributes:
        driven, pulled: Whether sources or sense nodes have voltages.
        weight: (cells,) currents [A] into the column nodes of the lanes' own columns; empty where there are none.
        column: Column of the first lane.
        first, last: Range of the rows with such currents.
    """

    driven: bool
    pulled: bool
    weight: np.ndarray
    column: int
    first: int
    last: int
