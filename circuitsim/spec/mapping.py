"""How the numbers of a network become conductances and inputs."""

from typing import Annotated, Literal

from pydantic import Field

from circuitsim.spec.base import Part, reserved


class MappingSpec(Part):
    """Signed weights on conductances, signed inputs on voltages."""

    weights: Literal["differential", "offset"] = Field(
        default="differential",
        description="Signed weights: 'differential': two columns, subtracted; 'offset': one column about the middle of "
        "the range, g = (g_min + g_max)/2 + w/w_max · (g_max − g_min)/2, the middle times the sum of the inputs "
        "subtracted digitally",
    )
    inputs: Annotated[Literal["two_phase", "unsigned"], reserved("differential", "offset")] = Field(
        default="two_phase", description="Signed inputs: positive and negative parts one after the other"
    )
    bits_per_cell: Literal["analog"] = Field(default="analog", description="Levels per cell")
