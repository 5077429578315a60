"""Wires of the array: the keys a user writes, and the segment resistances they mean."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from circuitsim.spec.base import NonNegative, Part


class WireSpec(Part):
    """Resistance and capacitance per segment (one cell pitch), end segments, and which ends are used.

    Sources write 0 or 1 segments at the ends and their numbers differ by 1/N: hence the explicit switches.
    """

    r_row: NonNegative = Field(description="Row wire, cell to cell [ohm]")
    r_col: NonNegative = Field(description="Column wire, cell to cell [ohm]")
    c_row: NonNegative = Field(default=0.0, description="Row wire to ground, per segment [F]")
    c_col: NonNegative = Field(default=0.0, description="Column wire to ground, per segment [F]")
    first_row_segment: bool = Field(default=True, description="One segment between the driver and the first cell")
    last_col_segment: bool = Field(
        default=True, description="One segment between the last cell and the sense amplifier"
    )
    row_drive: Literal["left", "right", "both"] = Field(default="left", description="End of the row that is driven")
    col_sense: Literal["bottom", "top", "both"] = Field(
        default="bottom", description="End of the column that is sensed"
    )


@dataclass(frozen=True)
class WireGrid:
    """Resistance of every wire segment of an array; the one form that netlist and solver both read.

    Attributes:
        r_row: (rows, cols + 1) [ohm]. Entry [a, 0] lies between the left driver and cell (a, 0), entry [a, b] between
            cells b−1 and b, entry [a, cols] between the last cell and the right driver.
        r_col: (rows + 1, cols) [ohm]. Entry [0, b] lies between the top sense amplifier and cell (0, b), entry
            [rows, b] between the last cell and the bottom one.
        r_driver: Output resistance of each row driver [ohm].
        r_sense: Input resistance of each sense amplifier [ohm].

    `inf` is an open segment (an end that is not used), 0 merges its two nodes.
    """

    r_row: np.ndarray
    r_col: np.ndarray
    r_driver: float = 0.0
    r_sense: float = 0.0

    @property
    def rows(self) -> int:
        return self.r_row.shape[0]

    @property
    def cols(self) -> int:
        return self.r_col.shape[1]


def wire_grid(rows: int, cols: int, wire: WireSpec, *, r_driver: float = 0.0, r_sense: float = 0.0) -> WireGrid:
    """Lay out the segments that a `WireSpec` describes; see `WireGrid` for shapes and units."""
    r_row = np.full((rows, cols + 1), wire.r_row)
    r_col = np.full((rows + 1, cols), wire.r_col)
    row_end = wire.r_row if wire.first_row_segment else 0.0
    col_end = wire.r_col if wire.last_col_segment else 0.0
    r_row[:, 0] = row_end if wire.row_drive in ("left", "both") else np.inf
    r_row[:, -1] = row_end if wire.row_drive in ("right", "both") else np.inf
    r_col[0] = col_end if wire.col_sense in ("top", "both") else np.inf
    r_col[-1] = col_end if wire.col_sense in ("bottom", "both") else np.inf
    return WireGrid(r_row, r_col, r_driver, r_sense)
