"""Sources of rows and gates: one vector, or a batch as functions of an index that one sweep runs through."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.netlist.names import number

_POINTS_PER_LINE = 8
_SAVED_PER_LINE = 16


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
    return ["vidx idx 0 0"] if batch > 1 else []


def source_cards(kind: SourceKind, x: np.ndarray) -> list[str]:
    """Write one source per row.

    A single vector is written as plain sources. A batch is one deck: ngspice orders the matrix once and starts each
    point of a sweep from the last, 5 to 10 times cheaper than an `.op` each. Row 3 is then a table of the index,
    `bin_3 drv_3 0 v=pwl(v(idx), 0, 0.12, 1, 0.03, …)`, and `vin_3 in_3 drv_3 0` measures its current. A row whose
    voltage never changes stays a plain source.

    Args:
        kind: Names.
        x: Voltages (batch, rows) [V].
    """
    cards = []
    for row, values in enumerate(x.T):
        source, node = f"{kind.source}_{row}", f"{kind.node}_{row}"
        if (values == values[0]).all():
            cards.append(f"{source} {node} 0 {number(values[0])}")
            continue
        points = [f"{k}, {value!r}" for k, value in enumerate(values.tolist())]
        lines = [", ".join(points[k : k + _POINTS_PER_LINE]) for k in range(0, len(points), _POINTS_PER_LINE)]
        cards.append(f"{kind.table}_{row} {kind.inner}_{row} 0 v=pwl(v(idx),\n+ " + ",\n+ ".join(lines) + ")")
        cards.append(f"{source} {node} {kind.inner}_{row} 0")
    return cards


def analysis_cards(batch: int, printed: Sequence[str]) -> list[str]:
    """The analysis that visits every input vector once, and the table that a run by hand prints.

    Without a raw file ngspice refuses a sweep that prints nothing; an `.op` prints by itself.
    """
    if batch == 1:
        return [".op"]
    return [".print dc " + " ".join(printed), f".dc vidx 0 {batch - 1} 1"]


def save_cards(*groups: tuple[str, ...]) -> list[str]:
    """`.save` lines; merged nodes are saved once, empty names stand for nothing."""
    names = list(dict.fromkeys(name for group in groups for name in group if name))
    return [".save " + " ".join(names[k : k + _SAVED_PER_LINE]) for k in range(0, len(names), _SAVED_PER_LINE)]
