"""Of a binned transistor model, keep the bins that the sizes in a deck can select."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from circuitsim.errors import InputError
from circuitsim.library.definitions import Definition, base_of, defined_names
from circuitsim.library.grammar import tidy
from circuitsim.library.spice_numbers import spice_number
from circuitsim.library.statements import Statement
from circuitsim.library.subcircuit import assignments, declaration, inner_parameters

_LIMIT = re.compile(r"\b([lw])(min|max)=(\S+)", re.IGNORECASE)
_EDGE = 1e-6  # sizes on the edge of two bins keep both


def used_bins(definitions: Sequence[Definition], calls: Sequence[str], scale: float) -> list[Definition]:
    """Drop the bins of models that no transistor of the deck selects.

    A bin holds for l_min ≤ l ≤ l_max and w_min ≤ w ≤ w_max, with w per finger where `nf` is given (ngspice 39 manual,
    chapter 11.2). Where a size is not a number after the calls of the deck, all bins stay.

    Args:
        definitions: What the deck needs; bins stand among them or inside their sub-circuits.
        calls: The deck's sub-circuit calls.
        scale: Unit of lengths of the deck [m].

    Raises:
        InputError: No bin of a model holds a size of the deck.
    """
    names = [base for one in definitions for statement in one.statements if (base := _base(statement))]
    counts = Counter(names)
    sizes = {base: _sizes(base, definitions, calls) for base in counts if counts[base] > 1}
    kept = []
    for one in definitions:
        statements = tuple(statement for statement in one.statements if _is_used(statement, sizes, scale))
        if statements:
            kept.append(one if len(statements) == len(one.statements) else replace(one, statements=statements))
    left = {_base(statement) for one in kept for statement in one.statements}
    for base, wanted in sizes.items():
        if wanted is not None and base not in left:
            raise InputError(_no_bin(base, definitions, wanted, scale))
    return kept


def _no_bin(base: str, definitions: Sequence[Definition], wanted: list[tuple[float, float]], scale: float) -> str:
    """Say that no bin of a model holds the sizes of the deck, and how far they reach together."""
    reach: dict[str, list[float]] = {}
    for one in definitions:
        for statement in one.statements:
            if _base(statement) == base:
                for axis, end, text in _LIMIT.findall(tidy(statement.text)):
                    reach.setdefault(f"{axis}{end}".lower(), []).append(spice_number(text) or 0.0)
    ends = [f"{key} = {min(reach[f'{key}min']):g} to {max(reach[f'{key}max']):g} m" for key in ("w", "l")]
    length, width = (size * scale for size in wanted[0])
    return (
        f"no bin of the transistor model {base} holds w = {width:g} m, l = {length:g} m: its bins lie within "
        f"{', '.join(ends)}; expected a size within one of them (access.w and access.l are in metres)"
    )


def _base(statement: Statement) -> str | None:
    """Return the lower-case name that selects a bin; None for every other statement."""
    if statement.card != ".model":
        return None
    return base_of(defined_names(statement)[0])


def _is_used(statement: Statement, sizes: dict[str, list[tuple[float, float]] | None], scale: float) -> bool:
    wanted = sizes.get(_base(statement) or "")
    if wanted is None:
        return True
    limits = {f"{a}{b}".lower(): spice_number(c) for a, b, c in _LIMIT.findall(tidy(statement.text))}
    if any(limits.get(key) is None for key in ("lmin", "lmax", "wmin", "wmax")):
        return True
    return any(_within(limits, "l", length, scale) and _within(limits, "w", width, scale) for length, width in wanted)


def _within(limits: dict[str, float | None], key: str, size: float, scale: float) -> bool:
    low, high = limits[f"{key}min"], limits[f"{key}max"]
    assert low is not None and high is not None  # checked by the caller
    return low * (1 - _EDGE) <= size * scale <= high * (1 + _EDGE)


def _sizes(base: str, definitions: Sequence[Definition], calls: Sequence[str]) -> list[tuple[float, float]] | None:
    """Return length and width of every transistor of a model in the deck; None where one is not known."""
    sizes: list[tuple[float, float]] = []
    for definition in definitions:
        if definition.card == ".model" or base not in definition.mentioned:
            continue
        if definition.card != ".subckt":
            return None
        for values in _instances(definition, calls, definitions):
            if values is None:
                return None
            for statement in definition.statements:
                if statement.card[0] == "m" and base in statement.text.lower().split():
                    size = _size(assignments(tidy(statement.text)), values)
                    if size is None:
                        return None
                    sizes += size
                elif statement.card[0] != "." and base in statement.text.lower().split():
                    return None
    return sizes or None


def _instances(
    definition: Definition, calls: Sequence[str], definitions: Sequence[Definition]
) -> Iterator[dict[str, str] | None]:
    """Yield the parameters of each call of a sub-circuit; None for a call from within another definition."""
    name, _, declared = declaration(definition.statements[0])
    name, defaults = name.lower(), declared | inner_parameters(definition)
    if any(other is not definition and name in other.mentioned for other in definitions):
        yield None
    for given in {tuple(sorted(assignments(tidy(call)).items())) for call in calls if name in call.lower().split()}:
        yield defaults | dict(given)


def _size(stated: dict[str, str], values: dict[str, str]) -> list[tuple[float, float]] | None:
    """Return (l, w) and (l, w per finger) of a transistor, in the unit of the deck."""
    numbers = {}
    for key in ("l", "w", "nf"):
        text = stated.get(key, "1" if key == "nf" else "").strip("{}' ").lower()
        number = spice_number(values.get(text, text))
        if number is None or number <= 0:
            return None
        numbers[key] = number
    return [(numbers["l"], numbers["w"]), (numbers["l"], numbers["w"] / numbers["nf"])]
