"""Sources of rows and gates: one vector, or a batch as functions of an index that one sweep runs through."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.netlist.index_sweep import INDEX_CARD, sweep_card, table_card
from circuitsim.netlist.names import number


@dataclass(frozen=True)
class SourceKind:
    """Names of one kind of source: `vin_3` holds `in_3`, through `bin_3` and `drv_3` where it follows a batch."""

    source: str
    node: str
    table: str
    inner: str


INPUTS = SourceKind("vin", "in", "bin", "drv")
GATES = SourceKind("vwl", "wl", "bwl", "gate")


def index_cards(batch: int) -> list[str]:
    """The source that numbers the vectors of a batch."""
    return [INDEX_CARD] if batch > 1 else []


def source_cards(kind: SourceKind, x: np.ndarray) -> list[str]:
    """Write one source per row.

    A single vector is written as plain sources. In a batch row 3 is a table of the index,
    `bin_3 drv_3 0 v=pwl(v(idx), 0, 0.12, 1, 0.03, …)`, and `vin_3 in_3 drv_3 0` measures its current. A row whose
    voltage never changes stays a plain source.

    Args:
        kind: Names.
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
    """The analysis that visits every input vector once, and the table that a run by hand prints.

    Without a raw file ngspice refuses a sweep that prints nothing; an `.op` prints by itself.
    """
    if batch == 1:
        return [".op"]
    return [".print dc " + " ".join(printed), sweep_card(batch)]
