"""What a solver simulates, as data: for each input line, the values that keys of the specification may take."""

from collections.abc import Mapping

from circuitsim.errors import SpecError
from circuitsim.spec.array import ArraySpec

Values = tuple[object, ...]
Abilities = Mapping[str, Mapping[str, Values]]
"""By `array.input_line`: "section.key" → the values simulated. A key that is not named may take any value."""


def unable(spec: ArraySpec, abilities: Abilities) -> tuple[str, object, Values] | None:
    """Return the first key that a solver does not simulate, with its value and those expected; None: it simulates all.

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
    """Refuse an array that a solver would not simulate as it is specified.

    Args:
        spec: The array.
        abilities: What the solver simulates.
        who: The solver, to stand in the sentence: "level = 'nodal'".
        instead: What to use in its place, where that is known.

    Raises:
        SpecError: Names the key, its value and those that the solver simulates.
    """
    missing = unable(spec, abilities)
    if missing is None:
        return
    key, value, expected = missing
    choices = " or ".join("no value" if choice is None else repr(choice) for choice in expected)
    raise SpecError(f"{key} = {value!r}: {who} does not simulate it, expected {choices}{instead}")
