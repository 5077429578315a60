"""What the replicates of each place say together: means, quantiles and yields, each with its confidence interval."""

import csv
import io
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from circuitsim.campaign.intervals import Interval, mean_interval, quantile_interval, share_interval
from circuitsim.campaign.statistics_file import CampaignStatistics, told_level
from circuitsim.campaign.yields import passes
from circuitsim.errors import InputError
from circuitsim.results import CampaignEstimate
from circuitsim.spec import check_argument, checked

if TYPE_CHECKING:
    import xarray as xr


@checked
def campaign_estimates(data: "xr.Dataset") -> tuple[CampaignEstimate, ...]:
    """Estimate from the replicates of a campaign what its `[statistics]` ask for.

    Args:
        data: From `collect_campaign`.

    Returns:
        For each result its mean (Student's t) and quantiles (order statistics), then the yields (Clopper and Pearson).

    Raises:
        InputError: A yield is of a result that its measure does not return.

    Valid for: independent replicates. Points of one replicate share their draws, so that the intervals of two places
    are not independent: their difference is known better than both intervals say. A failed replicate is no value, and
    where failing depends on what would have been measured, the interval does not know it.
    """
    import xarray as xr  # takes 0.4 s to import

    check_argument("data", data, xr.Dataset)
    settings = statistics_of(data)
    inner = told_level(settings, int(data.attrs.get("replicates", 1)))
    found = []
    for name, variable in campaign_results(data):
        table, coords = by_place(data[variable])
        unit = str(data[variable].attrs.get("units", ""))
        count = np.isfinite(table).sum(axis=-1)
        kinds: list[tuple[str, Interval]] = [("mean", mean_interval(table, inner))]
        kinds += [(f"quantile {q:g}", quantile_interval(table, q, inner)) for q in settings.quantiles]
        for kind, interval in kinds:
            told = _dataset(interval, count, coords)
            found.append(CampaignEstimate(name, variable, kind, unit, settings.level, told))
    return (*found, *_yields(data, settings, inner))


def campaign_results(data: "xr.Dataset") -> Iterator[tuple[str, str]]:
    """Yield "MEASURE.RESULT" and the variable of each result."""
    for variable in data.data_vars:
        if "measure" in data[variable].attrs:
            yield f"{data[variable].attrs['measure']}.{data[variable].attrs['result']}", str(variable)


def statistics_of(data: "xr.Dataset") -> CampaignStatistics:
    """Return the `[statistics]` of a collected campaign."""
    return CampaignStatistics.model_validate(json.loads(data.attrs.get("statistics", "{}")))


def by_place(result: "xr.DataArray") -> tuple[np.ndarray, dict[str, Any]]:
    """Return a result as (places…, replicates), NaN where there is none, and the coordinates of its places."""
    if "point" not in result.dims:
        dims = [str(dim) for dim in result.dims if dim != "replicate"]
        coords = {name: result.coords[name] for name in result.coords if "replicate" not in result[name].dims}
        return result.transpose(*dims, "replicate").values, {str(name): each for name, each in coords.items()}
    names = [str(name) for name in result.coords if name != "replicate"]
    ranks = [np.unique(result[name].values, return_inverse=True)[1].reshape(-1) for name in names]
    ranks = ranks or [np.zeros(result.sizes["point"], dtype=int)]
    _, first, place = np.unique(np.stack(ranks, axis=1), axis=0, return_index=True, return_inverse=True)
    replicate = result["replicate"].values
    table = np.full((len(first), int(replicate.max()) + 1), np.nan)
    table[place.reshape(-1), replicate] = result.values
    return table, {name: ("place", result[name].values[first], result[name].attrs) for name in names}


def estimates_table(estimates: tuple[CampaignEstimate, ...]) -> str:
    """Return estimates as CSV, one line for each statistic of each place."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(_lines(estimates))
    return text.getvalue()


def _lines(estimates: tuple[CampaignEstimate, ...]) -> Iterator[list[Any]]:
    axes = [] if not estimates else list(_places(estimates[0].table)[0])
    yield [*axes, "result", "statistic", "unit", "value", "low", "high", "level", "replicates"]
    for each in estimates:
        columns = _places(each.table)[1]
        for k, count in enumerate(each.table["count"].values.reshape(-1)):
            if count:
                numbers = [repr(float(each.table[part].values.reshape(-1)[k])) for part in ("value", "low", "high")]
                yield [*(c[k] for c in columns), each.name, each.statistic, each.unit, *numbers, each.level, int(count)]


def _places(table: "xr.Dataset") -> tuple[list[str], list[np.ndarray]]:
    """Return headings and columns of the axes, one entry for each place."""
    full = table["count"]
    names = [str(name) for name in full.coords]
    heads = [f"{name} [{full[name].attrs['units']}]" if full[name].attrs.get("units") else name for name in names]
    columns = [full[name].broadcast_like(full).transpose(*full.dims).values.reshape(-1) for name in names]
    return heads, columns


def _yields(data: "xr.Dataset", settings: CampaignStatistics, inner: float) -> Iterator[CampaignEstimate]:
    known = dict(campaign_results(data))
    for name, limits in settings.yields.items():
        if limits.of not in known:
            if any(each.startswith(limits.of.partition(".")[0] + ".") for each in known):
                raise InputError(
                    f"statistics.yield.{name}.of = {limits.of!r}: no such result; expected one of {', '.join(known)}"
                )
            continue  # nothing of its measure is done yet
        table, coords = by_place(data[known[limits.of]])
        count = np.isfinite(table).sum(axis=-1)
        told = _dataset(share_interval(passes(limits, table).sum(axis=-1), count, inner), count, coords)
        yield CampaignEstimate(name, known[limits.of], "yield", "1", settings.level, told)


def _dataset(interval: Interval, count: np.ndarray, coords: dict[str, Any]) -> "xr.Dataset":
    import xarray as xr  # takes 0.4 s to import

    listed = any(isinstance(each, tuple) for each in coords.values())
    dims = ("place",) if listed else tuple(dict.fromkeys(dim for each in coords.values() for dim in each.dims))
    parts = dict(zip(("value", "low", "high", "count"), (*interval, count), strict=True))
    return xr.Dataset({name: (dims, part) for name, part in parts.items()}, coords=coords)
