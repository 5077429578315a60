"""Sensitivity indices: which share of the variance of a result comes from which axis, alone and with the others."""

import csv
import importlib
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from circuitsim.campaign.drawn_axes import SAMPLE
from circuitsim.campaign.estimates import campaign_results, statistics_of
from circuitsim.campaign.intervals import mean_interval
from circuitsim.errors import InputError, require
from circuitsim.results import CampaignSensitivity
from circuitsim.spec import check_argument, checked

if TYPE_CHECKING:
    import xarray as xr

FEWEST_ROWS = 16
_RESAMPLES = 200
_SEED = 1  # of resampling: the same data have the same intervals
_PARTS = {"first": "S1", "first_half": "S1_conf", "total": "ST", "total_half": "ST_conf"}


@checked
def campaign_sensitivity(data: "xr.Dataset") -> tuple[CampaignSensitivity, ...]:
    """Compute first and total Sobol indices of each result over the axes that a design of kind "saltelli" drew.

    Args:
        data: From `collect_campaign`.

    Returns:
        For each result its indices, with intervals from resampling; of means over replicates.

    Raises:
        InputError: The design is of another kind.
        MissingExtraError: SALib is not installed.

    Valid for: axes that are independent and spread evenly over their ranges (in equal ratios for "log"). Rows of the
    design in which a point is missing are left out. Indices of few rows may lie below 0 or above 1 by their intervals.
    Source: Saltelli et al., Computer Physics Communications 181, 259 (2010), by SALib
    """
    import xarray as xr  # takes 0.4 s to import

    check_argument("data", data, xr.Dataset)
    if data.attrs.get("design") != "saltelli":
        raise InputError("sensitivity indices need design.kind = 'saltelli' in the campaign's file, and a full table")
    require("SALib", extra="statistics")
    level = statistics_of(data).level
    return tuple(
        CampaignSensitivity(name, variable, level, _indices(data[variable], level))
        for name, variable in campaign_results(data)
    )


def sensitivity_table(found: Sequence[CampaignSensitivity]) -> str:
    """Return indices as CSV, one line for each axis of each result, at each value of the axes that were crossed."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    others = [str(name) for name in found[0].table["design_rows"].dims] if found else []
    writer.writerow([*others, "result", "axis", "first", "first_half", "total", "total_half", "level", "design_rows"])
    for each in found:
        rows = each.table["design_rows"]
        for where in np.ndindex(rows.shape):
            at = each.table.isel(dict(zip(rows.dims, where, strict=True)))
            for k, axis in enumerate(at["axis"].values):
                numbers = [repr(float(at[part].values[k])) for part in _PARTS]
                place = [at[name].item() for name in others]
                writer.writerow([*place, each.name, axis, *numbers, each.level, int(at["design_rows"])])
    return text.getvalue()


def sobol_indices(values: np.ndarray, axes: int, level: float) -> tuple[dict[str, np.ndarray], int]:
    """Return indices of one result from the rows of `designs.unit_draws` of kind "saltelli".

    Args:
        values: (rows * (axes + 2),); NaN where there is none.
        axes: Number of axes.
        level: Confidence of the intervals.

    Returns:
        `first`, `first_half`, `total`, `total_half` (axes,) and the number of complete rows; NaN where these are fewer
        than 16, or all equal.
    """
    rows = values.reshape(-1, axes + 2)
    rows = rows[np.isfinite(rows).all(axis=1)]
    if len(rows) < FEWEST_ROWS or np.ptp(rows) <= 1e-12 * np.abs(rows).max():
        return {part: np.full(axes, np.nan) for part in _PARTS}, len(rows)
    analyze = importlib.import_module("SALib.analyze.sobol").analyze
    problem = {"num_vars": axes, "names": [f"x{k}" for k in range(axes)], "bounds": [[0.0, 1.0]] * axes}
    options: dict[str, Any] = {"calc_second_order": False, "num_resamples": _RESAMPLES, "seed": _SEED}
    found = analyze(problem, rows.reshape(-1), conf_level=level, **options)
    return {part: np.asarray(found[name], dtype=float) for part, name in _PARTS.items()}, len(rows)


def _indices(result: "xr.DataArray", level: float) -> "xr.Dataset":
    import xarray as xr  # takes 0.4 s to import

    others = [str(dim) for dim in result.dims if dim not in (SAMPLE, "replicate")]
    names = [str(name) for name, each in result.coords.items() if "drawn" in each.attrs]
    means = mean_interval(result.transpose(*others, SAMPLE, "replicate").values, level)[0]
    shape = means.shape[:-1]
    parts = {part: np.full((*shape, len(names)), np.nan) for part in _PARTS}
    rows = np.zeros(shape, dtype=int)
    for where in np.ndindex(shape):
        found, rows[where] = sobol_indices(means[where], len(names), level)
        for part, values in found.items():
            parts[part][where] = values
    tables = {part: ((*others, "axis"), values) for part, values in parts.items()}
    coords = {"axis": names, **{name: result[name] for name in others}}
    return xr.Dataset({**tables, "design_rows": (others, rows)}, coords=coords)
