"""Figure of a study: published values and ours, claim by claim."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from circuitsim.report.style import BLUE, FAINT, INK, ORANGE, look, new_figure, one_prefix, save_figure, svg_text
from circuitsim.results import StudyResult, StudyRow
from circuitsim.spec import checked

_MOST_PANELS = 6
_MOST_LABELS = 12
_DECADES = 50.0
"""Ratio of the largest to the smallest value above which an axis is logarithmic."""


@checked
def study_figure(result: StudyResult) -> Figure:
    """Draw each claim of a study: what was published, with what agrees with it, and what was found.

    A claim of one value a case is drawn over its cases, one of several values over their number, a panel each; at most
    six panels, the first claims of the file.
    """
    panels = _panels(result)
    cols = min(len(panels), 2)
    rows = -(-len(panels) // cols)
    with look():
        figure = new_figure(4.6 * cols, 2.9 * rows + 0.3)
        for n, (title, drawn) in enumerate(panels):
            axes = figure.add_subplot(rows, cols, n + 1)
            _draw(axes, title, drawn, legend=n == 0)
    return figure


@checked
def save_study_figure(folder: str | Path, result: StudyResult) -> tuple[Path, Path]:
    """Write `figure.png` and `figure.svg` of a study into a folder and return their paths.

    Raises:
        InputError: The folder cannot be written.
    """
    figure = study_figure(result)
    return save_figure(figure, svg_text(figure), folder, "figure")


def _panels(result: StudyResult) -> list[tuple[str, list[StudyRow]]]:
    """Title and rows of each panel: of a claim with several values, the rows of one case."""
    panels: list[tuple[str, list[StudyRow]]] = []
    for name in dict.fromkeys(row.claim for row in result.rows):
        rows = [row for row in result.rows if row.claim == name]
        if all(len(row.found) == 1 for row in rows):
            panels.append((name, rows))
        else:
            panels += [(f"{name}, {row.case}", [row]) for row in rows]
    return panels[:_MOST_PANELS]


def _draw(axes: Axes, title: str, rows: Sequence[StudyRow], *, legend: bool) -> None:
    found = np.concatenate([row.found for row in rows])
    published = np.concatenate([row.published or [np.nan] * len(row.found) for row in rows])
    low, high = (np.concatenate(each) for each in zip(*(_agreeing(row) for row in rows), strict=True))
    everything = np.concatenate([found, published, low, high])
    shown = everything[np.isfinite(everything)]
    unit = rows[0].unit if rows[0].unit != "1" else ""
    scale, unit = one_prefix(float(np.abs(shown).max()), unit) if unit and shown.size else (1.0, unit)
    places = np.arange(len(found))
    axes.set_title(title)
    with np.errstate(invalid="ignore"):
        axes.errorbar(
            places,
            np.nan_to_num((low + high) / 2) / scale,
            yerr=np.nan_to_num((high - low) / 2) / scale,
            fmt="none",
            ecolor=FAINT,
            elinewidth=5,
            alpha=0.35,
        )
    axes.plot(places, published / scale, "o", mfc="none", color=INK, markersize=7, label="published")
    axes.plot(places, found / scale, "o", color=BLUE, markersize=3.5, label="here")
    off = np.concatenate([[row.verdict != "agrees"] * len(row.found) for row in rows])
    axes.plot(places[off], found[off] / scale, "D", color=ORANGE, markersize=4, label="here, outside")
    if shown.size and shown.min() > 0 and shown.max() / shown.min() > _DECADES:
        axes.set_yscale("log")
    axes.set_ylabel(unit)
    labels = [row.case for row in rows] if len(rows) > 1 else [str(n + 1) for n in places]
    ticks = np.unique(np.linspace(0, len(labels) - 1, min(len(labels), _MOST_LABELS)).round().astype(int))
    long = max(len(labels[k]) for k in ticks) * len(ticks) > 45
    axes.set_xticks(ticks, [labels[k] for k in ticks], rotation=60 if long else 0, ha="right" if long else "center")
    axes.set_xlim(-0.5, len(labels) - 0.5)
    if legend:
        axes.legend()


def _agreeing(row: StudyRow) -> tuple[np.ndarray, np.ndarray]:
    """Ends of what agrees, for each value; a bound that is missing is the value found."""
    found, published = np.array(row.found), np.array(row.published)
    if row.judged == "bounds":
        low = (
            np.minimum(found, np.inf if row.least is None else row.least)
            if row.least is None
            else row.least + 0 * found
        )
        high = np.maximum(found, -np.inf) if row.most is None else row.most + 0 * found
        return low, high
    size = {"relative": np.abs(published), "of_largest": np.abs(published).max() + 0 * published, "absolute": 1.0}
    reach = row.allowed * size[row.judged]
    return published - reach, published + reach
