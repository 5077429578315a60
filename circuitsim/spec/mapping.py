"""How the numbers of a network become conductances and inputs."""

from typing import Annotated, Literal

from pydantic import Field

from circuitsim.spec.base import Part, reserved


class MappingSpec(Part):
    """How conductances represent signed weights, and inputs of the array signed activations."""

    weights: Literal["differential", "offset"] = Field(
        default="differential",
        description="Signed weights. 'differential': difference of two columns. 'offset': one column around the middle "
        "of the range, g = (g_min + g_max)/2 + w/w_max · (g_max − g_min)/2; the middle times the sum of the inputs is "
        "subtracted digitally",
    )
    inputs: Annotated[Literal["two_phase", "unsigned"], reserved("differential", "offset")] = Field(
        default="two_phase",
        description="Signed inputs. 'two_phase': positive and negative parts one after the other. 'unsigned': a "
        "negative input is an error",
    )
    bits_per_cell: Literal["analog"] = Field(
        default="analog", description="Levels per cell; 'analog': any conductance from g_min to g_max"
    )
    digital: tuple[str, ...] | None = Field(
        default=None, description="Names of the layers of a network that stay digital; absent: none"
    )
