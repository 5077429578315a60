"""The page of published studies: what was published, what was found, verdict, time and figure of each."""

from collections.abc import Sequence
from pathlib import Path

from circuitsim.report.parts import Column, KeyNumber, Page, PagePart, Paragraph, Picture, Section, Table
from circuitsim.report.rendering import render
from circuitsim.report.study_figure import study_figure
from circuitsim.report.study_words import row_words
from circuitsim.report.style import svg_text
from circuitsim.report.svg import inline_svg
from circuitsim.results import StudyResult, write_text
from circuitsim.spec import checked

_MOST_ROWS = 60


@checked
def write_studies_page(folder: str | Path, results: Sequence[StudyResult]) -> Path:
    """Write `report.html` of studies and return its path.

    Raises:
        InputError: The folder cannot be written.
    """
    svgs = {}
    for result in results:
        if result.rows:
            svgs[result.name] = inline_svg(svg_text(study_figure(result)), result.name, result.title)
    counts = {verdict: sum(result.verdict == verdict for result in results) for verdict in _VERDICTS}
    page = Page(
        "Published studies",
        (", ".join(f"{name} {text}" for name, text in (results[0].versions if results else {}).items()),),
        tuple(KeyNumber(_VERDICTS[verdict], str(count)) for verdict, count in counts.items()),
        (_overview(results), *(_section(result) for result in results)),
    )
    file = Path(folder) / "report.html"
    write_text(file, render(page, svgs))
    return file


_VERDICTS = {"agrees": "agree", "explained": "deviate, explained", "disagrees": "disagree", "failed": "failed"}


def _overview(results: Sequence[StudyResult]) -> Section:
    columns = (
        Column("study", False),
        Column("kind", False),
        Column("claims"),
        Column("verdict", False),
        Column("time"),
    )
    rows = [
        (result.title, result.kind, str(len(result.rows)), result.verdict, f"{result.seconds:.1f} s")
        for result in results
    ]
    caption = "A claim is a published value, or row of values, in one case. Time is processor time."
    return Section("all", "All studies", f"{len(results)} studies", (Table(columns, rows, caption),))


def _section(result: StudyResult) -> Section:
    parts: list[PagePart] = [Paragraph(f"{result.paper}. {result.doi}".strip())]
    parts += [Paragraph(f"Assumed, where the source is silent: {sentence}.") for sentence in result.assumed]
    parts += [Paragraph(f"Case {case} could not be computed: {reason}") for case, reason in result.failures.items()]
    parts += [Paragraph(text) for text in dict.fromkeys(row.explanation for row in result.rows) if text]
    parts += [Paragraph(f"Warned {count} ×: {text}") for text, count in result.warned.items()]
    if result.rows:
        parts.append(Picture(result.name, "Rings: published. Dots: here. Grey: what agrees."))
        columns = ("claim", "case", "published", "here", "deviation", "allowed", "verdict")
        rows = [(row.quantity, row.case, *row_words(row)) for row in result.rows[:_MOST_ROWS]]
        more = len(result.rows) - _MOST_ROWS
        caption = f"{more} more rows are in result.json." if more > 0 else ""
        parts.append(Table(tuple(Column(name, name not in columns[:2]) for name in columns), rows, caption))
    return Section(result.name, result.title, f"{result.verdict}; {result.seconds:.1f} s", tuple(parts))
