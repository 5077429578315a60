"""Row drivers as sources: one input vector, or a batch as functions of an index that one sweep runs through."""

from collections.abc import Sequence

import numpy as np

from circuitsim.netlist.names import number

_POINTS_PER_LINE = 8
_SAVED_PER_LINE = 16


def input_cards(x: np.ndarray) -> list[str]:
    """Write the source `vin_<row>` of every row, from ground to node `in_<row>`.

    A single vector is written as plain sources. A batch is one deck: ngspice orders the matrix once and starts each
    point of a sweep from the last, 5 to 10 times cheaper than an `.op` each. Row 3 is then a table of the index,
    `bin_3 drv_3 0 v=pwl(v(idx), 0, 0.12, 1, 0.03, …)`, and `vin_3 in_3 drv_3 0` measures its current. A row whose
    input never changes stays a plain source.

    Args:
        x: Inputs (batch, rows) [V].
    """
    cards = ["vidx idx 0 0"] if len(x) > 1 else []
    for row, values in enumerate(x.T):
        if (values == values[0]).all():
            cards.append(f"vin_{row} in_{row} 0 {number(values[0])}")
            continue
        points = [f"{k}, {value!r}" for k, value in enumerate(values.tolist())]
        lines = [", ".join(points[k : k + _POINTS_PER_LINE]) for k in range(0, len(points), _POINTS_PER_LINE)]
        cards.append(f"bin_{row} drv_{row} 0 v=pwl(v(idx),\n+ " + ",\n+ ".join(lines) + ")")
        cards.append(f"vin_{row} in_{row} drv_{row} 0")
    return cards


def analysis_cards(batch: int, printed: Sequence[str]) -> list[str]:
    """The analysis that visits every input vector once, and the table that a run by hand prints.

    Without a raw file ngspice refuses a sweep that prints nothing; an `.op` prints by itself.
    """
    if batch == 1:
        return [".op"]
    return [".print dc " + " ".join(printed), f".dc vidx 0 {batch - 1} 1"]


def save_cards(*groups: tuple[str, ...]) -> list[str]:
    """`.save` lines; merged nodes are saved once."""
    names = list(dict.fromkeys(name for group in groups for name in group))
    return [".save " + " ".join(names[k : k + _SAVED_PER_LINE]) for k in range(0, len(names), _SAVED_PER_LINE)]
