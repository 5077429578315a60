"""Figures of a campaign: a curve with its confidence band over one axis, a heat map over two, draws of one range."""

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from circuitsim.report.parallel_figure import parallel_figure
from circuitsim.report.place_columns import PlaceColumn, place_columns
from circuitsim.report.style import BLUE, FAINT, SEQUENTIAL, look, one_panel, one_prefix
from circuitsim.results import CampaignEstimate

if TYPE_CHECKING:
    import xarray as xr

_MOST_TICKS = 8


def campaign_figure(estimate: CampaignEstimate, name: str, spread: "xr.DataArray | None" = None) -> Figure | None:
    """Draw an estimate of a campaign over its axes; None where no axis has more than one value, or nothing is done.

    A curve has the band of its confidence interval, and around it a paler one from the smallest to the largest
    replicate. More axes than two are parallel.

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
    dims = [str(dim) for dim in value.dims if value.sizes[dim] > 1]
    if len(columns) == 1:
        drawn = "drawn" in estimate.table[columns[0].name].attrs
        return _curve(estimate, columns[0], scale, label, None if drawn else spread, joined=not drawn)
    if len(columns) == 2 and sorted(dims) == sorted(column.name for column in columns):
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
