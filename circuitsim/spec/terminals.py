"""What the terminals of a user's sub-circuit are: a list in the order of the file, or a map from roles to terminals.

A map names terminals as the file declares them; they are looked up there, and never written into a deck.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from circuitsim.spec.complaints import shown
from circuitsim.spec.frozen_mapping import FrozenMapping

OPEN_ROLE = "nc"
"""Role of a terminal that stays open, such as a monitor; a map may name several: nc = ["m1", "m2"]."""

_LONGEST = 128  # characters of a name

TerminalMap = Mapping[str, Any]
"""Role to the name of a terminal; to several names for `nc`; to a map of names for the phases of a block."""


def terminal_map(
    value: Mapping[Any, Any], *, roles: Sequence[str] = (), nested: Sequence[str] = (), several: Sequence[str] = ()
) -> FrozenMapping:
    """Return a map from roles to terminals, checked and frozen.

    Args:
        value: The map as read.
        roles: The roles that exist; empty: any name.
        nested: Roles that hold a map of names themselves.
        several: Roles besides `nc` that several terminals may have.

    Raises:
        ValueError: A role does not exist, or a terminal is not a name.
    """
    checked: dict[str, Any] = {}
    for role, names in value.items():
        if roles and role not in roles:
            raise ValueError(f"role {shown(role)}: expected one of {', '.join(roles)}")
        if role in (OPEN_ROLE, *several) and isinstance(names, list | tuple):
            checked[role] = tuple(_name(role, name) for name in names)
        elif role in nested:
            if not isinstance(names, Mapping):
                raise ValueError(f"{role} = {shown(names)}: expected a table of names, {role} = {{ NAME = TERMINAL }}")
            checked[role] = FrozenMapping({str(key): _name(f"{role}.{key}", name) for key, name in names.items()})
        else:
            checked[str(role)] = _name(role, names)
    return FrozenMapping(checked)


def list_or_map(*roles: str) -> Callable[[Any, Any], Any]:
    """Return a validator of `ports` that takes a map of these roles besides what its annotation accepts."""

    def check(value: Any, annotated: Any) -> Any:
        return terminal_map(value, roles=roles) if isinstance(value, Mapping) else annotated(value)

    return check


def roles_of(ports: Sequence[str] | TerminalMap) -> tuple[str, ...]:
    """Return the roles that `ports` assigns, in either form; an open terminal counts once for each name."""
    if not isinstance(ports, Mapping):
        return tuple(ports)
    return tuple(role for role, names in ports.items() for _ in ((names,) if isinstance(names, str) else names))


def check_cell_ports(cell: str, ports: tuple[str, ...]) -> None:
    """Refuse a sub-circuit of the user whose terminals do not fit the cell; terminals left open do not count.

    Raises:
        ValueError: Names the terminals that were expected.
    """
    ports = tuple(port for port in ports if port != "nc")
    if cell == "own":
        if not {"bl", "sl"} <= set(ports) <= {"bl", "wl", "sl", "bulk"}:
            raise ValueError(
                f"device.ports = {list(ports)}: expected bl and sl, and wl and bulk where the cell has them"
            )
        return
    terminals = ("d", "g", "s", "b") if cell == "1t" else ("te", "be")
    if sorted(ports) != sorted(terminals):
        expected = " ".join(terminals)
        raise ValueError(f"device.ports = {list(ports)}: expected each of {expected} once, in the order of the file")


def _name(role: object, name: object) -> str:
    if not isinstance(name, str) or not name or len(name) > _LONGEST or any(not sign.isprintable() for sign in name):
        raise ValueError(f"{role} = {shown(name)}: expected the name of a terminal")
    if " " in name:
        raise ValueError(f"{role} = {shown(name)}: expected the name of a terminal, without blanks")
    return name
