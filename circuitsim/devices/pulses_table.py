"""`[pulses]` of a device card: what identical write pulses do to the conductance."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from circuitsim.devices.parameters import FitQuality, Number, Parameter, Text
from circuitsim.spec.base import Part

Row = Annotated[tuple[Number, ...], Field(min_length=2)]


class PulsesTable(Part):
    """Steps of up and down pulses over the conductance, with what a source says of noise, spread and wear."""

    g: Row = Field(description="Conductances of the table, rising; first and last are the bounds [S]")
    up: Row = Field(description="Mean change by an up pulse at each [S]")
    down: Row = Field(description="Mean change by a down pulse at each, 0 or below [S]")
    source: Text = Field(description="Paper and figure, or file, that the steps come from")
    fit: FitQuality = Field(description="Quality of the fit")
    write_noise: Parameter | None = Field(default=None, description="Standard deviation of one step over its mean [1]")
    step_spread: Parameter | None = Field(default=None, description="Standard deviation of steps over devices [1]")
    bound_spread: Parameter | None = Field(
        default=None, description="Standard deviation of each bound over devices, in parts of the range [1]"
    )
    endurance: Parameter | None = Field(default=None, description="Pulses until a cell no longer responds [1]")
    energy: Parameter | None = Field(default=None, description="Energy of a pulse [J]")
    duration: Parameter | None = Field(default=None, description="Time of a pulse [s]")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not len(self.g) == len(self.up) == len(self.down):
            raise ValueError(f"g, up, down have {len(self.g)}, {len(self.up)}, {len(self.down)} values, expected equal")
        return self
