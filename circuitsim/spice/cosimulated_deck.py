"""Prepare a deck for co-simulation: what it saves, where it has corners, which of its sources can be set."""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError
from circuitsim.library import spice_number

_CORNERS = "vcircuitsim_instants"
_ANALYSES = frozenset({".tran", ".dc", ".ac", ".op", ".noise", ".tf", ".sens", ".pz", ".disto", ".sp", ".four"})
_VECTOR = re.compile(r"[A-Za-z@][^\s\"'`;]*")
_SOURCE = re.compile(r"^([vi]\S*)\s+\S+\s+\S+\s*(.*)$", re.IGNORECASE)
_FUNCTION = re.compile(r"\b(pulse|pwl|sin|exp|sffm|am|trnoise|trrandom|external)\b", re.IGNORECASE)


def vector_name(name: str) -> str:
    if not isinstance(name, str) or not _VECTOR.fullmatch(name):
        raise InputError(f"read: {name!r}: expected a vector as ngspice writes it, for example v(out) or i(vin)")
    return name.lower()


def with_saved(deck: str, read: Sequence[str]) -> str:
    """The deck, with the vectors to read among those that it saves, if it chooses what to save."""
    title, _, body = deck.partition("\n")
    if not read or not re.search(r"^\s*\.save\b", body, re.IGNORECASE | re.MULTILINE):
        return deck
    return f"{title}\n.save {' '.join(read)}\n{body}"


def with_corners(deck: str, instants: ArrayLike) -> str:
    """The deck, with a source that nothing is connected to and that has a corner at each instant."""
    times = np.asarray(instants, dtype=float)
    if times.ndim != 1 or not np.all(np.isfinite(times)) or np.any(times <= 0) or np.any(np.diff(times) <= 0):
        raise InputError("instants: expected finite times above 0 s, each later than the one before")
    if len(times) == 0:
        return deck
    title, _, body = deck.partition("\n")
    corners = "\n".join(f"+ {time:.17g} 0" for time in times)
    return f"{title}\n{_CORNERS} circuitsim_instants 0 pwl(0 0\n{corners}\n+ )\n{body}"


def end_and_sources(deck: str) -> tuple[float, frozenset[str]]:
    """The end of the deck's transient [s], and its sources that a value can be given to.

    Raises:
        InputError: The deck has no transient, or another analysis.
    """
    ends, sources, depth = [], set(), 0
    for line in deck.splitlines():
        words = line.split()
        card = words[0].lower() if words else ""
        if card == ".subckt":
            depth += 1
        elif card == ".ends":
            depth -= 1
        elif card in _ANALYSES:
            ends.append(spice_number(words[2]) if card == ".tran" and len(words) > 2 else None)
        elif depth == 0 and (source := _SOURCE.match(line)) and not _FUNCTION.search(source[2]):
            sources.add(source[1].lower())
    if len(ends) != 1 or ends[0] is None:
        raise InputError("deck: expected one analysis, `.tran STEP END`, which is what Python goes through")
    return ends[0], frozenset(sources)
