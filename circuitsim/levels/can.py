"""State what each level simulates, and reject arrays and arguments that a level cannot use."""

from typing import Literal

from circuitsim import behavioral, nodal
from circuitsim.errors import InputError
from circuitsim.spec import Abilities, ArraySpec, check_able, checked, unable

Level = Literal["ngspice", "nodal", "behavioral"]

CAN: dict[Level, Abilities] = {
    "ngspice": {"bl": {}, "wl": {}, "string": {}},
    "nodal": nodal.SIMULATES,
    "behavioral": behavioral.SIMULATES,
}
"""For each level and input line: the keys that the level restricts, and the values that it simulates."""


@checked
def check_can(spec: ArraySpec, level: Level) -> None:
    """Reject an array that a level does not simulate as specified.

    Raises:
        SpecError: The level does not simulate this array. The message names the key, its value, the values that the
            level simulates, and the levels that simulate the array.
    """
    others = [repr(other) for other, abilities in CAN.items() if unable(spec, abilities) is None]
    check_able(spec, CAN[level], f"level = {level!r}", instead=f"; level = {' or '.join(others)} does")


def refuse_unused(level: str, given: dict[str, object], taker: str) -> None:
    """Reject arguments that a level would ignore."""
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name} is given, but level = {level!r} does not use it: expected level = {taker}")
