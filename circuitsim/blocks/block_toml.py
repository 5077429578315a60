"""Read a `block.toml`: the card of a driver, a sense amplifier or a converter."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from circuitsim.blocks.phase_times import check_expression
from circuitsim.devices.parameters import Number, Parameter, Parameters, Text
from circuitsim.spec.base import Part
from circuitsim.spec.block import PHASES, RAILS
from circuitsim.spec.cards import read_card
from circuitsim.spec.terminals import terminal_map

BlockKind = Literal["driver", "sense", "converter"]
Polarity = Literal["into", "out_of", "both"]
Output = Literal["voltage", "current", "bits", "count", "time", "frequency"]
"""Quantity at `out`.

Of a converter: "count" is v(out) in volts; "time" the moment at which v(out) crosses 0.5 V, counted by a clock of the
period `t_clock` from the start of the phase "convert" on; "frequency" that of v(out), counted for `t_count`.
"""

ROLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "driver": (("out",), ("in", "bits", "ref", "low", "vdd", "vss", PHASES)),
    "sense": (("in", "out"), ("ref", "vdd", "vss", PHASES)),
    "converter": (("in",), ("out", "bits", "ref", "low", "cm", "plus", "minus", "shared", "vdd", "vss", PHASES)),
}
"""Roles of terminals by the kind of a block: those that it needs, and those that it may have besides.

