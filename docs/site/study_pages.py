"""A page for each published study, made of its claim, its committed result and its figure."""

from collections.abc import Sequence
from pathlib import Path

from circuitsim.report.study_words import deviation_words, row_words
from circuitsim.results import StudyResult, StudyRow, load_study_result
from circuitsim.studies import StudyClaim, load_claim

KINDS = {
    "exact": "a closed form, or another exact solver",
    "number": "numbers published in digits",
    "figure": "values read off a figure",
    "trend": "an ordering or a range",
    "training": "trained networks",
}
_MOST_ROWS = 60


def write_study_pages(validation: Path, pages: Path) -> list[str]:
    """Write `index.md`, and a page with its figure for every folder of `validation` that has a claim.

    Returns:
        Names of the studies.
    """
    pages.mkdir(parents=True, exist_ok=True)
    index = []
    for folder in sorted(path.parent for path in validation.glob("*/claim.toml")):
        claim, result = load_claim(folder / "claim.toml"), load_study_result(folder / "result.json")
        (pages / f"{folder.name}.png").write_bytes((folder / "figure.png").read_bytes())
        (pages / f"{folder.name}.md").write_text(_page(folder, claim, result), encoding="utf-8")
        index.append((folder.name, claim, result))
    (pages / "index.md").write_text(_index(index), encoding="utf-8")
    return [name for name, _, _ in index]


def _index(studies: Sequence[tuple[str, StudyClaim, StudyResult]]) -> str:
    rows = [
        f"| [{claim.title}]({name}.md) | {KINDS[claim.kind]} | {len(result.rows)} | {result.verdict} "
        f"| {result.seconds:.1f} s |"
        for name, claim, result in studies
    ]
    names = "\n".join(name for name, _, _ in studies)
    return f"""# Validation

Each page compares published numbers with the numbers that circuitsim computes. A claim that is not met stays on its
page. Its verdict is *disagrees* until the page explains the difference and states how large a difference the
explanation covers; it is then *explained*. Times are processor time of one core.

| study | what is compared | values | verdict | time |
|---|---|---|---|---|
{chr(10).join(rows)}

Reproduce them with `circuitsim reproduce --quick` (under two minutes on two cores), `circuitsim reproduce NAME` or
`circuitsim reproduce --all`; see [Reproduce a study](../tutorial/10_reproduce_a_study.md).
[Published studies, reproduced](../guide/validation.md) summarizes all results, describes the networks that were trained
and scored, and shows how to write a study of your own.

```{{toctree}}
:hidden:

{names}
```
"""


def _page(folder: Path, claim: StudyClaim, result: StudyResult) -> str:
    source = f"<https://doi.org/{claim.doi}>" if claim.doi.startswith("10.") else claim.doi
    more = len(result.rows) - _MOST_ROWS
    versions = ", ".join(f"{name} {text.removeprefix(name + '-')}" for name, text in result.versions.items())
    tolerances = "\n".join(
        f"- *{each.quantity}*: {_allowed(each.judged, each.allowed, each.unit)}, because {each.reason}."
        for each in claim.claims
    )
    parts = [
        f"# {claim.title}",
        f"**Published:** {claim.paper}. {source}".strip(),
        f"**Compared:** {KINDS[claim.kind]}. **Verdict:** {result.verdict}.",
        f"```{{image}} {folder.name}.png\n:alt: Published and computed values of {folder.name}\n```",
        "Rings show published values, dots the values computed here. Points in grey agree.",
        "## Published and computed values",
        *_tables(result.rows[:_MOST_ROWS]),
        f"`validation/{folder.name}/result.json` has {more} more rows." if more > 0 else "",
        "## Why they differ" if any(row.explanation for row in result.rows) else "",
        *dict.fromkeys(f"{row.explanation}." for row in result.rows if row.explanation),
        "## How close is close enough",
        tolerances,
        "## Assumptions where the source does not say" if claim.assumed else "",
        "\n".join(f"- {sentence}" for sentence in claim.assumed),
        "## Reproduce it",
        f"`circuitsim reproduce {folder.name}` took {result.seconds:.1f} s of processor time with {versions}. "
        f"The claim is in `validation/{folder.name}/claim.toml`, and the computation in `study.py` beside it.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _tables(rows: Sequence[StudyRow]) -> list[str]:
    """A table for each quantity, under its name."""
    by_quantity: dict[str, list[str]] = {}
    for row in rows:
        by_quantity.setdefault(f"{row.quantity}, from: {row.where}", []).append(_row(row))
    head = "| case | published | here | deviation | allowed | verdict |\n" + "|---" * 6 + "|\n"
    return [f"**{quantity}**\n\n{head}" + "\n".join(lines) for quantity, lines in by_quantity.items()]


def _row(row: StudyRow) -> str:
    return f"| {row.case} | {' | '.join(row_words(row))} |"


def _allowed(judged: str, allowed: float, unit: str) -> str:
    of = {"relative": " of each value", "of_largest": " of the largest value", "absolute": ""}
    return "within the stated bounds" if judged == "bounds" else f"{deviation_words(judged, allowed, unit)}{of[judged]}"
