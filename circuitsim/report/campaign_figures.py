"""Figures of a campaign: curves with their confidence bands, heat maps of two axes, parallel axes for more."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from circuitsim.report.parallel_figure import parallel_figure
from circuitsim.report.place_columns import PlaceColumn, place_columns
from circuitsim.report.style import BLUE, FAINT, SEQUENTIAL, SERIES, look, one_panel
from circuitsim.results import CampaignEstimate
from circuitsim.units import one_prefix

if TYPE_CHECKING:
    import xarray as xr

_MOST_TICKS = 8


def campaign_figure(estimate: CampaignEstimate, name: str, spread: "xr.DataArray | None" = None) -> Figure | None:
    """Draw an estimate of a campaign over its axes; None where no axis has more than one value, or nothing is done.

    A curve has the band of its confidence interval, and around it a paler one from the smallest to the largest
    replicate. Few values on all axes but one are a curve each; else two axes are a map, and more are parallel.

    Args:
        estimate: What is drawn.
        name: Its name on the axis.
        spread: The result itself, over the axes and `replicate`, for the paler band; None: none is drawn.
    """
    columns = place_columns(estimate.table)
    value = estimate.table["value"]
    if not columns or not np.isfinite(value.values).any():
        return None
    scale, unit = _scaled(value.values, estimate.unit)
    label = f"{name} [{unit}]" if unit else name
    if len(columns) == 1:
        drawn = "drawn" in estimate.table[columns[0].name].attrs
        return _curve(estimate, columns[0], scale, label, None if drawn else spread, joined=not drawn)
    along = curve_axis(estimate, columns)
    if along is not None:
        return _curves(estimate, columns, along, scale, label)
    if len(columns) == 2 and _is_crossed(estimate, columns):
        dims = [str(dim) for dim in value.dims if value.sizes[dim] > 1]
        ordered = [next(column for column in columns if column.name == dim) for dim in dims]
        return _map(value.values.reshape([value.sizes[dim] for dim in dims]) / scale, ordered, label)
    return parallel_figure(columns, value.values.reshape(-1) / scale, label)


def _curve(
    estimate: CampaignEstimate,
    column: PlaceColumn,
    scale: float,
    label: str,
    spread: "xr.DataArray | None",
    *,
    joined: bool,
) -> Figure:
    value, low, high = (estimate.table[part].values.reshape(-1) / scale for part in ("value", "low", "high"))
    there = np.isfinite(value)
    order = np.argsort(column.places[there], kind="stable")
    x, value = column.places[there][order], value[there][order]
    low, high = low[there][order], high[there][order]
    known = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(known, low, value), np.where(known, high, value)
    with look():
        figure, axes = one_panel("", column.label, label)
        ends = [low, high]
        if spread is not None:
            table = spread.transpose(..., "replicate").values.reshape(-1, spread.sizes["replicate"])[there][order]
            ends = [np.nanmin(table, axis=-1) / scale, np.nanmax(table, axis=-1) / scale]
            axes.fill_between(x, *ends, color=BLUE, alpha=0.12, linewidth=0)
        if joined:
            axes.fill_between(x, low, high, color=BLUE, alpha=0.3, linewidth=0)
            axes.plot(x, value, color=BLUE, marker="o", markersize=3.5)
        else:
            bars = np.stack([np.maximum(value - low, 0.0), np.maximum(high - value, 0.0)])
            axes.errorbar(x, value, bars, color=BLUE, ecolor=FAINT, fmt="o", markersize=3, elinewidth=1)
        _scales(axes, column, x, np.minimum(low, ends[0]), np.maximum(high, ends[1]))
    return figure


def _is_crossed(estimate: CampaignEstimate, columns: Sequence[PlaceColumn]) -> bool:
    """Tell whether the places are all combinations of values, and not draws."""
    value = estimate.table["value"]
    return sorted(str(dim) for dim in value.dims if value.sizes[dim] > 1) == sorted(column.name for column in columns)


def curve_axis(estimate: CampaignEstimate, columns: Sequence[PlaceColumn]) -> PlaceColumn | None:
    """Return the axis along which curves run, one for each combination of the others' values; None: there are none.

    It is the axis of numbers with the most values, if there are other axes, with few combinations of their values.
    """
    numbers = [column for column in columns if not column.words and len(column.names) > 2]
    if len(columns) < 2 or not numbers or not _is_crossed(estimate, columns):
        return None
    along = max(numbers, key=lambda column: len(column.names))
    count = math.prod(len(column.names) for column in columns if column is not along)
    return along if count <= len(SERIES) else None


def _curves(
    estimate: CampaignEstimate, columns: Sequence[PlaceColumn], along: PlaceColumn, scale: float, label: str
) -> Figure:
    """Draw a curve with its band for each combination of values of the other axes."""
    value, low, high = (estimate.table[part].values.reshape(-1) / scale for part in ("value", "low", "high"))
    others = [column for column in columns if column is not along]
    known = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(known, low, value), np.where(known, high, value)
    kinds = list(dict.fromkeys(zip(*(column.places.tolist() for column in others), strict=True)))
    with look():
        figure, axes = one_panel("", along.label, label, height=3.9)
        for kind, (colour, marker) in zip(kinds, SERIES, strict=False):
            here = np.isfinite(value)
            for column, place in zip(others, kind, strict=True):
                here = here & (column.places == place)
            order = np.flatnonzero(here)[np.argsort(along.places[here], kind="stable")]
            named = [_named(column, place) for column, place in zip(others, kind, strict=True)]
            axes.fill_between(along.places[order], low[order], high[order], color=colour, alpha=0.2, linewidth=0)
            axes.plot(
                along.places[order], value[order], color=colour, marker=marker, markersize=3.5, label=", ".join(named)
            )
        there = np.isfinite(value)
        _scales(axes, along, along.places[there], low[there], high[there])
        figure.legend(loc="outside lower center", ncols=1 if len(others) > 2 else 2)
    return figure


def _named(column: PlaceColumn, place: float) -> str:
    """Name and value of an axis, for a legend."""
    return f"{column.name} {column.words[int(place)] if column.words else f'{place:.3g}'}"


def _scales(axes: Axes, column: PlaceColumn, x: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Set logarithmic scales where values span decades, and name values that are words."""
    if column.words:
        axes.set_xticks(range(len(column.words)), column.words)
    elif len(x) > 2 and x.min() > 0 and x.max() / x.min() > 50:
        axes.set_xscale("log")
    if low.min() > 0 and high.max() / low.min() > 50:
        axes.set_yscale("log")


def _map(table: np.ndarray, columns: list[PlaceColumn], label: str) -> Figure:
    """Draw a heat map: the first axis upwards, the second to the right."""
    with look():
        figure, axes = one_panel("", columns[1].label, columns[0].label)
        axes.grid(visible=False)
        image = axes.imshow(table, cmap=SEQUENTIAL, origin="lower", aspect="auto")
        for column, ticks in ((columns[1], axes.set_xticks), (columns[0], axes.set_yticks)):
            count = table.shape[1] if column is columns[1] else table.shape[0]
            shown = np.unique(np.linspace(0, count - 1, min(count, _MOST_TICKS)).round().astype(int))
            ticks(shown, [column.names[k] for k in shown])
        figure.colorbar(image, ax=axes, label=label)
    return figure


def _scaled(table: np.ndarray, unit: str) -> tuple[float, str]:
    """Return what to divide values by, and their unit with its prefix; numbers without a unit keep their size."""
    return (1.0, "") if unit in ("", "1") else one_prefix(float(np.nanmax(np.abs(table))), unit)
