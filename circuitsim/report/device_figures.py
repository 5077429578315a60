"""Pictures of one device: its current, its switching loop, its statistics."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from circuitsim.report.style import SERIES, look, new_figure, save_figure, svg_text
from circuitsim.units import one_prefix


@dataclass(frozen=True)
class Curve:
    """One line of a panel: x (points,), y (points,), its label, and an optional half-width of a band around y."""

    x: np.ndarray
    y: np.ndarray
    label: str = ""
    band: np.ndarray | None = None
    points: bool = False


@dataclass(frozen=True)
class Panel:
    """One panel of a device figure.

    Attributes:
        title: What it shows.
        x_label, y_label: Quantities without unit.
        x_unit, y_unit: SI units; a prefix that suits the values is chosen.
        curves: What is drawn.
        y_scale, x_scale: "linear" or "log"; values that are not positive are left out of a log axis.
        from_zero: Whether a linear y axis begins at 0, so that sizes can be compared by eye.
    """

    title: str
    x_label: str
    x_unit: str
    y_label: str
    y_unit: str
    curves: tuple[Curve, ...]
    y_scale: Literal["linear", "log"] = "linear"
    x_scale: Literal["linear", "log"] = "linear"
    from_zero: bool = False


def device_figure(title: str, panels: tuple[Panel, ...]) -> Figure:
    """Draw the panels of one device side by side, at most three in a row.

    Args:
        title: Name of the device.
        panels: One panel or more.
    """
    cols = 2 if len(panels) == 4 else min(len(panels), 3)
    rows = -(-len(panels) // cols)
    with look():
        figure = new_figure(max(4.4, 3.5 * cols), 3.1 * rows + 0.3)
        figure.suptitle(title, x=0.01, ha="left", fontsize=10.5, fontweight="bold")
        for place, panel in enumerate(panels, start=1):
            _draw(figure.add_subplot(rows, cols, place, title=panel.title), panel)
    return figure


def save_device_figure(title: str, panels: tuple[Panel, ...], file: Path) -> tuple[Path, Path]:
    """Draw the panels and write them as `file` with the endings .png and .svg.

    Raises:
        InputError: The folder cannot be written.
    """
    figure = device_figure(title, panels)
    return save_figure(figure, svg_text(figure), file.parent, file.stem)


def _draw(axes: Axes, panel: Panel) -> None:
    x_scale, x_unit = _prefix(panel.x_unit, [curve.x for curve in panel.curves], panel.x_scale)
    y_scale, y_unit = _prefix(panel.y_unit, [curve.y for curve in panel.curves], panel.y_scale)
    for curve, (colour, marker) in zip(panel.curves, SERIES, strict=False):
        x, y = np.asarray(curve.x) / x_scale, np.asarray(curve.y) / y_scale
        if panel.y_scale == "log":
            y = np.where(y > 0, y, np.nan)
        style = {"marker": marker, "markersize": 4, "linestyle": "none"} if curve.points else {"linewidth": 1.5}
        axes.plot(x, y, color=colour, label=curve.label or None, **style)  # pyright: ignore[reportArgumentType]
        if curve.band is not None:
            band = np.asarray(curve.band) / y_scale
            axes.fill_between(x, y - band, y + band, color=colour, alpha=0.2, linewidth=0)
    axes.set_xscale(panel.x_scale)
    axes.set_yscale(panel.y_scale)
    if panel.from_zero:
        axes.set_ylim(0.0, 1.05 * max(float(np.nanmax(curve.y)) for curve in panel.curves) / y_scale)
    axes.set_xlabel(_label(panel.x_label, x_unit))
    axes.set_ylabel(_label(panel.y_label, y_unit))
    if any(curve.label for curve in panel.curves):
        axes.legend(handlelength=1.2)


def _prefix(unit: str, values: list[np.ndarray], scale: str) -> tuple[float, str]:
    """A prefix for a linear axis; a log axis keeps the plain unit, its ticks are powers of ten."""
    if scale == "log" or unit in ("", "1", "%", "nm", "LSB"):
        return 1.0, unit
    return one_prefix(max(float(np.nanmax(np.abs(each))) for each in values), unit)


def _label(text: str, unit: str) -> str:
    return text if unit in ("", "1") else f"{text} [{unit}]"
