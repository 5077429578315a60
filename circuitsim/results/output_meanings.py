"""What each output of a solution means, as its file states it: axes, unit, words."""

from dataclasses import dataclass

from circuitsim.results.solution_files import BALANCE, CERTIFIED, FIELDS


@dataclass(frozen=True)
class OutputMeaning:
    """An output of a solution.

    Attributes:
        name: Its name in `solution.nc`.
        axes: Its axes.
        unit: Its unit; "1" for a pure number.
        meaning: What it is.
    """

    name: str
    axes: tuple[str, ...]
    unit: str
    meaning: str


def output_meanings() -> tuple[OutputMeaning, ...]:
    """Return every output that `save_solution` may write, the outputs of columns first."""
    return (
        OutputMeaning(
            "out", ("batch", "col"), "A", "output, positive into the sense amplifier; C where it is a charge"
        ),
        *(OutputMeaning(name, axes, unit, meaning) for name, (axes, unit, meaning) in FIELDS.items()),
        *(OutputMeaning(name, ("batch",), "1", meaning) for name, meaning in BALANCE.items()),
        *(OutputMeaning(name, (), unit, meaning) for name, (_, unit, meaning) in CERTIFIED.items()),
    )
