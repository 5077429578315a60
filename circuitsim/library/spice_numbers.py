"""Numbers as SPICE writes them."""

import re

from circuitsim.units import SUFFIX

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(meg|mil|[fpnumkgt])?[a-z]*")


def spice_number(text: str) -> float | None:
    """Value of a SPICE number ("0.13u", "1meg"); None for an expression."""
    match = _NUMBER.fullmatch(text.strip().strip("'{}").strip().lower())
    if match is None:
        return None
    scale = 25.4e-6 if match[2] == "mil" else SUFFIX.get(match[2] or "", 1.0)
    return float(match[1]) * scale
