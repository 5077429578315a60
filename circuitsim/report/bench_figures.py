"""Pictures of timings beside peers."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from circuitsim.report.style import SERIES, look, one_panel

_OUTPUTS = "read, outputs alone"
_NAMES = {
    "splu": "scipy splu, factor and solve",
    "cholmod": "CHOLMOD, factor and solve",
    "badcrossbar": "badcrossbar",
    "ngspice": "ngspice, whole run",
}


def solver_figure(result: dict[str, Any]) -> Figure:
    """Time of one input vector against the number of cells, ours and each peer's, with the exponent of each line.

    Outputs alone have no exponent: up to 128 × 128 they are one product with the array's matrix, beyond they are swept.

    Args:
        result: What `circuitsim.bench.solver.solver_benchmark` returns.
    """
    ours = {_OUTPUTS: "read_ms", "read, every node voltage": "read_nodes_ms", "programming, once": "prepare_ms"}
    lines = {name: [(entry["cells"], entry[key]) for entry in result["linear"]] for name, key in ours.items()}
    for entry in result["linear"]:
        for name, peer in entry["peers"].items():
            lines.setdefault(str(_NAMES.get(name, name)), []).append((entry["cells"], peer["ms"]))
    with look():
        figure, axes = one_panel("Linear array, one input vector, one thread", "cells", "time [ms]", height=4.8)
        for (name, points), (colour, marker) in zip(lines.items(), SERIES, strict=False):
            cells, time = np.array(points).T
            label = name if len(points) < 2 or name == _OUTPUTS else f"{name}, exponent {exponent(cells, time):.2f}"
            axes.loglog(cells, time, color=colour, marker=marker, markersize=4, label=label)
        figure.legend(loc="outside lower center")
    return figure


def exponent(cells: np.ndarray, time: np.ndarray) -> float:
    """Slope of time over cells on logarithmic axes, over all points."""
    return float(np.polyfit(np.log(cells), np.log(time), 1)[0])
