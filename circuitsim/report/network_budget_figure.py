"""A picture of what each cause and each layer takes from a network's score."""

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from circuitsim.report.style import BLUE, GREEN, INK, ORANGE, RED, look, name_bars, new_figure, save_figure, svg_text
from circuitsim.results.network_budget import BudgetEntry, NetworkBudget

_TITLES = {
    "cause alone": ("Each cause alone", BLUE),
    "cause removed": ("All causes but one", ORANGE),
    "layer alone on arrays": ("Each layer alone on arrays", GREEN),
    "layer alone digital": ("Each layer alone digital", RED),
}
_CAUSES = {"dac": "DAC", "adc": "ADC", "read_noise": "read noise", "stuck": "stuck cells"}
_WIDTH, _HEAD, _BAR = 4.7, 0.75, 0.24
"""Inch: of the figure, of a panel's title and axis, of a bar."""


def network_budget_figure(budget: NetworkBudget) -> Figure:
    """Loss of score by cause and by layer, one panel each; whiskers are 95 % intervals, of draws or of images.

    The dashed line is the loss with all causes in all layers. Whiskers show the wider of the two intervals.
    """
    whole = next(entry for entry in budget.entries if entry.kind == "all")
    groups = [(kind, [entry for entry in budget.entries if entry.kind == kind]) for kind in _TITLES]
    groups = [(kind, entries) for kind, entries in groups if entries]
    heights = [_HEAD + _BAR * len(entries) for _, entries in groups]
    scale, unit = (100.0, " [%]") if budget.metric == "accuracy" else (1.0, "")
    ends = [scale * (entry.loss + s * _half_width(entry)) for _, drawn in groups for entry in drawn for s in (-1, 1)]
    lowest, highest = min(0.0, *ends), max(scale * whole.loss, *ends) or 1.0
    with look():
        figure = new_figure(_WIDTH, sum(heights))
        panels = figure.subplots(len(groups), squeeze=False, sharex=True, height_ratios=heights)[:, 0]
        for axes, (kind, entries) in zip(panels, groups, strict=True):
            title, colour = _TITLES[kind]
            axes.set_title(title)
            _bars(axes, entries, scale, colour)
            axes.axvline(scale * whole.loss, color=INK, linestyle="--", linewidth=1)
        panels[-1].set_xlim(1.15 * lowest, 1.25 * highest)
        panels[-1].set_xlabel(f"loss of {budget.metric}{unit}; dashed: everything together")
    return figure


def save_network_budget(budget: NetworkBudget, file: Path) -> tuple[Path, Path]:
    """Draw the budget and write it as `file` with the endings .png and .svg.

    Raises:
        InputError: The folder cannot be written.
    """
    figure = network_budget_figure(budget)
    return save_figure(figure, svg_text(figure), file.parent, file.stem)


def _bars(axes: Axes, entries: list[BudgetEntry], scale: float, colour: str) -> None:
    losses = [scale * entry.loss for entry in entries]
    halves = [scale * _half_width(entry) for entry in entries]
    axes.barh(range(len(entries)), losses, xerr=halves, color=colour, ecolor=INK, capsize=2, height=0.62)
    ends = [max(loss, 0.0) + half for loss, half in zip(losses, halves, strict=True)]
    names = [_CAUSES.get(entry.name, entry.name) if entry.kind.startswith("cause") else entry.name for entry in entries]
    name_bars(axes, names, ends, [f"{loss:.2g}" for loss in losses], gap=4)


def _half_width(entry: BudgetEntry) -> float:
    return max(entry.half_width or 0.0, entry.images_half_width or 0.0)
