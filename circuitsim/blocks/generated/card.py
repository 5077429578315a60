"""Parts of the cards and files that several generated blocks share."""

from collections.abc import Iterator
from typing import Any

_LINE = 110  # characters


def folded(line: str) -> Iterator[str]:
    """Continue a long line of SPICE on further ones."""
    start = row = ""
    for word in line.split(" "):
        if row and len(row) + len(word) > _LINE:
            yield start + row.strip()
            start, row = "+ ", ""
        row += f"{word} "
    yield start + row.strip()


def phase(start: str, width: str, what: str) -> dict[str, str]:
    """Return an entry of [phases]."""
    return {"start": start, "width": width, "what": what}


def shared(source: str) -> dict[str, Any]:
    """Return the source that all entries of a section have."""
    return {"source": source, "fit": "textbook scale"}


def span(nominal: float, low: float, high: float, source: str) -> dict[str, Any]:
    """Return a range of conditions."""
    return {"nominal": nominal, "minimum": low, "maximum": high, "source": source}


def logic_energy(value: float, source: str) -> dict[str, Any]:
    """Return the estimate of what the logic takes in one conversion."""
    return {"value": value, "unit": "J", **shared(f"estimate: {source}")}
