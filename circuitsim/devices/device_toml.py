"""The file `device.toml`: every key that a device may state, checked when it is read."""

from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, Strict, model_validator

from circuitsim.devices.card import Dynamic, Kind, State, Temperature
from circuitsim.devices.citation import Citation
from circuitsim.devices.device_toml_statistics import StatisticsTable
from circuitsim.devices.parameters import Parameters, Text
from circuitsim.devices.pulses_table import PulsesTable
from circuitsim.spec.base import Part
from circuitsim.spec.cards import read_card

Texts = Annotated[tuple[Text, ...], Field(min_length=1)]


class DeviceToml(Part):
    """A device besides its SPICE file: numbers with unit and source, range, temperature law, what is left out."""

    model_config = ConfigDict(populate_by_name=True, title="circuitsim device")

    schema_version: Literal[1] = Field(alias="schema", description="Version of this format")
    kind: Kind = Field(description="A 'memory' has a [state]")
    title: Text = Field(description="One line that says what the device is")
    ohmic: Annotated[bool, Strict()] = Field(default=False, description="i = g v exactly")
    subckt: Text | None = Field(default=None, description="Name of the sub-circuit; absent: the name of the folder")
    corners: Texts | None = Field(default=None, description="Sections of model.lib, the default first; absent: none")
    not_modelled: Texts = Field(description="What the card leaves out")
    state: State | None = Field(default=None, description="What an array writes; memories only")
    dynamic: Dynamic | None = Field(default=None, description="The form that switches")
    parameters: Parameters = Field(
        default_factory=dict, description="Parameters of the sub-circuit besides the state and w, l"
    )
    model_parameters: Parameters = Field(
        default_factory=dict, description="Parameters of the .model lines; not settable per instance"
    )
    temperature: Temperature
    measured: Parameters = Field(default_factory=dict, description="Values of the bench")
    statistics: StatisticsTable | None = None
    pulses: PulsesTable | None = Field(default=None, description="What identical write pulses do")
    citations: tuple[Citation, ...] = Field(default=(), description="Publications and programs that it takes from")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.kind == "memory" and self.state is None:
            raise ValueError("[state] is missing: kind = 'memory' needs it")
        if self.kind == "transistor" and self.state is not None:
            raise ValueError("[state] is given, but kind = 'transistor' stores nothing")
        return self


def read_device_toml(path: Path) -> DeviceToml:
    """Read and check the file.

    Raises:
        InputError: It is missing or is no TOML, or a key is unknown or missing or its value cannot be used; the
            sentence names file, key, value and expectation.
    """
    return read_card(path, DeviceToml, "the parameters of a device")


def device_json_schema() -> dict[str, Any]:
    """JSON Schema of `device.toml`, for editors that complete and check TOML."""
    return DeviceToml.model_json_schema(by_alias=True)
