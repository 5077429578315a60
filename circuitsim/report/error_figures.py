"""Pictures of how the behavioral model differs from the truth."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import StrMethodFormatter

from circuitsim.report.content import Comparison
from circuitsim.report.stored import output_noun
from circuitsim.report.style import BLUE, FAINT, INK, ORANGE, RED, SERIES, look, one_panel
from circuitsim.results import Certificate
from circuitsim.results.error_scale import RelativeTo
from circuitsim.units import one_prefix, percent

_VECTOR_POINTS = 600  # more points than this are drawn as pixels: an element each would make the page heavy


def currents_figure(comparison: Comparison, truth: str) -> Figure:
    """Model against truth, one mark an output current, with R² as a number.

    Args:
        comparison: Currents (vectors, cols) [A].
        truth: Name of the truth: "ngspice 39.3".
    """
    scale, unit = one_prefix(comparison.full_scale, comparison.unit)
    what = _what(comparison)
    with look():
        figure, axes = one_panel(f"Model against {truth}", f"{what}, {truth} [{unit}]", f"{what}, model [{unit}]")
        ends = [min(0.0, comparison.truth.min() / scale), comparison.truth.max() / scale]
        axes.plot(ends, ends, color=INK, linewidth=0.8, zorder=1)
        if comparison.ideal is not None:
            _points(axes, comparison.truth / scale, comparison.ideal / scale, FAINT, "o", "v · g")
        for kind, colour, marker in _kinds(comparison):
            chosen = np.array([k == kind for k in comparison.kinds])
            _points(axes, comparison.truth[chosen] / scale, comparison.predicted[chosen] / scale, colour, marker, kind)
        axes.text(0.98, 0.04, f"R² = {r_squared_text(comparison.r_squared)}", transform=axes.transAxes, ha="right")
        axes.legend(loc="upper left", markerscale=1.6, handletextpad=0.2, borderaxespad=0.2)
    return figure


def residual_figure(comparison: Comparison, truth: str) -> Figure:
    """Error of each output current over the current itself; in LSB on the right where there is an ADC."""
    scale, unit = one_prefix(comparison.full_scale, comparison.unit)
    error = 100 * comparison.errors
    with look():
        figure, axes = one_panel(
            f"Model minus {truth}", f"{_what(comparison)}, {truth} [{unit}]", _error(comparison.relative_to)
        )
        axes.axhline(0, color=INK, linewidth=0.8)
        for kind, colour, marker in _kinds(comparison):
            chosen = np.array([k == kind for k in comparison.kinds])
            _points(axes, comparison.truth[chosen] / scale, error[chosen], colour, marker, kind)
        if comparison.lsb_share is not None:
            per_lsb = 100 * comparison.lsb_share
            axes.secondary_yaxis("right", functions=(_times(1 / per_lsb), _times(per_lsb))).set_ylabel("error [LSB]")
    return figure


def histogram_figure(comparison: Comparison, truth: str) -> Figure:
    """How often each error occurs, counts on a logarithmic axis, with rms and largest error marked."""
    error = 100 * comparison.errors
    rms, largest = 100 * comparison.error.rms, 100 * comparison.error.max
    with look():
        figure, axes = one_panel(f"Errors against {truth}", _error(comparison.relative_to), "output currents")
        axes.hist(error.ravel(), bins=61, range=(-1.08 * largest, 1.08 * largest), color=BLUE)
        axes.set_yscale("log")
        axes.set_ylim(bottom=0.6)
        axes.set_ylim(top=axes.get_ylim()[1] * 3)
        for value, colour, style, name in ((rms, ORANGE, "-", "rms"), (largest, RED, "--", "max")):
            label = f"{name} {percent(value / 100)}"
            if comparison.lsb_share is not None:
                label += f" = {value / 100 / comparison.lsb_share:.2g} LSB"
            for sign in (-1, 1):
                axes.axvline(sign * value, color=colour, linestyle=style, linewidth=1.4, label=label)
                label = "_"
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        figure.legend(loc="outside lower center", ncols=2)
        if comparison.lsb_share is not None:
            per_lsb = 100 * comparison.lsb_share
            axes.secondary_xaxis("top", functions=(_times(1 / per_lsb), _times(per_lsb))).set_xlabel("error [LSB]")
            axes.set_title("")
            figure.suptitle(f"Errors against {truth}", x=0.02, ha="left", fontsize=9.5, fontweight="bold")
    return figure


def _error(relative_to: RelativeTo) -> str:
    return f"error [% of {relative_to}]"


def columns_figure(certificate: Certificate, truth: str) -> Figure:
    """rms and largest error of each column."""
    columns = np.arange(certificate.cols)
    with look():
        figure, axes = one_panel(f"Error of each column against {truth}", "column", _error(certificate.relative_to))
        for name, colour, marker in (("max", RED, "D"), ("rms", BLUE, "o")):
            values = [100 * getattr(column, name) for column in certificate.by_column]
            axes.plot(columns, values, color=colour, marker=marker, markersize=2.6, linewidth=0.9, label=name)
        axes.set_ylim(bottom=0)
        axes.set_xlim(-0.5, certificate.cols - 0.5)
        axes.legend(loc="upper right", ncols=2, borderaxespad=0.2)
        axes.set_ylim(top=axes.get_ylim()[1] * 1.15)
    return figure


def r_squared_text(value: float) -> str:
    """Write R² with enough nines to tell it from 1."""
    for digits in range(4, 13):
        text = f"{value:.{digits}f}"
        if float(text) != 1.0:
            return f"{value:.{digits + 1}f}"
    return f"{value:.12f}"


def _what(comparison: Comparison) -> str:
    noun = output_noun(comparison.unit)
    return "output of the sense amplifier" if noun == "output" else f"column {noun}"


def _kinds(comparison: Comparison) -> list[tuple[str, str, str]]:
    kinds = dict.fromkeys(comparison.kinds)
    return [(kind, *SERIES[i % len(SERIES)]) for i, kind in enumerate(kinds)]


def _points(axes: Axes, x: np.ndarray, y: np.ndarray, colour: str, marker: str, label: str) -> None:
    axes.plot(
        x.ravel(),
        y.ravel(),
        linestyle="none",
        marker=marker,
        markersize=2.6,
        markeredgewidth=0,
        color=colour,
        alpha=0.75,
        label=label,
        rasterized=x.size > _VECTOR_POINTS,
    )


def _times(factor: float) -> Callable[[Any], Any]:
    return lambda value: value * factor
