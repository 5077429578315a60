"""A deck and what its saved vectors mean."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class Netlist:
    """A complete SPICE deck of an array read, with the meaning of every vector it saves.

    The deck runs by hand with `ngspice -b`. It states no solver options: the runner adds them just before `.end`.

    Attributes:
        text: The deck, from title line to `.end`.
        analysis: "op" (one input vector) or "dc" (one point of an index sweep per input vector).
        x: (batch, rows) inputs the deck applies, one operating point each [V], or 0 and 1 on gates.
        drive: (batch, rows) voltages of the input drivers [V].
        shape: (rows, cols).
        spec_digest: Digest of the specification behind the deck.
        cell_digest: Digest of its cell and of what the cell's files hold, see `CellText.digest`.
        includes: Files the deck includes, absolute paths.
        i_row: (rows,) vector names; the current each row driver delivers into the array is minus this vector [A].
        i_out: (cols,) vector names; current into each sense amplifier [A].
        v_row: (rows · cols,) vector names, row by row: voltage of each cell's bit-line terminal [V], which with input
            on the bit lines is the row wire; empty if not saved.
        v_col: (rows · cols,) vector names, row by row: voltage of each cell's source-line terminal [V]; empty if not
            saved.
        i_cell: (rows · cols,) vector names, row by row: current into each cell at its bit-line terminal [A], "" where
            the cell is open; empty if not saved.
        v_bias: Voltage of the bit lines' sources [V] where the input lies on the gates.
        i_bias: (cols,) vector names; the current each of these sources delivers is minus this vector [A]; else empty.
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

    @property
    def points(self) -> int:
        """Operating points the run must deliver: one per input vector."""
        return len(self.x)
