"""What each level simulates and which arguments it takes: the only place that compares the levels."""

from typing import Any, Literal

from circuitsim import behavioral, nodal
from circuitsim.devices import device_card
from circuitsim.errors import InputError, SpecError
from circuitsim.netlist import cell_text
from circuitsim.spec import Abilities, ArraySpec, check_able, unable

Level = Literal["ngspice", "nodal", "behavioral"]

CAN: dict[Level, Abilities] = {
    "ngspice": {"bl": {}, "wl": {}, "string": {}},
    "nodal": nodal.SIMULATES,
    "behavioral": behavioral.SIMULATES,
}
"""By level and input line: the keys of a specification that it cannot take with any value, and the values it can."""

FINDS_STATES: Level = "ngspice"
"""The level that takes devices which store something else than their conductance: it finds their states first."""


def check_can(spec: ArraySpec, level: Level) -> None:
    """Refuse an array that a level would not simulate as it is specified; name the levels that do.

    Raises:
        SpecError: Names the key, its value, what the level expects, and the levels that simulate it.
    """
    stores_g = cell_text(spec).takes_g
    others = [
        repr(other)
        for other, abilities in CAN.items()
        if unable(spec, abilities) is None and (stores_g or other == FINDS_STATES)
    ]
    instead = f"; level = {' or '.join(others)} does"
    check_able(spec, CAN[level], f"level = {level!r}", instead=instead)
    if not stores_g and level != FINDS_STATES:
        raise SpecError(
            f"the device {device_card(spec).name!r} stores something else than its conductance: level = {level!r} does "
            f"not simulate it, expected a device that takes its conductance{instead}"
        )


def refuse_unused(level: str, given: dict[str, object], taker: str) -> None:
    """Refuse arguments that a level would ignore."""
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name} is given, but level = {level!r} does not use it: expected level = {taker}")


def expect_type(name: str, value: object, *types: Any, made_by: str = "") -> None:
    """Refuse an argument of another type: a path in place of what was read from it, say."""
    if not isinstance(value, types):
        expected = f"what {made_by} returns" if made_by else " or ".join(kind.__name__ for kind in types)
        raise InputError(f"{name} is of type {type(value).__name__}: expected {expected}")
