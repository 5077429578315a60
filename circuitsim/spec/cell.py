"""The memory device and the access transistor of a cell."""

from typing import Annotated, Literal, Self, get_args

from pydantic import Field, ValidationInfo, WrapValidator, field_validator, model_validator

from circuitsim.spec.base import NonNegative, Params, Positive, Quantity, Source, SpiceName
from circuitsim.spec.dimensions import DIMENSIONS, Conductance, Voltage, beyond_circuits, of_dimension
from circuitsim.spec.frozen_mapping import FrozenMapping
from circuitsim.spec.terminals import OPEN_ROLE, list_or_map, roles_of

DeviceTerminal = Literal["te", "be", "d", "g", "s", "b", "bl", "wl", "sl", "bulk", "nc"]
TransistorTerminal = Literal["d", "g", "s", "b"]
_Map = dict[str, str | tuple[str, ...]]


class DeviceSpec(Source):
    """The memory device: a shipped model, a device folder, or a sub-circuit in a file of the user.

    Terminal `te` faces the bit line; `be` faces the transistor, or the source line in a 1r cell. SET is positive from
    te to be. In a 1t cell the device is the transistor (`d g s b`). With array.cell = 'own' it is the whole cell
    (`bl wl sl bulk`).
    """

    ports: Annotated[tuple[DeviceTerminal, ...] | _Map, WrapValidator(list_or_map(*get_args(DeviceTerminal)))] = Field(
        default=("te", "be"),
        description="What the terminals of the sub-circuit in file are: a list in the order of its ports, or a map, "
        "{ te = 'a', be = 'b' }; nc: not connected (a monitor)",
    )
    state: SpiceName = Field(default="g", description="Parameter of the sub-circuit in file that holds the state")
    state_kind: Literal["conductance", "resistance", "searched"] = Field(
        default="conductance",
        description="What the parameter takes: the chord conductance at v_read [S], its inverse [ohm], or another "
        "quantity, whose value for each conductance ngspice searches in state_range",
    )
    state_range: tuple[Quantity, Quantity] | None = Field(
        default=None,
        description="Smallest and largest value of the parameter [unit of the parameter], for state_kind = 'searched'",
    )
    params: Params = Field(
        default_factory=FrozenMapping, description="Overrides of the card's parameters [unit of the parameter]"
    )
    g_min: Conductance = Field(description="Smallest programmed conductance, chord at v_read [S] (1c: capacitance [F])")
    g_max: Conductance = Field(description="Largest programmed conductance, chord at v_read [S] (1c: capacitance [F])")
    v_gate: Voltage | None = Field(
        default=None, description="Word-line voltage of a selected row [V]; only if the device has the gate of the cell"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        connected = [port for port in roles_of(self.ports) if port != OPEN_ROLE]
        if len(set(connected)) < len(connected):
            raise ValueError(f"ports = {list(roles_of(self.ports))}: expected each terminal once")
        if (self.state_kind == "searched") != (self.state_range is not None):
            raise ValueError("state_range and state_kind = 'searched' belong together: give both or neither")
        if self.state_range is not None and not self.state_range[0] < self.state_range[1]:
            raise ValueError(f"state_range = {list(self.state_range)}: expected the smaller value first")
        if self.g_max <= self.g_min:
            raise ValueError(f"g_max = {self.g_max:g} S must be larger than g_min = {self.g_min:g} S")
        return self


class AccessSpec(Source):
    """The access transistor: a shipped model, a device folder, or a sub-circuit in a file of the user."""

    ports: Annotated[
        tuple[TransistorTerminal, ...] | _Map, WrapValidator(list_or_map(*get_args(TransistorTerminal)))
    ] = Field(
        default=("d", "g", "s", "b"),
        description="What the terminals of the sub-circuit in file are: a list in the order of its ports, or a map, "
        "{ d = 'drain', g = 'gate', s = 'source', b = 'bulk' }",
    )
    params: Params = Field(
        default_factory=FrozenMapping, description="Overrides of the card's parameters [unit of the parameter]"
    )
    w: Annotated[Positive, DIMENSIONS["m"]] = Field(description="Gate width [m]")
    l: Annotated[Positive, DIMENSIONS["m"]] = Field(description="Gate length [m]")
    v_gate: Voltage = Field(description="Word-line voltage of a selected row [V]")
    a_vt: Annotated[NonNegative, *of_dimension("V m")] = Field(
        default=0.0, description="Threshold mismatch: sigma = a_vt / sqrt(w l) [V m]"
    )
    a_beta: Annotated[NonNegative, *of_dimension("m", down_to_zero=True)] = Field(
        default=0.0, description="Relative current mismatch: sigma = a_beta / sqrt(w l) [m]"
    )

    @field_validator("w", "l")
    @classmethod
    def _size(cls, value: float, info: ValidationInfo) -> float:
        said = beyond_circuits(value, "m")
        if said and info.data.get("file") is None:  # a file shows its unit when it is read
            raise ValueError(f"got {said}")
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        _all_terminals(roles_of(self.ports), ("d", "g", "s", "b"))
        return self


def _all_terminals(ports: tuple[str, ...], terminals: tuple[str, ...]) -> None:
    if sorted(ports) != sorted(terminals):
        raise ValueError(
            f"ports = {list(ports)}: expected each of {' '.join(terminals)} once, in the order of the file"
        )
