"""Figure of a study: published values and ours, claim by claim."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from circuitsim.report.style import BLUE, FAINT, INK, ORANGE, look, new_figure, save_figure, svg_text
from circuitsim.results import StudyResult, StudyRow
from circuitsim.spec import checked
from circuitsim.units import one_prefix

_MOST_PANELS = 6
_MOST_LABELS = 20
_TITLE = 44
"""Letters in a line of a title."""
_LETTERS = 40
"""Letters of names that stand side by side below a panel."""
_MARKS = ("published", "here", "here, outside", "range that agrees")
_DECADES = 50.0
"""Ratio of the largest to the smallest value above which an axis is logarithmic."""


@checked
def study_figure(result: StudyResult) -> Figure:
    """Draw each claim of a study over its cases: what was published, with what agrees with it, and what was found.

    A claim has a panel, named by its quantity; at most six, the first ones of the file. Several values of a case stand
    side by side.
    """
    names = list(dict.fromkeys(row.claim for row in result.rows))[:_MOST_PANELS]
    cols = min(len(names), 2)
    rows = -(-len(names) // cols)
    with look():
        figure = new_figure(4.6 * cols, 2.9 * rows + 0.6)
        for n, name in enumerate(names):
            axes = figure.add_subplot(rows, cols, n + 1)
            shown = [row for row in result.rows if row.claim == name]
            _draw(axes, textwrap.fill(shown[0].quantity, _TITLE), shown)
        _explain(figure)
    return figure


@checked
def save_study_figure(folder: str | Path, result: StudyResult) -> tuple[Path, Path]:
    """Write `figure.png` and `figure.svg` of a study into a folder and return their paths.

    Raises:
        InputError: The folder cannot be written.
    """
    figure = study_figure(result)
    return save_figure(figure, svg_text(figure), folder, "figure")


def _explain(figure: Figure) -> None:
    """Name once what the marks of all panels mean."""
    marks = {}
    for axes in figure.axes:
        for mark, label in zip(*axes.get_legend_handles_labels(), strict=True):
            marks.setdefault(label, mark)
    names = [name for name in _MARKS if name in marks]
    figure.legend([marks[name] for name in names], names, loc="outside upper right", ncols=len(names))


def _draw(axes: Axes, title: str, rows: Sequence[StudyRow]) -> None:
    found = np.concatenate([row.found for row in rows])
    published = np.concatenate([row.published or [np.nan] * len(row.found) for row in rows])
    low, high = (np.concatenate(each) for each in zip(*(_agreeing(row) for row in rows), strict=True))
    everything = np.concatenate([found, published, low, high])
    shown = np.abs(everything[np.isfinite(everything)])
    unit = "" if rows[0].unit == "1" else rows[0].unit
    scale, unit = one_prefix(float(shown.max()), unit) if unit and shown.size else (1.0, unit)
    places = np.arange(len(found))
    label = _MARKS[0] if np.isfinite(published).any() else None
    axes.plot(places, published / scale, "o", mfc="none", color=INK, markersize=7, label=label)
    axes.plot(places, found / scale, "o", color=BLUE, markersize=3.5, label=_MARKS[1])
    off = np.repeat([row.verdict != "agrees" for row in rows], [len(row.found) for row in rows])
    if off.any():
        axes.plot(places[off], found[off] / scale, "D", color=ORANGE, markersize=4, label=_MARKS[2])
    if shown.size and everything[np.isfinite(everything)].min() > 0 and shown.max() / shown.min() > _DECADES:
        axes.set_yscale("log")
    _shade(axes, places, low / scale, high / scale)
    axes.set(title=title, ylabel=unit, xlim=(-0.5, len(found) - 0.5))
    _name_cases(axes, rows)


def _shade(axes: Axes, places: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Shade what agrees, to the edge of the panel where there is no bound."""
    ends = np.concatenate([low, high])
    axes.update_datalim([(0, end) for end in ends[np.isfinite(ends)]], updatex=False)
    axes.autoscale_view()
    bottom, top = axes.get_ylim()
    ends = np.maximum(low, bottom), np.minimum(high, top)
    axes.vlines(places, *ends, color=FAINT, linewidth=5, alpha=0.35, zorder=1, label=_MARKS[3])
    axes.set_ylim(bottom, top)


def _name_cases(axes: Axes, rows: Sequence[StudyRow]) -> None:
    """Name the cases below the middle of their values, as many as fit."""
    counts = np.array([len(row.found) for row in rows])
    middles = np.cumsum(counts) - (counts + 1) / 2
    some = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MOST_LABELS)).round().astype(int))
    long = sum(len(rows[k].case) + 1 for k in some) > _LETTERS
    axes.set_xticks(middles[some], [rows[k].case for k in some])
    axes.tick_params(axis="x", length=0)
    if long:
        axes.tick_params(axis="x", labelrotation=50)
        for label in axes.get_xticklabels():
            label.set(ha="right", rotation_mode="anchor")


def _agreeing(row: StudyRow) -> tuple[np.ndarray, np.ndarray]:
    """Ends of what agrees, for each value; infinite where there is no bound."""
    found, published = np.array(row.found), np.array(row.published)
    if row.judged == "bounds":
        ends = (row.least, row.most)
        low, high = (
            np.full(len(found), no if end is None else end) for no, end in zip((-np.inf, np.inf), ends, strict=True)
        )
        return low, high
    size = {"relative": np.abs(published), "of_largest": np.abs(published).max(), "absolute": 1.0}[row.judged]
    return published - row.allowed * size, published + row.allowed * size
