"""What a solver simulates, as data: the values that it accepts for keys of the specification."""

from collections.abc import Mapping

from circuitsim.errors import SpecError
from circuitsim.spec.array import ArraySpec

Values = tuple[object, ...]
Abilities = Mapping[str, Mapping[str, Values]]
"""The accepted values of each "section.key", by `array.input_line`. A key that is not listed may have any value."""


def unable(spec: ArraySpec, abilities: Abilities) -> tuple[str, object, Values] | None:
    """Return the first key that a solver does not simulate, its value and the accepted values; None if there is none.

    Args:
        spec: The array.
        abilities: What the solver simulates.
    """
    line = spec.array.input_line
    if line not in abilities:
        return "array.input_line", line, tuple(abilities)
    for key, expected in abilities[line].items():
        section, _, name = key.partition(".")
        value = getattr(getattr(spec, section), name)
        if value not in expected:
            return key, value, expected
    return None


def check_able(spec: ArraySpec, abilities: Abilities, who: str, *, instead: str = "") -> None:
    """Refuse an array that a solver cannot simulate as specified.

    Args:
        spec: The array.
        abilities: What the solver simulates.
        who: The solver, as the message names it: "level = 'nodal'".
        instead: End of the message that says what to use instead; empty if nothing is known.

    Raises:
        SpecError: The solver does not simulate a value; the message names the key and the accepted values.
    """
    obstacle = unable(spec, abilities)
    if obstacle is None:
        return
    key, value, expected = obstacle
    choices = " or ".join("no value" if choice is None else repr(choice) for choice in expected)
    raise SpecError(f"{key} = {value!r}: {who} does not simulate it, expected {choices}{instead}")
