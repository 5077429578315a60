"""The page of a campaign, written anew while its results arrive."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from circuitsim.report.campaign_figures import campaign_figure, mean_of, varied_axes
from circuitsim.report.parts import Column, KeyNumber, Page, PagePart, Paragraph, Picture, Section, Table
from circuitsim.report.rendering import render
from circuitsim.report.style import svg_text
from circuitsim.report.svg import inline_svg
from circuitsim.results.atomic_files import write_text
from circuitsim.spec import checked
from circuitsim.units import format_quantity

if TYPE_CHECKING:
    import xarray as xr

_MOST_ROWS = 200
_MOST_RESULTS = 24


@checked
def write_campaign_report(
    folder: str | Path,
    data: "xr.Dataset",
    *,
    done: int,
    failed: int,
    total: int,
    reasons: Sequence[tuple[str, int]] = (),
) -> Path:
    """Write `report.html` of a campaign, as far as it is: a curve over one axis, a heat map over two, else a table.

    Args:
        folder: Folder to write into.
        data: Results from `campaign.collect_campaign`.
        done, failed, total: Number of points with a result, of those that failed, and of all.
        reasons: Why points failed, with their numbers.

    Returns:
        Path of the page.

    Raises:
        InputError: The folder cannot be written.
    """
    svgs: dict[str, str] = {}
    names = [str(name) for name in data.data_vars if not str(name).endswith("_state")]
    sections = [_section(data[name], name, svgs) for name in names[:_MOST_RESULTS]]
    if reasons:
        columns = (Column("reason", False), Column("points"))
        rows = [(reason, str(count)) for reason, count in reasons[:_MOST_ROWS]]
        sections.append(Section("failures", "Failures", f"{failed} points failed", (Table(columns, rows),)))
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    versions = ", ".join(f"{key[8:]} {text}" for key, text in data.attrs.items() if str(key).startswith("version_"))
    more = len(names) - _MOST_RESULTS
    left = (f"{more} more results are in results.nc and results.csv",) if more > 0 else ()
    numbers = [("points done", done), ("failed", failed), ("left", total - done - failed)]
    page = Page(
        str(data.attrs.get("title", "campaign")),
        (f"{versions}; as of {now}", *left),
        tuple(KeyNumber(name, str(count)) for name, count in numbers),
        tuple(sections),
    )
    file = Path(folder) / "report.html"
    write_text(file, render(page, svgs))
    return file


def _section(result: "xr.DataArray", name: str, svgs: dict[str, str]) -> Section:
    """One result: its range as the finding, and a figure or a table."""
    title, unit = str(result.attrs["long_name"]), str(result.attrs.get("units", ""))
    there = result.values[np.isfinite(result.values)]
    if there.size == 0:
        return Section(name, title, f"{title}: no point is done yet", (Paragraph("Its results show here."),))
    low, high = _amount(float(there.min()), unit), _amount(float(there.max()), unit)
    finding = f"{title}: {low}" if low == high else f"{title}: {low} to {high}"
    figure = campaign_figure(result)
    parts: tuple[PagePart, ...]
    if figure is None:
        parts = (_table(result, unit),)
    else:
        svgs[name] = inline_svg(svg_text(figure), name, finding)
        replicates = "" if result.sizes["replicate"] == 1 else ", mean of replicates"
        band = "; band from the smallest to the largest" if replicates and len(varied_axes(result)) == 1 else ""
        parts = (Picture(name, f"{title} over {' and '.join(varied_axes(result))}{replicates}{band}."),)
    return Section(name, title, finding, parts)


def _table(result: "xr.DataArray", unit: str) -> Table:
    """The means of a result over replicates, one row for each place, as many as a page holds."""
    stacked = result if "point" in result.dims else result.stack(place=[d for d in result.dims if d != "replicate"])
    axes = [str(name) for name in result.coords if name != "replicate"]
    means = stacked.values if "point" in result.dims else mean_of(stacked.transpose(..., "replicate").values)
    places = np.flatnonzero(np.isfinite(means))
    rows = [
        (*(f"{stacked[axis].values[n]}" for axis in axes), _amount(float(means[n]), unit)) for n in places[:_MOST_ROWS]
    ]
    columns = (*(Column(axis) for axis in axes), Column(str(result.attrs["long_name"])))
    caption = f"The first {_MOST_ROWS} of {len(places)}; all are in results.csv." if len(places) > _MOST_ROWS else ""
    return Table(columns, rows, caption)


def _amount(value: float, unit: str) -> str:
    return f"{value:.4g}" if unit in ("", "1") else format_quantity(value, unit)
