"""Parallel coordinates: one line for each place of a campaign, through its value on every axis and its result."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from circuitsim.report.place_columns import PlaceColumn
from circuitsim.report.style import INK, SEQUENTIAL, look, new_figure

MOST_LINES = 2000
_HEIGHT = 3.4
_MOST_WORDS = 8
_LOG = 50.0  # ratio of results above which their axis is logarithmic


def parallel_figure(columns: Sequence[PlaceColumn], values: np.ndarray, label: str) -> Figure:
    """Draw places over more axes than a plane has; colour and the last axis are the result.

    Args:
        columns: The axes, each (places,).
        values: (places,) the result; NaN where there is none.
        label: Name of the result with its unit.
    """
    shown = shown_lines(values)
    order = shown[np.argsort(values[shown], kind="stable")]  # large values lie on top
    heights = [_heights(column.places[order], column.log) for column in columns]
    result = values[order]
    log = bool(result[0] > 0 and result[-1] / result[0] > _LOG)
    heights.append(_heights(result, log))
    lines = np.stack(heights, axis=1)
    across = np.arange(len(heights))
    with look():
        figure = new_figure(max(4.7, 1.25 * len(heights) + 0.8), _HEIGHT)
        axes = figure.add_subplot()
        paths = [np.column_stack([across, line]) for line in lines]
        drawn = LineCollection(
            paths,
            cmap=SEQUENTIAL,
            norm=(LogNorm if log else Normalize)(result[0], result[-1]),
            linewidths=0.9 if len(paths) < 300 else 0.5,
            alpha=0.85 if len(paths) < 300 else 0.5,
            rasterized=len(paths) > 200,
        )
        drawn.set_array(result)
        axes.add_collection(drawn)
        _frame(axes, columns, label, result, log)
    return figure


def shown_lines(values: np.ndarray) -> np.ndarray:
    """Return which places are drawn: all that have a result, or `MOST_LINES` of them, evenly taken."""
    there = np.flatnonzero(np.isfinite(values))
    if len(there) <= MOST_LINES:
        return there
    return there[np.linspace(0, len(there) - 1, MOST_LINES).round().astype(int)]


def _heights(places: np.ndarray, log: bool) -> np.ndarray:
    """Return values as heights between 0 and 1; one half where all are equal."""
    values = np.log(places) if log else places.astype(float)
    width = np.ptp(values)
    return (values - values.min()) / width if width > 0 else np.full(len(values), 0.5)


def _frame(axes: Axes, columns: Sequence[PlaceColumn], label: str, result: np.ndarray, log: bool) -> None:
    """Draw one upright line for each axis, with its name below it and its values beside it."""
    names = [*(column.label for column in columns), label.replace(" of ", "\nof ", 1)]
    axes.set_xlim(-0.15, len(names) - 0.55)
    axes.set_ylim(-0.04, 1.04)
    axes.grid(visible=False)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_yticks([])
    axes.set_xticks(range(len(names)), names)
    axes.tick_params(axis="x", length=0)
    for k, column in enumerate(columns):
        axes.axvline(k, color=INK, linewidth=0.8, ymin=0.04 / 1.08, ymax=1.04 / 1.08)
        for height, text in _ticks(column):
            _write(axes, k, height, text)
    axes.axvline(len(columns), color=INK, linewidth=0.8, ymin=0.04 / 1.08, ymax=1.04 / 1.08)
    low, high = result[0], result[-1]
    for height in (0.0, 0.5, 1.0) if high > low else (0.5,):
        value = low ** (1 - height) * high**height if log else low * (1 - height) + high * height
        _write(axes, len(columns), height, f"{value:.3g}")


def _ticks(column: PlaceColumn) -> list[tuple[float, str]]:
    """Return heights and texts of the values of an axis: each of a few, or both ends of many."""
    different, where = np.unique(column.places, return_index=True)
    heights = _heights(column.places, column.log)[where]
    if len(different) > _MOST_WORDS:
        return [(0.0, f"{different[0]:.3g}"), (1.0, f"{different[-1]:.3g}")]
    texts = [column.words[int(value)] if column.words else f"{value:.3g}" for value in different]
    return list(zip(heights.tolist(), texts, strict=True))


def _write(axes: Axes, x: float, y: float, text: str) -> None:
    background = {"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 0.6}
    axes.annotate(
        text, (x, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=7.5, bbox=background, zorder=5
    )
