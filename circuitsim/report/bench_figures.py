"""Pictures of timings beside peers."""

from typing import Any

import numpy as np
from matplotlib.figure import Figure

from circuitsim.report.style import SERIES, look, one_panel

_NAMES = {
    "splu": "scipy splu, factor and solve",
    "cholmod": "CHOLMOD, factor and solve",
    "badcrossbar": "badcrossbar",
    "ngspice": "ngspice, whole run",
}


def solver_figure(result: dict[str, Any]) -> Figure:
    """Time of one input vector against the number of cells, ours and each peer's, with the exponent of each line.

    Args:
        result: What `circuitsim.bench.solver.solver_benchmark` returns.
    """
    lines: dict[str, list[tuple[int, float]]] = {"array solver, read": [], "array solver, programming": []}
    for entry in result["linear"]:
        lines["array solver, read"].append((entry["cells"], entry["read_ms"]))
        lines["array solver, programming"].append((entry["cells"], entry["prepare_ms"]))
        for name, peer in entry["peers"].items():
            lines.setdefault(str(_NAMES.get(name, name)), []).append((entry["cells"], peer["ms"]))
    with look():
        figure, axes = one_panel("Linear array, one input vector, one thread", "cells", "time [ms]")
        for (name, points), (colour, marker) in zip(lines.items(), SERIES, strict=False):
            cells, time = np.array(points).T
            label = name if len(points) < 2 else f"{name}, exponent {exponent(cells, time):.2f}"
            axes.loglog(cells, time, color=colour, marker=marker, markersize=4, label=label)
        axes.legend(loc="upper left")
    return figure


def exponent(cells: np.ndarray, time: np.ndarray) -> float:
    """Slope of time over cells on logarithmic axes, over all points."""
    return float(np.polyfit(np.log(cells), np.log(time), 1)[0])
