"""The page of a campaign, written anew while its results arrive."""

import datetime
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from circuitsim.report.campaign_figures import campaign_figure, curve_axis
from circuitsim.report.parallel_figure import MOST_LINES
from circuitsim.report.parts import Column, KeyNumber, Page, Paragraph, Picture, Section, Table
from circuitsim.report.place_columns import place_columns
from circuitsim.report.rendering import render
from circuitsim.report.sensitivity_figure import sensitivity_figure
from circuitsim.report.style import svg_text
from circuitsim.report.svg import inline_svg
from circuitsim.results import CampaignEstimate, CampaignSensitivity
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
    estimates: Sequence[CampaignEstimate],
    sensitivity: Sequence[CampaignSensitivity] = (),
    notes: Sequence[str] = (),
    reasons: Sequence[tuple[str, int]] = (),
) -> Path:
    """Write `report.html` of a campaign, as far as it is.

    Means and yields are curves with the band of their intervals over one axis, and over more if the others have few
    values; else heat maps over two, and parallel coordinates over more; each with a table of its intervals.

    Args:
        folder: Folder to write into.
        data: Results from `campaign.collect_campaign`.
        done, failed, total: Number of points with a result, of those that failed, and of all.
        estimates: From `campaign.campaign_estimates`.
        sensitivity: From `campaign.campaign_sensitivity`, for a design that gives them.
        notes: Sentences on top of the page.
        reasons: Why points failed, with their numbers.

    Returns:
        Path of the page.

    Raises:
        InputError: The folder cannot be written.
    """
    svgs: dict[str, str] = {}
    drawn = [each for each in estimates if not each.statistic.startswith("quantile")]
    sections = [_section(each, data, estimates, svgs) for each in drawn[:_MOST_RESULTS]]
    sections = sections or [Section("open", "Results", "No point is done yet", (Paragraph("Results show here."),))]
    sections += [_shares(each, svgs) for each in sensitivity[:_MOST_RESULTS]]
    if reasons:
        columns = (Column("reason", False), Column("points"))
        rows = [(reason, str(count)) for reason, count in reasons[:_MOST_ROWS]]
        sections.append(Section("failures", "Failures", f"{failed} points failed", (Table(columns, rows),)))
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    versions = ", ".join(f"{key[8:]} {text}" for key, text in data.attrs.items() if str(key).startswith("version_"))
    more = len(drawn) - _MOST_RESULTS
    left = (f"{more} more results are in results.nc and results.csv",) if more > 0 else ()
    numbers = [("points done", done), ("failed", failed), ("left", total - done - failed)]
    page = Page(
        str(data.attrs.get("title", "campaign")),
        (f"{versions}; as of {now}", *notes, *left),
        tuple(KeyNumber(name, str(count)) for name, count in numbers),
        tuple(sections),
    )
    file = Path(folder) / "report.html"
    write_text(file, render(page, svgs))
    return file


def _section(
    estimate: CampaignEstimate,
    data: "xr.Dataset",
    estimates: Sequence[CampaignEstimate],
    svgs: dict[str, str],
) -> Section:
    """One result or yield: its range as the finding, a figure, and a table with intervals."""
    result = data[estimate.variable]
    is_yield = estimate.statistic == "yield"
    title = f"yield {estimate.name}" if is_yield else str(result.attrs["long_name"])
    anchor = f"yield_{estimate.name}" if is_yield else estimate.variable
    there = estimate.table["value"].values[np.isfinite(estimate.table["value"].values)]
    if there.size == 0:
        return Section(anchor, title, f"{title}: no point is done yet", (Paragraph("Its results show here."),))
    low, high = _amount(float(there.min()), estimate.unit), _amount(float(there.max()), estimate.unit)
    finding = f"{title}: {low}" if low == high else f"{title}: {low} to {high}"
    several = int(estimate.table["count"].max()) > 1
    spread = result if several and not is_yield and "point" not in result.dims else None
    figure = campaign_figure(estimate, title, spread)
    same = [
        each for each in estimates if each.variable == estimate.variable and (each.statistic == "yield") == is_yield
    ]
    table = _table([estimate] if is_yield else same, several)
    if figure is None:
        return Section(anchor, title, finding, (table,))
    svgs[anchor] = inline_svg(svg_text(figure), anchor, finding)
    return Section(anchor, title, finding, (Picture(anchor, _caption(estimate, title, several, spread)), table))


