"""What is known about one device: the frozen card that a folder, or a user's own file, is read into."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Kind = Literal["memory", "transistor"]
StateKind = Literal["conductance", "analog", "binary", "capacitance"]

FIT_QUALITIES = ("fit of", "loose fit of", "textbook scale", "definition", "user")


@dataclass(frozen=True)
class Parameter:
    """One number of a card.

    Attributes:
        value: Value in `unit`.
        unit: Unit as written in the card ("V", "nm", "1" for a pure number).
        source: Paper and table, or the file, the value comes from.
        fit: "fit of", "loose fit of", "textbook scale", "definition" (how g or a unit is defined) or "user".
        condition: At which voltages and temperature a measured value holds.
    """

    name: str
    value: float
    unit: str
    source: str
    fit: str
    condition: str = ""


@dataclass(frozen=True)
class State:
    """What an array writes into a memory cell.

    Attributes:
        parameter: Sub-circuit parameter that holds the state.
        unit: Its unit.
        kind: "conductance": the parameter is the chord conductance at `v_read` itself; "analog": a monotonic map of it,
            found through ngspice (`state_map`); "binary": two values; "capacitance": the parameter is a capacitance.
        minimum, maximum: Range of the parameter [unit].
        g_min, g_max: Range of the chord conductance at `v_read` [S] (of the capacitance [F] for "capacitance").
        v_read: Voltage across the device (te to be, or d to s) at which the conductance range holds [V].
        bias: Voltage of the other terminals during that read [V]; empty for two terminals.
    """

    parameter: str
    unit: str
    kind: StateKind
    minimum: float
    maximum: float
    g_min: float
    g_max: float
    v_read: float
    source: str
    bias: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Dynamic:
    """The switching form of a memory: its state is a node of the circuit.

    Attributes:
        subckt: Sub-circuit in the same file.
        ports: Its terminals; `st` is the state, 1 V = 1 `unit`.
        parameter: Parameter with the state at the start of a transient, from `minimum` to `maximum` [unit].
        parameters: Its other parameters.
    """

    subckt: str
    ports: tuple[str, ...]
    parameter: str
    unit: str
    minimum: float
    maximum: float
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True)
class Temperature:
    """How a device depends on temperature, and the range in which its card was run [°C]."""

    law: str
    source: str
    min_c: float
    max_c: float


@dataclass(frozen=True)
class Card:
    """A device that a netlist can instantiate: a folder of `device_models/`, or a user's own file.

    Attributes:
        name: Name of the folder, or of the user's sub-circuit.
        kind: "memory" or "transistor".
        folder: Folder of the card, or of the user's file.
        lib: SPICE file with the sub-circuit, absolute.
        corner: Section of `lib` (`.lib FILE CORNER`), or None (`.include FILE`).
        corners: Sections that a shipped card has, the default first; empty when it has none.
        subckt: Name of the sub-circuit.
        ports: Meaning of its terminals in its own order: `te be` (memory), `d g s b` (transistor), or the card's own.
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
        statistics: The `[statistics]` table, read by `circuitsim.devices.statistics`.
        header: The header of the SPICE file, as written.
    """

    name: str
    kind: Kind
    title: str
    folder: Path
    lib: Path
    corner: str | None
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
    statistics: Mapping[str, Any]
    header: Mapping[str, str]

    @property
    def include(self) -> str:
        """The line that brings the sub-circuit into a deck."""
        return f'.include "{self.lib}"' if self.corner is None else f'.lib "{self.lib}" {self.corner}'

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