in, out: what it takes and what it gives. bits: the digital word, "bits.0" the lowest. ref, low: reference voltages, the
upper and the lower one; `ref` of a sense amplifier is where it holds the column. cm: common mode. plus, minus: inputs
of the comparator of a converter with bits, to be measured; without minus it compares with cm. shared: a node that all
columns share. vdd, vss: supply. phases: clocks by name.
"""


INTEGRATE = "integrate"
"""Phase of a sense amplifier in which the column current counts."""


class Span(Part):
    """A nominal value and the range in which a block works."""

    nominal: Number = Field(description="Value at which the block was designed [unit]")
    minimum: Number = Field(description="Smallest value [unit]")
    maximum: Number = Field(description="Largest value [unit]")
    source: Text = Field(description="Where the range comes from")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.minimum <= self.nominal <= self.maximum:
            raise ValueError(
                f"nominal = {self.nominal:g}: expected a value between minimum = {self.minimum:g} and maximum = "
                f"{self.maximum:g}"
            )
        return self


class InputRange(Part):
    """What a converter takes, where it is not a voltage between `low` and `ref`."""

    quantity: Literal["voltage", "current"] = Field(description="Quantity at `in`; a current flows into the converter")
    minimum: Number = Field(description="Smallest input [V] or [A]")
    maximum: Number = Field(description="Largest input [V] or [A]")
    source: Text = Field(description="Where the range comes from")

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.minimum < self.maximum:
            raise ValueError(f"minimum = {self.minimum:g}: expected less than maximum = {self.maximum:g}")
        return self


class Phase(Part):
    """When a clock input is on, and at 0 V otherwise, as expressions of the durations in [timing].

    In the phase of numbered terminals, `k` is the number and `n` how many there are.
    """

    start: Text = Field(description="Start, for example 't_sample + (n - 1 - k) * t_bit' [s]")
    width: Text = Field(description="Duration, for example 't_sample' [s]")
    what: Text = Field(description="What the block does in this phase")
    high: Number = Field(default=1.0, gt=0, description="Voltage of the input while the phase is on [V]")


def _map(value: Any) -> Any:
    return terminal_map(value, nested=(PHASES,), several=RAILS) if isinstance(value, Mapping) else value


class BlockToml(Part):
    """A block besides its SPICE file: roles of its terminals, conditions, numbers with unit and source."""

    model_config = ConfigDict(populate_by_name=True, title="circuitsim block")

    schema_version: Literal[1] = Field(alias="schema", description="Version of this format")
    kind: BlockKind = Field(description="'driver', 'sense' or 'converter', as the folder above says")
    title: Text = Field(description="One line that says what the block is")
    subckt: Text | None = Field(default=None, description="Name of the sub-circuit; absent: the name of the folder")
    corners: tuple[Text, ...] = Field(default=(), description="Sections of block.lib, the default first")
    ports: Annotated[dict[str, Any], BeforeValidator(_map)] = Field(
        description="Terminal of each role: { in = 'a' }; 'b{k}' for numbered ones; phases = { reset = 'rst' }"
    )
    polarity: Polarity = Field(
        default="both",
        description="Direction of the current at `in` of a sense amplifier: 'into' it (rows above v_ref), 'out_of' it "
        "(rows below v_ref), or 'both'",
    )
    output: Output = Field(description="Quantity at `out`")
    load: Number | None = Field(default=None, gt=0, description="Resistance from out to ground [ohm]; absent: none")
    input: InputRange | None = Field(
        default=None, description="Input of a converter; absent: a voltage from low to ref"
    )
    logic_energy: Parameter | None = Field(
        default=None, description="Estimate of what the logic of a converter takes in one conversion [J]"
    )
    logic: Number = Field(default=1.0, gt=0, description="Voltage of a 1 at the terminals of the digital word [V]")
    latch: Annotated[tuple[Text, ...], Field(min_length=2, max_length=2)] | None = Field(
        default=None,
        description="Inner nodes of a comparator between which its decision grows; its noise is measured there",
    )
    comparator: Text | None = Field(
        default=None, description="Shipped comparator in a converter, whose noise adds to that of its samples"
    )
    supply: Span | None = Field(default=None, description="Voltage between vdd and vss [V]")
    reference: Span | None = Field(default=None, description="Voltage at ref [V]")
    temperature: Span = Field(description="Temperature [°C]")
    parameters: Parameters = Field(default_factory=dict, description="Parameters of the sub-circuit")
    timing: Parameters = Field(default_factory=dict, description="Durations of the phases [s]")
    phases: dict[Text, Phase] = Field(default_factory=dict, description="When each phase is on")
    ready: Text | None = Field(default=None, description="When the output is taken, an expression of durations [s]")
    not_modelled: Annotated[tuple[Text, ...], Field(min_length=1)] = Field(description="What the block leaves out")

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_roles(self.kind, self.ports)
        if ("vdd" in self.ports) != (self.supply is not None):
            raise ValueError("ports.vdd and [supply] belong together: give both or neither")
        if self.kind == "sense" and self.output != "voltage":
            raise ValueError(
                f"output = {self.output!r}: a sense amplifier puts out a 'voltage', of a current by its load"
            )
        clocks = set(self.ports.get(PHASES, {}))
        if clocks != set(self.phases):
            raise ValueError(
                f"ports.phases names {_listed(clocks)} and [phases] describes {_listed(self.phases)}: expected the same"
            )
        if self.kind == "sense" and clocks and INTEGRATE not in clocks:
            raise ValueError(
                f"ports.phases names {_listed(clocks)}: a sense amplifier that works in phases needs {INTEGRATE!r}, in "
                "which the column current counts"
            )
        if (self.ready is None) != (not clocks):
            raise ValueError("ready and [phases] belong together: give both or neither")
        if self.ready is not None:
            check_expression(self.ready, self.timing, "ready")
        for name, phase in self.phases.items():
            for key in ("start", "width"):
                check_expression(getattr(phase, key), self.timing, f"phases.{name}.{key}")
        return self


def check_roles(kind: str, ports: Mapping[str, Any]) -> None:
    """Refuse ports that lack a role which a kind of block needs, or name one that it does not have.

    Raises:
        ValueError: Names the role.
    """
    needed, more = ROLES[kind]
    for role in needed:
        if role not in ports:
            raise ValueError(f"ports: no terminal has the role {role!r}, which a {NAMES[kind]} needs")
    for role in ports:
        if role not in (*needed, *more, "nc"):
            raise ValueError(f"ports.{role}: expected one of {', '.join((*needed, *more))}")


NAMES = {"driver": "driver", "sense": "sense amplifier", "converter": "converter"}
"""What a kind of block is called in a sentence."""


def read_block_toml(path: Path) -> BlockToml:
    """Read and check the file.

    Raises:
        InputError: It is missing or is no TOML, or a key is unknown or missing or its value cannot be used; the
            sentence names file, key, value and expectation.
    """
    return read_card(path, BlockToml, "the card of a block")


def block_json_schema() -> dict[str, Any]:
    """JSON Schema of `block.toml`, for editors that complete and check TOML."""
    return BlockToml.model_json_schema(by_alias=True)


def _listed(names: Any) -> str:
    return ", ".join(sorted(names)) or "none"
