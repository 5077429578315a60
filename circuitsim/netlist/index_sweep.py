"""Write many operating points into one deck: sources that depend on an index, and a sweep over that index.

ngspice orders the matrix once and starts each point from the previous one. This is 5 to 10 times faster than one `.op`
per point.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from circuitsim.netlist.names import number
from circuitsim.spec import checked

INDEX_CARD = "vidx idx 0 0"

_POINTS_PER_LINE = 8
_SAVED_PER_LINE = 16


def table_card(element: str, node: str, values: np.ndarray) -> str:
    """Write a source that takes `values` (points,) [V] one after another: `bin_3 drv_3 0 v=pwl(v(idx), 0, 0.12, …)`.

    ngspice's pwl needs at least two points; callers write a constant voltage as a plain source.
    """
    points = [f"{k}, {value!r}" for k, value in enumerate(values.tolist())]
    lines = [", ".join(points[k : k + _POINTS_PER_LINE]) for k in range(0, len(points), _POINTS_PER_LINE)]
    return f"{element} {node} 0 v=pwl(v(idx),\n+ " + ",\n+ ".join(lines) + ")"


def sweep_card(points: int) -> str:
    """Write the analysis that visits every point once."""
    return f".dc vidx 0 {points - 1} 1"


def save_cards(*groups: Sequence[str]) -> list[str]:
    """Write `.save` lines; each vector is saved once, empty names are skipped."""
    names = list(dict.fromkeys(name for group in groups for name in group if name))
    return [".save " + " ".join(names[k : k + _SAVED_PER_LINE]) for k in range(0, len(names), _SAVED_PER_LINE)]


@checked
def index_deck(
    head: Sequence[str], voltages: Mapping[str, np.ndarray], body: Sequence[str], saved: Sequence[str]
) -> str:
    """Write a whole deck that sweeps the voltages of several nodes together.

    Args:
        head: Title, comments, includes, sub-circuits.
        voltages: Voltages (points,) [V] by node name, all of the same length. A constant voltage becomes a plain source
            `v<node>`, any other a table `b<node>`.
        body: The rest of the circuit.
        saved: Vectors to save.
    """
    sources = [
        f"v{node} {node} 0 {number(values[0])}" if (values == values[0]).all() else table_card(f"b{node}", node, values)
        for node, values in voltages.items()
    ]
    points = len(next(iter(voltages.values())))
    return "\n".join([*head, INDEX_CARD, *sources, *body, *save_cards(saved), sweep_card(points), ".end", ""])