def _caption(estimate: CampaignEstimate, title: str, several: bool, spread: "xr.DataArray | None") -> str:
    """Say what a figure shows, and what its bands are."""
    columns = place_columns(estimate.table)
    words = f"{title} over {' and '.join(column.name for column in columns)}"
    level = f"{100 * estimate.level:g} % interval"
    if curve_axis(estimate, columns) is not None and several:
        words += f"; bands: {level} of {'the yield' if estimate.statistic == 'yield' else 'the mean of replicates'}"
    elif len(columns) == 1 and several:
        what = "yield" if estimate.statistic == "yield" else "mean of replicates"
        words += f", {what}; band or bar: its {level}"
        words += "; paler band: smallest to largest replicate" if spread is not None else ""
    elif several:
        words += "; means of replicates, whose intervals are in the table"
    lines = int(np.isfinite(estimate.table["value"].values).sum())
    if len(columns) > 2 and lines > MOST_LINES:
        words += f"; {MOST_LINES} of {lines} places, evenly taken"
    return words + "."


def _table(estimates: Sequence[CampaignEstimate], several: bool) -> Table:
    """Estimates of one result, one row for each place, as many as a page holds; with their intervals."""
    full = estimates[0].table["count"]
    names = [str(name) for name in full.coords]
    labels = [full[name].broadcast_like(full).transpose(*full.dims).values.reshape(-1) for name in names]
    counts = full.values.reshape(-1)
    places = np.flatnonzero(counts)
    heads, columns = [], []
    for each in estimates:
        heads.append(Column(each.statistic))
        columns.append([_amount(value, each.unit) for value in each.table["value"].values.reshape(-1)])
        if several:
            heads.append(Column(f"{100 * each.level:g} % interval"))
            ends = [each.table[end].values.reshape(-1) for end in ("low", "high")]
            columns.append([_between(low, high, each.unit) for low, high in zip(*ends, strict=True)])
    rows = [
        (*(_label(label[n]) for label in labels), *(column[n] for column in columns), str(counts[n]))
        for n in places[:_MOST_ROWS]
    ]
    caption = f"The first {_MOST_ROWS} of {len(places)}; all are in statistics.csv." if len(places) > _MOST_ROWS else ""
    return Table((*(Column(name) for name in names), *heads, Column("replicates")), rows, caption)


def _shares(found: CampaignSensitivity, svgs: dict[str, str]) -> Section:
    """Sensitivity of one result: the axis that matters most as the finding, bars, and a table."""
    table, anchor, level = found.table, f"sensitivity_{found.variable}", f"± {100 * found.level:g} %"
    others = [str(name) for name in table["design_rows"].dims]
    rows = []
    for where in np.ndindex(table["design_rows"].shape):
        at = table.isel(dict(zip(others, where, strict=True)))
        place = [_label(at[name].item()) for name in others]
        for k, axis in enumerate(at["axis"].values):
            numbers = [f"{float(at[part].values[k]):.3f}" for part in ("first", "first_half", "total", "total_half")]
            rows.append((*place, str(axis), *numbers, str(int(at["design_rows"]))))
    heads = [Column("axis", False), Column("alone"), Column(level), Column("total"), Column(level), Column("rows")]
    shown = Table((*(Column(name) for name in others), *heads), rows[:_MOST_ROWS])
    title = f"what {found.name} depends on"
    if not np.isfinite(table["total"].values).any():
        words = f"{title}: no indices yet, too few rows are complete, or nothing varies"
        return Section(anchor, title, words, (shown,))
    total = table["total"].values.reshape(-1, table.sizes["axis"])
    total = total[np.isfinite(total).all(axis=1)].mean(axis=0)
    first = str(table["axis"].values[int(total.argmax())])
    finding = f"{found.name} depends most on {first}: it has a part in {100 * float(total.max()):.0f} % of the variance"
    figure = sensitivity_figure(found)
    if figure is None:
        return Section(anchor, title, finding, (shown,))
    svgs[anchor] = inline_svg(svg_text(figure), anchor, finding)
    caption = f"Share of the variance of {found.name} by axis; whiskers: {100 * found.level:g} % intervals."
    return Section(anchor, title, finding, (Picture(anchor, caption), shown))


def _between(low: float, high: float, unit: str) -> str:
    """Write an interval; an end that is not known is infinite."""
    if not (np.isfinite(low) or np.isfinite(high)):
        return "–"
    ends = (_amount(end, unit) if np.isfinite(end) else "∞" if end > 0 else "-∞" for end in (low, high))
    return " to ".join(ends)


def _label(value: object) -> str:
    return f"{value:.5g}" if isinstance(value, float) else f"{value}"


def _amount(value: float, unit: str) -> str:
    if not np.isfinite(value):
        return "–"
    return f"{value:.4g}" if unit in ("", "1") else format_quantity(value, unit)
