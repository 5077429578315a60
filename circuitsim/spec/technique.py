"""Circuit techniques against the errors of an array."""

from pydantic import Field

from circuitsim.spec.base import Part, Positive


class TechniqueSpec(Part):
    """What is done besides drawing the array: `rows` and `cols` of [array] stay those of the matrix."""

    partition: tuple[int, int] | None = Field(
        default=None, description="Largest rows and columns of a sub-array; their outputs are added after sensing"
    )
    replicate_cols: int = Field(default=1, ge=1, description="Columns that hold each matrix column; outputs averaged")
    g_reference: Positive | None = Field(
        default=None, description="Conductance of a reference column whose output is subtracted from the others [S]"
    )
    dummy_rows: int = Field(default=0, ge=0, description="Rows without input at the top and at the bottom")
    dummy_cols: int = Field(default=0, ge=0, description="Columns without use at the left and at the right")
    g_dummy: Positive | None = Field(default=None, description="Conductance of dummy cells [S]; absent: device.g_min")
    skip_zero_rows: bool = Field(default=False, description="Gates of rows without input are off (input_line = 'bl')")

    @property
    def changes_size(self) -> bool:
        """The drawn arrays are not rows x cols."""
        return any((self.partition, self.replicate_cols > 1, self.g_reference, self.dummy_rows, self.dummy_cols))
