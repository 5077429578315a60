"""Circuit techniques that reduce the errors of an array."""

from typing import Self

from pydantic import Field, model_validator

from circuitsim.spec.base import Part, Switch, Whole
from circuitsim.spec.dimensions import Conductance


class TechniqueSpec(Part):
    """Circuit techniques; `rows` and `cols` of [array] remain the size of the matrix."""

    partition: tuple[Whole, Whole] | None = Field(
        default=None,
        examples=[[32, 32]],
        description="Largest numbers of rows and columns of a sub-array; outputs of sub-arrays are added after sensing",
    )
    replicate_cols: Whole = Field(
        default=1, ge=1, le=1024, description="Number of columns for each matrix column; their outputs are averaged"
    )
    g_reference: Conductance | None = Field(
        default=None,
        examples=["50u"],
        description="Conductance of a reference column whose output is subtracted from the others [S]",
    )
    dummy_rows: Whole = Field(
        default=0, ge=0, le=1024, description="Number of rows without input at the top, and at the bottom"
    )
    dummy_cols: Whole = Field(
        default=0, ge=0, le=1024, description="Number of unused columns at the left, and at the right"
    )
    g_dummy: Conductance | None = Field(
        default=None, description="Conductance of dummy cells [S]; absent: device.g_min"
    )
    skip_zero_rows: Switch = Field(
        default=False, description="Switch off the gates of rows without input (input_line = 'bl')"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.g_dummy is not None and not (self.dummy_rows or self.dummy_cols):
            raise ValueError(
                f"g_dummy = {self.g_dummy:g} S has no effect without dummies: expected dummy_rows or dummy_cols >= 1"
            )
        return self

    @property
    def changes_size(self) -> bool:
        """True if the arrays of the layout are not rows x cols."""
        return any((self.partition, self.replicate_cols > 1, self.g_reference, self.dummy_rows, self.dummy_cols))
