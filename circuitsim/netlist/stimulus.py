"""Write the sources of rows and gates: constant for one vector, functions of the sweep's index for a batch."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.netlist.index_sweep import INDEX_CARD, sweep_card, table_card
from circuitsim.netlist.names import number


@dataclass(frozen=True)
class SourceKind:
    """Names of one kind of source.

    Attributes:
        source: Prefix of the sources, "vin" in `vin_3`.
        node: Prefix of the driven nodes, "in" in `in_3`.
        table: Prefix of the tables of a batch, "bin" in `bin_3`.
        inner: Prefix of the nodes between table and source, "drv" in `drv_3`.
    """

    source: str
    node: str
    table: str
    inner: str


INPUTS = SourceKind("vin", "in", "bin", "drv")
GATES = SourceKind("vwl", "wl", "bwl", "gate")


def index_cards(batch: int) -> list[str]:
    """Write the source whose voltage is the index of the vector; a single vector needs none."""
    return [INDEX_CARD] if batch > 1 else []


def source_cards(kind: SourceKind, x: np.ndarray) -> list[str]:
    """Write one source per row.

    For a single vector these are plain sources. In a batch, row 3 is a table over the index,
    `bin_3 drv_3 0 v=pwl(v(idx), 0, 0.12, 1, 0.03, …)`, and `vin_3 in_3 drv_3 0` measures its current. A row of constant
    voltage remains a plain source.

    Args:
        kind: Names of the sources and nodes.
        x: Voltages (batch, rows) [V].
    """
    cards = []
    for row, values in enumerate(x.T):
        source, node, inner = f"{kind.source}_{row}", f"{kind.node}_{row}", f"{kind.inner}_{row}"
        if (values == values[0]).all():
            cards.append(f"{source} {node} 0 {number(values[0])}")
        else:
            cards += [table_card(f"{kind.table}_{row}", inner, values), f"{source} {node} {inner} 0"]
    return cards


def analysis_cards(batch: int, printed: Sequence[str]) -> list[str]:
    """Write the analysis of every input vector, and the table that a run by hand prints.

    Without a raw file ngspice refuses a sweep that prints nothing. An `.op` prints its result anyway.
    """
    if batch == 1:
        return [".op"]
    return [".print dc " + " ".join(printed), sweep_card(batch)]


def pulse_corners(start: float, width: float, value: float, rest: float, edge: float) -> list[tuple[float, float]]:
    """Return the corners (time [s], voltage [V]) of a pulse after its start, whose area is (value − rest) · width.

    A pulse shorter than its edge gets shorter edges.
    """
    edge = min(edge, width)
    top = [(start + edge, value), *([(start + width, value)] if width > edge else [])]
    return [*top, (start + width + edge, rest)]
