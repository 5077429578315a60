"""How figures look, and how they become files."""

import contextlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from circuitsim.results.atomic_files import atomic, write_text

INK = "#16181c"
FAINT = "#8a8f98"
PAPER = "#ffffff"
BLUE, ORANGE, GREEN, RED, PURPLE, SKY = "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9"
# Okabe and Ito's colours, told apart with any colour vision; the markers tell them apart without colour.
SERIES = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (RED, "D"), (PURPLE, "v"), (SKY, "P"), (FAINT, "X"))
SEQUENTIAL = "cividis"  # rises evenly in lightness, and so reads in grey and with any colour vision

_RC = {
    "font.size": 9,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 9,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 8.5,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.alpha": 0.25,
    "grid.linewidth": 0.6,
    "axes.linewidth": 0.8,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.labelcolor": INK,
    "figure.facecolor": PAPER,
    "axes.facecolor": "none",
    "svg.fonttype": "none",
    "svg.hashsalt": "circuitsim",
}
_PIXELS = 200  # of rasterized parts and PNG files, per inch


@contextlib.contextmanager
def look() -> Iterator[None]:
    """Draw with this package's settings, and with nobody else's afterwards."""
    defaults = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")}
    settings: dict[Any, Any] = {**defaults, **_RC}
    with matplotlib.rc_context(settings):
        yield


def new_figure(width: float, height: float) -> Figure:
    """An empty figure, width and height in inch; call inside `look`."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def one_panel(
    title: str, x_label: str, y_label: str, *, width: float = 4.7, height: float = 3.3
) -> tuple[Figure, Axes]:
    """A figure with one labelled panel; call inside `look`."""
    figure = new_figure(width, height)
    axes = figure.add_subplot(title=title, xlabel=x_label, ylabel=y_label)
    return figure, axes


def name_bars(axes: Axes, names: Sequence[str], ends: Sequence[float], labels: Sequence[str], *, gap: float) -> None:
    """Name horizontal bars, the first on top, and label each at its end.

    Args:
        axes: Panel with one bar at each of 0, 1, 2, …
        names: Name of each bar, on the axis.
        ends: Where each bar ends, in data units.
        labels: Text at the end of each bar.
        gap: Space between end and text [pt].
    """
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)
    for place, (end, label) in enumerate(zip(ends, labels, strict=True)):
        axes.annotate(label, (end, place), xytext=(gap, 0), textcoords="offset points", va="center", fontsize=8.5)


def svg_text(figure: Figure) -> str:
    """The figure as an SVG file, on white."""
    buffer = io.StringIO()
    with look():
        figure.savefig(buffer, format="svg", dpi=_PIXELS, metadata={"Date": None, "Creator": None})
    return buffer.getvalue()


def save_figure(figure: Figure, svg: str, folder: str | Path, name: str) -> tuple[Path, Path]:
    """Write `<name>.png` and `<name>.svg`, on white.

    Args:
        figure: The figure.
        svg: The same as text, from `svg_text`.
        folder: Folder to write into; made when it is missing.
        name: Stem of both files.

    Returns:
        Paths of the PNG and the SVG file.

    Raises:
        InputError: The folder cannot be written.
    """
    pixels, vectors = Path(folder) / f"{name}.png", Path(folder) / f"{name}.svg"
    with look(), atomic(pixels) as temporary:
        figure.savefig(temporary, format="png", dpi=_PIXELS, metadata={"Software": None})
    write_text(vectors, svg)
    return pixels, vectors
