"""The page of an exploration: its front as a picture and a table, finalists beside their finer numbers."""

from itertools import combinations
from pathlib import Path

from circuitsim.report.amounts import counted
from circuitsim.report.exploration_figure import front_figure
from circuitsim.report.exploration_words import front_rows, nothing_allowed, shown_results
from circuitsim.report.parts import Column, KeyNumber, Page, PagePart, Paragraph, Picture, Section, Table
from circuitsim.report.rendering import render
from circuitsim.report.style import svg_text
from circuitsim.report.svg import inline_svg
from circuitsim.results import Exploration, limit_in_words
from circuitsim.results.atomic_files import write_text
from circuitsim.spec import checked

_MOST_ROWS = 200
_MOST_PICTURES = 6


@checked
def write_exploration_report(folder: str | Path, found: Exploration) -> Path:
    """Write `report.html` of an exploration.

    Args:
        folder: Folder to write into.
        found: From `campaign.explore`.

    Returns:
        Path of the page.

    Raises:
        InputError: The folder cannot be written.
    """
    svgs: dict[str, str] = {}
    sections = [_front(found, svgs), *_finalists(found), *_grid(found), *_troubles(found)]
    confirmed = sum(each.state == "confirmed" for each in found.finalists)
    numbers = [
        KeyNumber("places measured", f"{found.measured} of {found.size}"),
        *([KeyNumber("places failed", str(found.failures))] if found.failures else []),
        KeyNumber("on the front", counted(int(found.front.sum()), "design")),
        *([KeyNumber("finalists confirmed", f"{confirmed} of {len(found.finalists)}")] if found.finalists else []),
    ]
    page = Page(found.name, _lead(found), tuple(numbers), tuple(sections))
    file = Path(folder) / "report.html"
    write_text(file, render(page, svgs))
    return file


def _lead(found: Exploration) -> tuple[str, ...]:
    goals = [f"{'least' if each.sign > 0 else 'most'} {each.name}" for each in found.objectives]
    limits = [f"{each.name} {limit_in_words(each, found.units.get(each.name, ''))}" for each in found.limits]
    space = ", ".join(f"{axis.name} ({len(axis.labels)})" for axis in found.axes)
    return (f"{'; '.join([*goals, *limits])}", f"space: {space}")


def _front(found: Exploration, svgs: dict[str, str]) -> Section:
    """Return the front: pictures of each two objectives, and its table."""
    if not found.front.any():
        return Section("front", "Front", nothing_allowed(found), (Paragraph("exploration.nc has all points."),))
    heading = f"{counted(int(found.front.sum()), 'design')} that no measured one beats in every objective"
    names = [each.name for each in found.objectives]
    pairs = (
        list(combinations(names, 2))
        or [(other, names[0]) for other in [*shown_results(found)[1:], *found.results] if other != names[0]][:1]
    )
    parts: list[PagePart] = []
    for across, up in pairs[:_MOST_PICTURES]:
        name = f"{across}_{up}".replace(".", "_")
        svgs[name] = inline_svg(svg_text(front_figure(found, across, up)), name, heading)
        parts.append(Picture(name, f"{up} over {across}; open markers are finalists by their finer measures."))
    head, rows = front_rows(found)
    caption = f"The first {_MOST_ROWS} of {len(rows)}." if len(rows) > _MOST_ROWS else ""
    parts.append(Table(tuple(Column(each) for each in head), rows[:_MOST_ROWS], caption))
    return Section("front", "Front", heading, tuple(parts))


def _finalists(found: Exploration) -> list[Section]:
    out = [each for each in found.finalists if each.state != "confirmed"]
    if not out:
        return []
    columns = (Column("design", False), Column("state", False), Column("reason", False))
    rows = [(found.place(tuple(map(int, found.index[each.point]))), each.state, each.why) for each in out]
    heading = f"{len(out)} of {counted(len(found.finalists), 'finalist')} fell out by the finer numbers"
    return [Section("finalists", "Finalists", heading, (Table(columns, rows),))]


def _grid(found: Exploration) -> list[Section]:
    grid = found.grid
    if grid is None:
        return []
    share = len(found.index) / max(grid.points, 1)
    front = f"{grid.found} of {counted(grid.front, 'design')} on the front of the whole grid"
    heading = f"{front}, with {100 * share:.0f} % of its points"
    volume = "" if grid.volume is None else f"The front has {grid.volume:.4f} of the hypervolume of the grid's. "
    missed = "; ".join(found.place(place) for place in grid.missed)
    return [
        Section(
            "grid",
            "Grid",
            heading,
            (Paragraph(f"{volume}{'Not found: ' + missed if missed else ''}".strip() or "All were found."),),
        )
    ]


def _troubles(found: Exploration) -> list[Section]:
    troubles = [("failed", *each) for each in found.failed] + [("no design", *each) for each in found.refused]
    if not troubles:
        return []
    columns = (Column("what", False), Column("reason", False), Column("points"))
    rows = [(what, reason, str(count)) for what, reason, count in troubles[:_MOST_ROWS]]
    heads = [f"{counted(found.failures, 'place')} failed"] if found.failures else []
    heads += ["some places are no design"] if found.refused else []
    return [Section("failures", "Failures", "; ".join(heads), (Table(columns, rows),))]
