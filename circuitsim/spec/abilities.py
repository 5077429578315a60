"""What a solver simulates and what a read feels, as data about the keys of the specification."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from circuitsim.errors import InputError, SpecError
from circuitsim.spec.array import ArraySpec
from circuitsim.spec.complaints import shown
from circuitsim.spec.mapping import MappingSpec
from circuitsim.spec.periphery import AdcSpec


@dataclass(frozen=True)
class Only:
    """The values of a key that a solver simulates.

    Attributes:
        values: The accepted values.
        because: Why no others, as a clause that follows them: "a string's cells share one current".
    """

    values: tuple[object, ...]
    because: str


Abilities = Mapping[str, Mapping[str, Only]]
"""The accepted values of each "section.key", by `array.input_line`. A key that is not listed may have any value;
"driver.block" stands for the circuit that a part names."""

BLOCK = "block"
"""Of a driver, sense amplifier or ADC: the name of its circuit, None if it is ideal; the user writes model, folder or
file."""

CONVERTERS = {"driver.dac_bits": "the DAC", **{f"adc.{name}": "the ADC" for name in AdcSpec.model_fields}}
"""Keys that only reads from code to code feel, and the part that they describe."""

NETWORK = {f"mapping.{name}": "the mapping of a network" for name in MappingSpec.model_fields}
"""Keys that only the evaluation of a network feels."""

SPREAD = {"access.a_vt": "the spread of transistors", "access.a_beta": "the spread of transistors"}
"""Keys that only Monte Carlo feels."""

IN_TIME = {
    "driver.t_read": "the duration of a read",
    "driver.t_rise": "the edge of an input",
    **{f"wire.{name}": "the capacitance of wires" for name in ("c_row", "c_col", "c_bl")},
}
"""Keys that only reads in time feel: those whose output is a charge."""

_OF_ROWS = ("r_row", "row", "taper_row", "tc_row", "strap_row", "row_drive", "first_row_segment")
GATE_WIRES = {f"wire.{name}": "the wires of gates" for name in _OF_ROWS}
"""Keys of rows that are word lines: no current flows into gates at rest."""


def unfelt(spec: ArraySpec, key: str) -> str | None:
    """Return what a key describes if the output of one read, as `circuitsim.solve` returns it, does not depend on it.

    Args:
        spec: The array.
        key: Section and key, joined by a dot.

    Returns:
        The part that the key describes; None if the output depends on the key, or if the key is unknown.
    """
    charge = spec.array.cell == "1c" or spec.driver.input_code == "pulse_width"
    coding = {} if charge else {"driver.input_code": "how codes become reads"}
    gates = GATE_WIRES if spec.array.input_line != "bl" else {}
    return (CONVERTERS | NETWORK | SPREAD | coding | ({} if charge else IN_TIME | gates)).get(key)


def charges_rows(spec: ArraySpec) -> bool:
    """Tell whether inputs are pulses on bit lines along rows, whose edges take energy with the capacitance of rows."""
    return spec.driver.input_code == "pulse_width" and spec.array.input_line == "bl"


def with_values(spec: ArraySpec, key: str, values: Sequence[Any]) -> list[ArraySpec]:
    """Return the specification with each value of one key.

    Args:
        spec: The array.
        key: Section and key, joined by a dot, for example "array.temperature_c".
        values: Values of the key; the scalars of NumPy are ordinary values.

    Raises:
        InputError: `key` is not of the form section.key, or there are no values.
        SpecError: The key does not exist, or a value cannot be used.
    """
    section, point, name = key.partition(".")
    known = [field for field in type(spec).model_fields if field != "schema_version"]
    if not point or section not in known or len(values) == 0:
        raise InputError(
            f"key = {key!r} with {len(values)} values, expected section.key such as 'array.temperature_c', and values"
        )
    return [spec.replace(**{section: {name: value}}) for value in values]


def unable(spec: ArraySpec, abilities: Abilities) -> tuple[str, object, Only] | None:
    """Return the first key that a solver does not simulate, its value and the values that it accepts; None if none.

    Args:
        spec: The array.
        abilities: What the solver simulates.
    """
    line = spec.array.input_line
    if line not in abilities:
        return "array.input_line", line, Only(tuple(abilities), "it follows no other line of the input")
    for key, expected in abilities[line].items():
        section, _, name = key.partition(".")
        part = getattr(spec, section)
        value = getattr(part, name)
        if value not in expected.values:
            return f"{section}.{part.sources[0]}" if name == BLOCK else key, value, expected
    return None


def check_able(spec: ArraySpec, abilities: Abilities, who: str, *, instead: str = "") -> None:
    """Refuse an array that a solver cannot simulate as specified.

    Args:
        spec: The array.
        abilities: What the solver simulates.
        who: The solver, as the message names it: "level = 'nodal'".
        instead: End of the message that says what to use instead; empty if nothing is known.

    Raises:
        SpecError: The solver does not simulate a value; the message names the key, the accepted values and the reason.
    """
    obstacle = unable(spec, abilities)
    if obstacle is None:
        return
    key, value, expected = obstacle
    choices = " or ".join("no value" if choice is None else repr(choice) for choice in expected.values)
    said = f"{who} does not simulate it, expected {choices} ({expected.because}){instead}"
    raise SpecError(f"{key} = {shown(value)}: {said}")
