"""The words of a row of a study: values with units, its deviation, and what is allowed."""

from collections.abc import Sequence

from circuitsim.results import StudyRow
from circuitsim.units import format_quantity

_MOST_VALUES = 4


def row_words(row: StudyRow) -> tuple[str, str, str, str, str]:
    """Return the words of a row: published, found here, deviation, allowed, verdict."""
    bounds = [f"{sign} {_amount(v, row.unit)}" for sign, v in (("≥", row.least), ("≤", row.most)) if v is not None]
    published = ", ".join(bounds) or _several(row.published, row.unit)
    deviation, allowed = (deviation_words(row.judged, value, row.unit) for value in (row.deviation, row.allowed))
    return published, _several(row.found, row.unit), deviation, allowed, row.verdict


def deviation_words(judged: str, value: float, unit: str) -> str:
    """Return a deviation in the terms in which it is judged: a relative one in percent, any other in its unit."""
    return f"{100 * value:.2g} %" if judged in ("relative", "of_largest") else _amount(value, unit)


def _several(values: Sequence[float], unit: str) -> str:
    words = [_amount(value, unit) for value in values[:_MOST_VALUES]]
    return ", ".join(words) + (f", … ({len(values)})" if len(values) > _MOST_VALUES else "")


def _amount(value: float, unit: str) -> str:
    if unit in ("", "1"):
        return f"{value:.5g}"
    return f"{value:.5g} %" if unit == "%" else format_quantity(value, unit)
