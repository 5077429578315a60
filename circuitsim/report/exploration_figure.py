"""The front of an exploration: two objectives over each other, the points, the front, and what ngspice says of it."""

import numpy as np
from matplotlib.figure import Figure

from circuitsim.report.style import BLUE, FAINT, INK, ORANGE, RED, look, one_panel
from circuitsim.results import Exploration, Finalist
from circuitsim.units import one_prefix

_SPAN = 30.0  # ratio of values from which on an axis is logarithmic


def front_figure(found: Exploration, across: str, up: str) -> Figure:
    """Draw all points over two results, with the front, finalists by their finer numbers, and limits.

    Args:
        found: The exploration.
        across, up: NAME.RESULT along both axes.
    """
    x, y = found.column(across), found.column(up)
    there = np.isfinite(x) & np.isfinite(y)
    (x_scale, x_label), (y_scale, y_label) = _scaled(found, across, x), _scaled(found, up, y)
    x, y = x / x_scale, y / y_scale
    with look():
        figure, axes = one_panel("", x_label, y_label, width=6.4, height=4.0)
        for name, scale, set_scale in ((across, x_scale, axes.set_xscale), (up, y_scale, axes.set_yscale)):
            del scale
            values = found.column(name)[there]
            if values.min() > 0 and values.max() / values.min() > _SPAN:
                set_scale("log")
        axes.scatter(x[there], y[there], s=9, color=FAINT, linewidth=0, label="points", zorder=2)
        order = np.flatnonzero(found.front)[np.argsort(x[found.front])]
        axes.plot(x[order], y[order], color=BLUE, marker="o", markersize=4, linewidth=1, label="front", zorder=3)
        _draw_finalists(axes, found, (across, x_scale), (up, y_scale))
        for limit in found.limits:
            for end in (limit.low, limit.high):
                if end is not None and limit.name in (across, up):
                    line, scale = (axes.axvline, x_scale) if limit.name == across else (axes.axhline, y_scale)
                    line(end / scale, color=INK, linewidth=0.8, linestyle="--", label=f"limit of {limit.name}")
        axes.legend(loc="best")
    return figure


def _draw_finalists(axes, found: Exploration, across: tuple[str, float], up: tuple[str, float]) -> None:
    """Draw finalists by their finer numbers: confirmed ones, and those that fell out."""
    for wanted, color, marker in ((True, ORANGE, "D"), (False, RED, "X")):
        some = [each for each in found.finalists if (each.state == "confirmed") is wanted and each.state != "failed"]
        if some:
            xs, ys = ([_finer(each, name) / scale for each in some] for name, scale in (across, up))
            said = "finalists, confirmed" if wanted else "finalists, fallen out"
            axes.scatter(xs, ys, s=42, facecolor="none", edgecolor=color, marker=marker, label=said, zorder=4)


def _finer(one: Finalist, name: str) -> float:
    return one.finer.get(name, one.cheap[name])


def _scaled(found: Exploration, name: str, values: np.ndarray) -> tuple[float, str]:
    unit = found.units[name]
    if unit in ("", "1"):
        return 1.0, name
    scale, prefixed = one_prefix(float(np.nanmax(np.abs(values[found.front] if found.front.any() else values))), unit)
    return scale, f"{name} [{prefixed}]"
