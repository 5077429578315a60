"""What is known about one device: the frozen card made from a device folder or from a user's file."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from circuitsim.devices.citation import Citation
from circuitsim.devices.device_toml_statistics import StatisticsTable
from circuitsim.devices.parameters import Number, Parameter, Parameters, Text
from circuitsim.devices.pulses_table import PulsesTable
from circuitsim.spec.base import Part

OPEN = "nc_"
"""Beginning of the names of terminals that are left open."""

Kind = Literal["memory", "transistor"]
StateKind = Literal["conductance", "resistance", "analog", "binary", "capacitance"]
UpperEnd = Annotated[Number, Field(allow_inf_nan=True)]  # inf where the model has no limit


class State(Part):
    """What an array writes into a memory cell."""

    parameter: Text = Field(description="Sub-circuit parameter that holds the state")
    unit: Text = Field(description="Unit of that parameter")
    kind: StateKind = Field(
        description="'conductance': the parameter is the chord conductance at v_read; 'resistance': its inverse; "
        "'analog': a monotonic map of it, found through ngspice; 'binary': two values; 'capacitance': the parameter is "
        "a capacitance"
    )
    minimum: Number = Field(description="Smallest value of the parameter [unit]")
    maximum: UpperEnd = Field(description="Largest value of the parameter [unit]; inf: no limit")
    g_min: Number = Field(description="Smallest chord conductance at v_read [S], or capacitance [F]")
    g_max: UpperEnd = Field(description="Largest chord conductance at v_read [S], or capacitance [F]; inf: no limit")
    v_read: Number = Field(description="Voltage across the device (te to be, or d to s) at which that range holds [V]")
    v_max: Number | None = Field(
        default=None, gt=0, description="Largest |voltage| across the device at which its read model holds [V]"
    )
    source: Text = Field(description="Where the range comes from")
    bias: Mapping[str, Number] = Field(
        default_factory=dict, description="Voltage of the other terminals during that read [V]"
    )

    @field_validator("maximum", "g_max")
    @classmethod
    def _check(cls, high: float, info: ValidationInfo) -> float:
        name = {"maximum": "minimum", "g_max": "g_min"}[str(info.field_name)]
        low = info.data.get(name, -math.inf)
        if not high > low:  # also refuses NaN
            raise ValueError(f"got {high:g}, expected more than {name} = {low:g}")
        return high


def _words(text: object) -> object:
    return tuple(text.split()) if isinstance(text, str) else text


class Dynamic(Part):
    """The switching form of a memory: its state is a node of the circuit."""

    model_config = ConfigDict(populate_by_name=True)

    subckt: Text = Field(description="Sub-circuit in the same file")
    ports: Annotated[tuple[str, ...], BeforeValidator(_words, json_schema_input_type=str)] = Field(
        description="Its terminals, separated by blanks; on `st` 1 V is one `unit` of the state"
    )
    parameter: Text = Field(
        alias="state", description="Parameter with the state at the start of a transient, from minimum to maximum"
    )
    unit: Text = Field(description="Unit of the state")
    minimum: Number = Field(description="Smallest state [unit]")
    maximum: Number = Field(description="Largest state [unit]")
    parameters: Parameters = Field(default_factory=dict, description="Its other parameters")


class Temperature(Part):
    """How a device depends on temperature, and the range in which its card was run."""

    law: Text = Field(description="The law in words")
    source: Text = Field(description="Where it comes from")
    min_c: Number = Field(description="Lowest temperature [°C]")
    max_c: Number = Field(description="Highest temperature [°C]")


@dataclass(frozen=True)
class Card:
    """A device that a netlist can instantiate: from a device folder, or from a user's file.

    Attributes:
        name: Name of the folder, or of the user's sub-circuit.
        kind: "memory" or "transistor".
        folder: Folder of the card, or of the user's file.
        lib: SPICE file with the sub-circuit, absolute.
        sections: Sections of `lib` that are read (`.lib FILE SECTION`); empty: what stands outside of sections.
        corners: Sections that a shipped card has, the default first; empty when it has none.
        subckt: Name of the sub-circuit.
        ports: What its terminals are, in their order: `te be` (memory), `d g s b` (transistor), or others.
        state: What an array writes (memories), None for transistors.
        dynamic: The form that switches, None when the card only reads.
        parameters: Sub-circuit parameters besides the state and w, l; overrides of a specification are already in.
        model_parameters: Parameters of the `.model` lines that are stated one by one; not settable per instance.
        ohmic: True when i = g·v exactly.
        temperature: Temperature law and range.
        deck_scale: Value of `.option scale` that the file sets for the whole deck, 1 when it sets none: w and l are
            written in units of `deck_scale` metres.
        not_modelled: What the card leaves out.
        measured: Bench values (`[measured.NAME]`): value, unit, condition.
        statistics: The `[statistics]` table, used through `circuitsim.devices.statistics`; None when it has none.
        header: The header of the SPICE file, as written.
        pulses: The `[pulses]` table, used through `devices.stated_pulse_response`; None when it has none.
        citations: What it takes values or equations from, in fields.
    """

    name: str
    kind: Kind
    title: str
    folder: Path
    lib: Path
    sections: tuple[str, ...]
    corners: tuple[str, ...]
    subckt: str
    ports: tuple[str, ...]
    state: State | None
    dynamic: Dynamic | None
    parameters: Mapping[str, Parameter]
    model_parameters: Mapping[str, Parameter]
    ohmic: bool
    temperature: Temperature
    source: str
    licence: str
    valid: str
    tested: str
    deck_scale: float
    not_modelled: tuple[str, ...]
    measured: Mapping[str, Parameter]
    statistics: StatisticsTable | None
    header: Mapping[str, str]
    pulses: PulsesTable | None = None
    citations: tuple[Citation, ...] = ()

    @property
    def include(self) -> str:
        """The lines that bring the sub-circuit into a deck."""
        if not self.sections:
            return f'.include "{self.lib}"'
        return "\n".join(f'.lib "{self.lib}" {section}' for section in self.sections)

    def instance(self, name: str, nodes: Mapping[str, str], values: Mapping[str, float | str]) -> str:
        """Write one instance line.

        Args:
            name: Element name, starting with x.
            nodes: Node of each terminal, by the card's port names.
            values: Parameters of this instance; a text is written as it is (for `{g}`).

        Raises:
            KeyError: A terminal has no node.
        """
        written = (f"{key}={value if isinstance(value, str) else repr(float(value))}" for key, value in values.items())
        return " ".join([name, *(nodes[port] for port in self.ports), self.subckt, *written])
