"""What no circuit has: one range for each physical dimension, so that a forgotten suffix is refused when it is read."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from circuitsim.spec.base import Positive, Quantity, SpiceName
from circuitsim.spec.frozen_mapping import FrozenMapping
from circuitsim.units import SUFFIX, format_quantity


@dataclass(frozen=True)
class Dimension:
    """The range of a quantity in any circuit, generous by orders of magnitude on both sides.

    Attributes:
        unit: Its unit.
        largest: Largest magnitude [unit].
        smallest: Smallest magnitude besides 0 [unit].
        usual: Suffixes that such values usually have; the first is proposed in place of none.
    """

    unit: str
    largest: float
    smallest: float = 0.0
    usual: str = ""

    @property
    def words(self) -> str:
        """The range, as the reference states it."""
        low = f"{self.smallest:g} to " if self.smallest else "up to "
        return f"{low}{self.largest:g} {self.unit}"


DIMENSIONS = {
    each.unit: each
    for each in (
        Dimension("m", 0.01, 1e-11, "u"),  # a tenth of an atom to the side of a chip
        Dimension("ohm", 1e15),  # a line that floats
        Dimension("ohm m", 1.0, 1e-12, "u"),
        Dimension("F", 1e-4, usual="f"),  # a capacitor on a board
        Dimension("S", 10.0, usual="u"),
        Dimension("V", 1e3, usual="m"),  # far beyond programming voltages
        Dimension("A", 1e3, usual="u"),
        Dimension("s", 5.0, 1e-16, "n"),  # a read of slow organic cells
        Dimension("1/K", 1.0, usual="u"),
        Dimension("V m", 1e-5, usual="n"),
    )
}
"""The range of each unit; values of other units are not judged."""


def beyond_circuits(value: float, unit: str) -> str:
    """Say in a clause what is wrong with a value that no circuit has; empty if it may be one, or the unit is unknown.

    Args:
        value: The value [unit].
        unit: One of `DIMENSIONS`; others are not judged.
    """
    known = DIMENSIONS.get(unit)
    return "" if known is None else _beyond(value, known)


def _beyond(value: float, known: Dimension) -> str:
    unit = known.unit
    if value == 0 or known.smallest <= abs(value) <= known.largest:
        return ""
    written = f"{value:g} {unit}"
    if " " not in unit and "/" not in unit and (other := format_quantity(value, unit)) != written:
        written += f" ({other})"
    said = f"{written}, which no circuit has; expected {known.words}"
    usual = value * SUFFIX.get(known.usual, 1.0)
    fits = known.usual and abs(value) > known.largest and known.smallest <= abs(usual) <= known.largest
    return f"{said}; did you mean '{value:g}{known.usual}'?" if fits else said


def of_dimension(
    unit: str, largest: Callable[[Any], float] = float, *, down_to_zero: bool = False
) -> tuple[AfterValidator, Dimension]:
    """Return what an annotation takes to refuse values of a unit that no circuit has, and to document the range.

    Args:
        unit: One of `DIMENSIONS`.
        largest: Gives the number to judge by, of a value that holds several.
        down_to_zero: The quantity may be as small as one likes, although others of its unit may not.
    """
    known = replace(DIMENSIONS[unit], smallest=0.0) if down_to_zero else DIMENSIONS[unit]

    def check(value: Any) -> Any:
        if said := _beyond(largest(value), known):
            raise ValueError(f"got {said}")
        return value

    return AfterValidator(check), known


Length = Annotated[Positive, *of_dimension("m")]
Resistance = Annotated[Quantity, Field(ge=0), *of_dimension("ohm")]
PositiveResistance = Annotated[Positive, *of_dimension("ohm")]
Resistivity = Annotated[Positive, *of_dimension("ohm m")]
Conductance = Annotated[Positive, *of_dimension("S")]
Voltage = Annotated[Quantity, *of_dimension("V")]
PositiveVoltage = Annotated[Positive, *of_dimension("V")]
Current = Annotated[Positive, *of_dimension("A")]
Duration = Annotated[Positive, *of_dimension("s")]
Durations = Annotated[dict[SpiceName, Annotated[Quantity, *of_dimension("s")]], AfterValidator(FrozenMapping)]
PerKelvin = Annotated[Quantity, *of_dimension("1/K")]
