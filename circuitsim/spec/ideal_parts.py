"""An array without the circuits around it."""

from typing import Literal, get_args

from circuitsim.errors import SpecError
from circuitsim.spec.arguments import checked
from circuitsim.spec.array import ArraySpec

Surroundings = Literal["driver", "sense", "adc"]
"""A part that may be a circuit."""


@checked
def with_ideal(spec: ArraySpec, *parts: Surroundings) -> ArraySpec:
    """Return an array with ideal parts in place of the circuits that it names for these sections.

    What does not describe the circuit stays: v_read, v_ref, the bits of converters. Parts that are ideal stay as they
    are.
    """
    circuits = [name for name in parts if getattr(spec, name).block is not None]
    ideal = {name: {"kind": type(getattr(spec, name)).DEFAULT_KIND} for name in circuits}
    return spec.replace(**ideal) if ideal else spec


@checked
def check_around_charges(spec: ArraySpec) -> None:
    """Refuse circuits around an array of capacitors: their tables know currents and voltages at rest, no charges.

    Raises:
        SpecError: Names the section and its circuit.
    """
    if spec.array.cell != "1c":
        return
    for name in get_args(Surroundings):
        part = getattr(spec, name)
        if part.block is not None:
            raise SpecError(
                f"{name}.{part.sources[0]} = {part.block!r} with array.cell = '1c': the output is a charge, and the "
                "tables of circuits know currents and voltages at rest; expected ideal parts around it"
            )
