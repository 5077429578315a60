"""An array without the circuits around it."""

from typing import Literal

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
