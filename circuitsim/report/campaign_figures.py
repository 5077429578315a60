"""Figures of a campaign: a curve with its band over one axis, a heat map over two."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from circuitsim.report.style import BLUE, SEQUENTIAL, look, one_panel, one_prefix

if TYPE_CHECKING:
    import xarray as xr


def campaign_figure(result: "xr.DataArray") -> Figure | None:
    """Draw one result of a campaign over its axes; None where it has none of more than one value, or more than two.

    Replicates show as a band from the smallest to the largest, around their mean.

    Args:
        result: Over the axes and `replicate`; NaN where there is no result.
    """
    axes = varied_axes(result)
    if not 1 <= len(axes) <= 2 or not np.isfinite(result.values).any():
        return None
    table = result.transpose(*axes, "replicate", ...).values.reshape(*(result.sizes[axis] for axis in axes), -1)
    return _curve(result, axes[0], table) if len(axes) == 1 else _map(result, axes, table)


def varied_axes(result: "xr.DataArray") -> list[str]:
    """Return the axes of more than one value, replicates left out."""
    return [str(dim) for dim in result.dims if dim != "replicate" and result.sizes[dim] > 1]


def mean_of(table: np.ndarray) -> np.ndarray:
    """Return the mean over the last axis of what is there; NaN where nothing is."""
    count = np.isfinite(table).sum(axis=-1)
    return np.where(count > 0, np.nansum(table, axis=-1) / np.maximum(count, 1), np.nan)


def _curve(result: "xr.DataArray", axis: str, table: np.ndarray) -> Figure:
    scale, unit = _scaled(table, str(result.attrs.get("units", "")))
    there = np.isfinite(table).any(axis=-1)
    labels = result[axis].values
    numeric = np.issubdtype(labels.dtype, np.number)
    places = labels if numeric else np.arange(len(labels))
    with look():
        figure, axes = one_panel("", _label(result, axis), _name(result, unit))
        low, high = np.nanmin(table[there], axis=-1) / scale, np.nanmax(table[there], axis=-1) / scale
        axes.fill_between(places[there], low, high, color=BLUE, alpha=0.2, linewidth=0)
        axes.plot(places[there], mean_of(table)[there] / scale, color=BLUE, marker="o", markersize=3.5)
        if not numeric:
            axes.set_xticks(places, [str(label) for label in labels])
        elif len(places) > 2 and places.min() > 0 and places.max() / places.min() > 50:
            axes.set_xscale("log")
        if low.min() > 0 and high.max() / low.min() > 50:
            axes.set_yscale("log")
    return figure


def _map(result: "xr.DataArray", names: list[str], table: np.ndarray) -> Figure:
    scale, unit = _scaled(table, str(result.attrs.get("units", "")))
    with look():
        figure, axes = one_panel("", _label(result, names[1]), _label(result, names[0]))
        axes.grid(visible=False)
        image = axes.imshow(mean_of(table) / scale, cmap=SEQUENTIAL, origin="lower", aspect="auto")
        for name, ticks in ((names[1], axes.set_xticks), (names[0], axes.set_yticks)):
            labels = result[name].values
            shown = np.unique(np.linspace(0, len(labels) - 1, min(len(labels), 8)).round().astype(int))
            numeric = np.issubdtype(labels.dtype, np.number)
            ticks(shown, [f"{labels[k]:.3g}" if numeric else str(labels[k]) for k in shown])
        figure.colorbar(image, ax=axes, label=_name(result, unit))
    return figure


def _scaled(table: np.ndarray, unit: str) -> tuple[float, str]:
    """Return what to divide values by, and their unit with its prefix; numbers without a unit keep their size."""
    return (1.0, "") if unit in ("", "1") else one_prefix(float(np.nanmax(np.abs(table))), unit)


def _name(result: "xr.DataArray", unit: str) -> str:
    return f"{result.attrs['long_name']} [{unit}]" if unit else str(result.attrs["long_name"])


def _label(result: "xr.DataArray", axis: str) -> str:
    unit = result[axis].attrs.get("units")
    return f"{axis} [{unit}]" if unit else axis
