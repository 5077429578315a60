"""What `circuitsim reproduce` shows of a study: published and computed numbers side by side, and its warnings."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

from rich.table import Table

from circuitsim.results import StudyResult, StudyRow
from circuitsim.studies import value_deviations
from circuitsim.units import one_prefix, percent

_MOST_VALUES = 20  # of one case of a claim
_MOST_WARNINGS = 5  # of one study
_DIGITS = 5


def study_table(result: StudyResult) -> list[Any]:
    """Return the numbers of a study under its title: a table for each run of claims that have one unit and prefix."""
    lines: list[Any] = [f"{result.name}: {result.title}"]
    claims = {row.claim: [each for each in result.rows if each.claim == row.claim] for row in result.rows}
    units = {name: _prefix(rows[0].unit, rows) for name, rows in claims.items()}
    for (scale, unit), rows in groupby(result.rows, key=lambda row: units[row.claim]):
        lines += [_table_of_unit(scale, unit, list(rows)), ""]
    return lines


def warned_lines(results: Sequence[StudyResult]) -> list[str]:
    """Say each warning once, and how often it was issued, the most frequent first."""
    said = []
    for result in results:
        told = Counter(result.warned).most_common()
        said += [f"{result.name}: warning: {count} x {text}" for text, count in told[:_MOST_WARNINGS]]
        if (hidden := len(told) - _MOST_WARNINGS) > 0:
            said.append(f"{result.name}: {hidden} more warnings: --json lists them")
    return said


def _table_of_unit(scale: float, unit: str, rows: list[StudyRow]) -> Table:
    head = "" if unit == "1" else f" [{unit}]"
    table = Table(box=None, pad_edge=False)
    for name in ("case", "quantity"):
        table.add_column(name)
    for name in (f"published{head}", f"here{head}", "deviation", "allowed"):
        table.add_column(name, justify="right")
    table.add_column("verdict")
    for row in rows:
        for line in _lines(row, scale):
            table.add_row(*line)
    return table


def _prefix(unit: str, rows: list[StudyRow]) -> tuple[float, str]:
    """What to divide the values of a claim by, and their unit."""
    ends = [end for row in rows for end in (row.least, row.most) if end is not None]
    values = [abs(each) for row in rows for each in (*row.published, *row.found)] + [abs(end) for end in ends]
    largest = max((each for each in values if math.isfinite(each)), default=0.0)
    return (1.0, unit) if unit in ("1", "%") else one_prefix(largest, unit)


def _lines(row: StudyRow, scale: float) -> Iterator[tuple[str, ...]]:
    """Yield a line a value, each with its own verdict."""
    off = value_deviations(row)
    ends = (("≥", row.least), ("≤", row.most))
    bounds = [f"{sign} {end / scale:.{_DIGITS}g}" for sign, end in ends if end is not None]
    for k, (value, apart) in enumerate(zip(row.found[:_MOST_VALUES], off, strict=False)):
        published = ", ".join(bounds) or f"{row.published[k] / scale:.{_DIGITS}g}"
        verdict = "agrees" if apart <= row.allowed else row.verdict
        ends = (_apart(apart, row, scale), _apart(row.allowed, row, scale))
        yield row.case, row.quantity, published, f"{value / scale:.{_DIGITS}g}", *ends, verdict
    if rest := off[_MOST_VALUES:]:
        verdict = "agrees" if all(apart <= row.allowed for apart in rest) else row.verdict
        ends = (_apart(max(rest), row, scale), _apart(row.allowed, row, scale))
        yield row.case, f"{len(rest)} more values in result.json, largest deviation", "", "", *ends, verdict


def _apart(deviation: float, row: StudyRow, scale: float) -> str:
    """A deviation: in percent of the published value, else as the values; how far outside of bounds, "-" if inside."""
    if row.judged == "bounds":
        return f"{deviation / scale:.2g}" if deviation else "-"
    if row.judged == "absolute":
        return f"{deviation / scale:.2g}"
    return percent(deviation) + (" of largest" if row.judged == "of_largest" else "")
