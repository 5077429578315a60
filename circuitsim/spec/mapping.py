"""How the numbers of a network become conductances and inputs."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from circuitsim.spec.base import Part, Quantity, Whole, whole

MOST_PER_CELL = 8  # bits: 256 levels
MOST_COPIES = 8  # the last uses two thirds of the range
MOST_BITS = 16  # of a weight's magnitude; float32 networks round to 24


def _levels(value: object) -> object:
    """The word analog, or a whole number of bits."""
    if value == "analog":
        return value
    bits = whole(value)
    if not 1 <= bits <= MOST_PER_CELL:
        raise ValueError(f"{bits}, expected 'analog', or 1 to {MOST_PER_CELL} bits")
    return bits


class MappingSpec(Part):
    """How conductances represent signed weights, and inputs of the array signed activations."""

    weights: Literal["differential", "offset", "reference"] = Field(
        default="differential",
        description="Signed weights. 'differential': difference of two columns. 'offset': one column around the middle "
        "of the range, g = (g_min + g_max)/2 + w/w_max · (g_max − g_min)/2; the middle times the sum of the inputs is "
        "subtracted digitally. 'reference': the same, and one column of each tile at the middle is subtracted",
    )
    inputs: Literal["two_phase", "differential", "offset", "unsigned"] = Field(
        default="two_phase",
        description="Signed inputs. 'two_phase': positive and negative parts one after the other. 'differential': two "
        "rows for each input, the positive part on w and the negative one on −w, in one read. 'offset': each input "
        "about the middle of the range, in one read; what the middle gives is subtracted digitally. 'unsigned': a "
        "negative input is an error",
    )
    bits_per_cell: Annotated[Literal["analog"] | int, BeforeValidator(_levels)] = Field(
        default="analog",
        description="'analog': any conductance from g_min to g_max. A number of bits [bit]: so many levels, evenly "
        "spaced; weights of more bits are cut into slices, a pair of columns each, weighted and added digitally",
    )
    weight_bits: Annotated[Whole, Field(ge=1, le=MOST_BITS)] | None = Field(
        default=None, description="Bits of a weight's magnitude, without its sign [bit]; absent: bits_per_cell"
    )
    copies: Annotated[Whole, Field(ge=1, le=MOST_COPIES)] | None = Field(
        default=None,
        examples=[2],
        description="Copies of each output's columns, averaged digitally after the ADC; absent: 1. Copies of analog "
        "weights use 1, 0.95, 0.90 … of the range, so that they round differently",
    )
    scale: Literal["layer", "tile", "column"] | None = Field(
        default=None,
        examples=["column"],
        description="Which weights share one scale: the largest of them takes the whole range of conductances, and the "
        "digital side undoes it. 'column': those of one output in a tile; absent: 'layer'",
    )
    crosstalk: Annotated[Quantity, Field(ge=0, le=1)] | None = Field(
        default=None,
        examples=[0.03],
        description="Largest crosstalk between groups of a convolution that share a tile, as a fraction of the signal, "
        "all neighbours at full scale [1]; sets how many share one. 0: every group has its own tiles; absent: 0.03",
    )
    digital: tuple[str, ...] | None = Field(
        default=None, description="Names of the layers of a network that stay digital; absent: none"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.bits_per_cell == "analog":
            if self.weight_bits is not None:
                raise ValueError(
                    f"weight_bits = {self.weight_bits} has no effect with bits_per_cell = 'analog': expected a number"
                    " of bits per cell"
                )
        elif self.weights != "differential":
            raise ValueError(
                f"bits_per_cell = {self.bits_per_cell} with weights = {self.weights!r}: expected weights ="
                " 'differential', whose slices are pairs of columns"
            )
        elif self.weight_bits is not None and self.weight_bits < self.bits_per_cell:
            raise ValueError(
                f"weight_bits = {self.weight_bits} is less than bits_per_cell = {self.bits_per_cell}: a cell would have"
                " levels that no weight takes; expected at least as many"
            )
        if self.crosstalk is not None and self.crosstalk > 0 and self.weights != "differential":
            raise ValueError(
                f"crosstalk = {self.crosstalk:g} has no effect with weights = {self.weights!r}: groups share tiles only"
                " where the two columns of a pair cancel the current of their neighbours; expected 0, or weights ="
                " 'differential'"
            )
        return self
