"""A deck and the meaning of the vectors it saves."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class Netlist:
    """A complete SPICE deck of an array read, with the meaning of every vector it saves.

    `ngspice -b` runs the deck by hand. It contains no solver options; the runner inserts them before `.end`.

    Attributes:
        text: The deck, from title line to `.end`.
        analysis: "op" (one input vector) or "dc" (one point of an index sweep per input vector).
        x: (batch, rows) inputs, one operating point each: voltages [V], or 0 and 1 on gates.
        drive: (batch, rows) voltages of the input drivers [V].
        shape: (rows, cols).
        spec_digest: Digest of the specification behind the deck.
        cell_digest: Digest of the cell and of the contents of its files, see `CellText.digest`.
        includes: Absolute paths of the included files.
        i_row: (rows,) vector names; the current that each row driver delivers into the array is minus this vector [A].
        i_out: (cols,) vector names of the current into each sense amplifier [A].
        v_row: (rows · cols,) vector names, row by row, of the voltage at each cell's bit-line terminal [V]. If the
            input is on the bit lines, this is the row wire. Empty if not saved.
        v_col: (rows · cols,) vector names, row by row, of the voltage at each cell's source-line terminal [V]; empty if
            not saved.
        i_cell: (rows · cols,) vector names, row by row, of the current into each cell's bit-line terminal [A]; "" for
            open cells. Empty if not saved.
        v_bias: Voltage of the bit lines' sources [V] if the input is on the gates, else 0.
        i_bias: (cols,) vector names of these sources; the current that each delivers is minus this vector [A]. Empty if
            the input is on the bit lines.
        v_out: (cols,) vector names of the output of each sense amplifier that is a circuit [V]; empty if it is ideal.
    """

    text: str
    analysis: str
    x: np.ndarray
    drive: np.ndarray
    shape: tuple[int, int]
    spec_digest: str
    cell_digest: str
    includes: tuple[Path, ...]
    i_row: tuple[str, ...]
    i_out: tuple[str, ...]
    v_row: tuple[str, ...] = ()
    v_col: tuple[str, ...] = ()
    i_cell: tuple[str, ...] = ()
    v_bias: float = 0.0
    i_bias: tuple[str, ...] = ()
    v_out: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """Number of operating points that the run must return: one per input vector."""
        return len(self.x)
