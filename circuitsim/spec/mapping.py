"""How the numbers of a network become conductances and inputs."""

from typing import Literal

from pydantic import Field

from circuitsim.spec.base import Part


class MappingSpec(Part):
    """Signed weights on conductances, signed inputs on voltages."""

    weights: Literal["differential"] = Field(
        default="differential", description="Signed weights: two columns, subtracted"
    )
    inputs: Literal["two_phase", "unsigned"] = Field(
        default="two_phase", description="Signed inputs: positive and negative parts one after the other"
    )
    bits_per_cell: Literal["analog"] = Field(default="analog", description="Levels per cell")
