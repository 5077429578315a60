"""State what each level simulates, and reject arrays and arguments that a level cannot use."""

from typing import Literal

from circuitsim import behavioral, nodal
from circuitsim.errors import InputError, SpecError
from circuitsim.netlist import check_row_side, static_sense
from circuitsim.spec import Abilities, ArraySpec, Only, check_able, checked, unable

Level = Literal["ngspice", "nodal", "behavioral"]

_CODES = "a read of voltages has no codes, which circuitsim.convert_codes passes through circuits"
_IDEAL = {"driver.block": Only((None,), _CODES), "adc.block": Only((None,), _CODES)}

_COMPOSED = {("bl", "sense.block"), *((line, "driver.input_code") for line in ("bl", "wl", "string"))}
"""Keys that level "nodal" composes around the array solver, which takes inputs at rest and ideal amplifiers."""

_PULSED = {(line, "driver.input_code") for line in ("bl", "wl", "string")}
"""Keys that level "behavioral" composes around a tile: pulses are intervals of constant rows."""

CAN: dict[Level, Abilities] = {
    "ngspice": {line: {**_IDEAL} for line in ("bl", "wl", "string")},
    "nodal": {
        line: {key: values for key, values in keys.items() if (line, key) not in _COMPOSED}
        for line, keys in nodal.SIMULATES.items()
    },
    "behavioral": {
        line: {**{key: values for key, values in keys.items() if (line, key) not in _PULSED}, **_IDEAL}
        for line, keys in behavioral.SIMULATES.items()
    },
}
"""For each level and input line: the keys that the level restricts, and the values that it simulates."""

_ENDS = ("driver", "sense")
CAN_IN_TIME: dict[Level, Abilities] = {
    "ngspice": {
        line: {f"{part}.block": Only((None,), "a read in time has ideal edges and terminals") for part in _ENDS}
        for line in ("bl", "wl", "string")
    },
    "nodal": nodal.SETTLES,
}
"""The same for reads in time, `solve_in_time`."""


@checked
def check_can(spec: ArraySpec, level: Level) -> None:
    """Reject an array that a level does not simulate as specified.

    Raises:
        SpecError: The level does not simulate this array. The message names the key, its value, the values that the
            level simulates, and the levels that simulate the array.
    """
    for section in ("driver", "adc"):
        part = getattr(spec, section)
        if part.block is not None:
            raise SpecError(
                f"{section}.{part.sources[0]} = {part.block!r}: level = {level!r} does not simulate it in reads of "
                "voltages; codes pass through it by circuitsim.convert_codes or `circuitsim solve --codes FILE`, at "
                "level 'ngspice' (one deck of all) or 'nodal' (its table)"
            )
    others = [repr(other) for other, abilities in CAN.items() if unable(spec, abilities) is None]
    instead = f"; level = {' or '.join(others)} does" if others else "; no level does yet"
    check_able(spec, CAN[level], f"level = {level!r}", instead=instead)
    _check_sense(spec)


def _check_sense(spec: ArraySpec) -> None:
    """Reject a circuit in [sense] that works in phases or takes other currents, or outputs that a technique adds."""
    sense = static_sense(spec)
    if sense is None:
        return
    if spec.array.input_line != "bl":
        check_row_side(spec, below=sense.polarity == "out_of")
    technique = spec.technique
    given = {
        "partition": technique.partition is not None,
        "replicate_cols": technique.replicate_cols > 1,
        "g_reference": technique.g_reference is not None,
    }
    for key, used in given.items():
        if used:
            raise SpecError(
                f"technique.{key} adds the currents of several columns, and sense.{spec.sense.sources[0]} = "
                f"{spec.sense.block!r} puts out voltages; remove one of them"
            )


def refuse_unused(level: str, given: dict[str, object], taker: str) -> None:
    """Reject arguments that a level would ignore."""
    for name, value in given.items():
        if value is not None:
            raise InputError(f"{name} is given, but level = {level!r} does not use it: expected level = {taker}")
