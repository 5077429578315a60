"""Assign the terminals of a sub-circuit their roles, as a specification or a card maps them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from circuitsim.errors import InputError
from circuitsim.library.subcircuit import Subckt

COUNTED = "{k}"
"""Stands in a name for the number of a bit: "b{k}" names b0, b1, b2, …"""


def assigned_roles(line: Subckt, ports: Mapping[str, Any], where: str) -> tuple[tuple[str, int | None], ...]:
    """Return role and number of each terminal of a sub-circuit, in its order.

    Args:
        line: The sub-circuit.
        ports: Role to terminal; to several terminals, all with this role; or to a map of terminals, whose roles are
            "role.key". A terminal with `{k}` in its name stands for all with a number in this place, from 0 on.
        where: Key of the map, for the message: "sense.ports".

    Raises:
        InputError: A terminal that the map names does not exist or has two roles, numbers are missing, or a terminal
            of the sub-circuit has no role; names it.
    """
    place = f"{line.file}:{line.line}: .subckt {line.name}"
    roles: dict[str, tuple[str, int | None]] = {}
    for role, name in _flat(ports):
        found = _matches(line, name)
        if not found:
            there = " ".join(line.terminals)
            raise InputError(f"{where}.{role} = {name!r}: {place} has no such terminal; there is {there}")
        for terminal, number in found.items():
            if terminal in roles:
                raise InputError(f"{where}: {terminal!r} of {place} is {roles[terminal][0]} and {role}; expected one")
            roles[terminal] = (role, number)
        numbers = sorted(number for number in found.values() if number is not None)
        if numbers != list(range(len(numbers))):
            listed = ", ".join(map(str, numbers))
            raise InputError(f"{where}.{role} = {name!r}: {place} numbers them {listed}; expected 0, 1, 2, …")
    for terminal in line.terminals:
        if terminal not in roles:
            raise InputError(f"{where}: {terminal!r} of {place} has no role; add ROLE = {terminal!r}")
    return tuple(roles[terminal] for terminal in line.terminals)


def _flat(ports: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for role, names in ports.items():
        if isinstance(names, Mapping):
            yield from ((f"{role}.{key}", name) for key, name in names.items())
        else:
            yield from ((role, name) for name in ((names,) if isinstance(names, str) else names))


def _matches(line: Subckt, name: str) -> dict[str, int | None]:
    """Return the terminals that a name of the map means, with their numbers."""
    wanted = name.lower()
    if COUNTED not in wanted:
        return {wanted: None} if wanted in line.terminals else {}
    before, _, after = wanted.partition(COUNTED)
    pattern = re.compile(f"{re.escape(before)}([0-9]+){re.escape(after)}")
    matches = ((terminal, pattern.fullmatch(terminal)) for terminal in line.terminals)
    return {terminal: int(match[1]) for terminal, match in matches if match}
