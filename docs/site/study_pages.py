"""A page for each published study, made of its claim, its committed result and its figure."""

from collections.abc import Sequence
from pathlib import Path

from circuitsim.results import StudyResult, StudyRow, load_study_result
from circuitsim.studies import StudyClaim, load_claim
from circuitsim.units import format_quantity

KINDS = {
    "exact": "a closed form, or another exact solver",
    "number": "numbers published in digits",
    "figure": "values read off a figure",
    "trend": "an ordering or a range",
    "training": "trained networks",
}
_MOST_VALUES = 4
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

Each page holds numbers that somebody published beside the numbers that circuitsim computes. A claim that is not met
stays on its page: its verdict is *disagrees* until the page explains the difference and states how far the explanation
reaches; then it is *explained*. Times are processor time of one core.

| study | what is compared | values | verdict | time |
|---|---|---|---|---|
{chr(10).join(rows)}

Compute them again with `circuitsim reproduce --quick` (under two minutes on two cores), `circuitsim reproduce NAME` or
`circuitsim reproduce --all`; see [Reproduce a study](../tutorial/10_reproduce_a_study.md). Networks that are trained
and scored, and how to write a study of your own, are on [the page of the folder](../guide/validation.md).

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
        "Rings are published values, dots are computed here, grey is what agrees.",
        "## Published beside ours",
        *_tables(result.rows[:_MOST_ROWS]),
        f"{more} more rows are in `validation/{folder.name}/result.json`." if more > 0 else "",
        "## Why they differ" if any(row.explanation for row in result.rows) else "",
        *dict.fromkeys(f"{row.explanation}." for row in result.rows if row.explanation),
        "## How close is close enough",
        tolerances,
        "## Assumed where the source is silent" if claim.assumed else "",
        "\n".join(f"- {sentence}" for sentence in claim.assumed),
        "## Compute it again",
        f"`circuitsim reproduce {folder.name}` took {result.seconds:.1f} s of processor time with {versions}. "
        f"The claim is `validation/{folder.name}/claim.toml`, the computation `study.py` beside it.",
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
    bounds = [f"{sign} {_amount(v, row.unit)}" for sign, v in (("≥", row.least), ("≤", row.most)) if v is not None]
    published = ", ".join(bounds) or _several(row.published, row.unit)
    deviation, allowed = (_terms(row.judged, value, row.unit) for value in (row.deviation, row.allowed))
    return f"| {row.case} | {published} | {_several(row.found, row.unit)} | {deviation} | {allowed} | {row.verdict} |"


def _allowed(judged: str, allowed: float, unit: str) -> str:
    of = {"relative": " of each value", "of_largest": " of the largest value", "absolute": ""}
    return "within the stated bounds" if judged == "bounds" else f"{_terms(judged, allowed, unit)}{of[judged]}"


def _terms(judged: str, value: float, unit: str) -> str:
    return f"{100 * value:.2g} %" if judged in ("relative", "of_largest") else _amount(value, unit)


def _several(values: Sequence[float], unit: str) -> str:
    words = [_amount(value, unit) for value in values[:_MOST_VALUES]]
    return ", ".join(words) + (f", … ({len(values)})" if len(values) > _MOST_VALUES else "")


def _amount(value: float, unit: str) -> str:
    if unit in ("", "1"):
        return f"{value:.5g}"
    return f"{value:.5g} %" if unit == "%" else format_quantity(value, unit)
