"""The memory device and the access transistor of a cell."""

from typing import Literal, Self

from pydantic import Field, model_validator

from circuitsim.spec.base import NonNegative, Positive, Quantity, Source, SpiceName

DeviceTerminal = Literal["te", "be", "d", "g", "s", "b", "bl", "wl", "sl", "bulk"]
TransistorTerminal = Literal["d", "g", "s", "b"]


class DeviceSpec(Source):
    """The memory device: a folder of `device_models/` or of the user's own, or a sub-circuit in the user's file.

    `te` faces the bit line, `be` the transistor (the source line in a 1R cell). SET is positive from te to be. In a 1t
    cell the device is the transistor itself (`d g s b`); an own cell is the whole cell (`bl wl sl bulk`).
    """

    ports: tuple[DeviceTerminal, ...] = Field(
        default=("te", "be"), description="What each terminal of the user's sub-circuit is, in its order"
    )
    state: SpiceName = Field(
        default="g", description="Parameter of the user's sub-circuit that takes the conductance [S]"
    )
    params: dict[SpiceName, Quantity] = Field(default_factory=dict, description="Overrides of the card's parameters")
    g_min: Positive = Field(description="Smallest programmed conductance, chord at v_read [S] (1c: capacitance [F])")
    g_max: Positive = Field(description="Largest programmed conductance, chord at v_read [S] (1c: capacitance [F])")
    v_gate: Quantity | None = Field(
        default=None, description="Word-line voltage of a selected row [V], for cells with a gate and no [access]"
    )

    @model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.ports)) < len(self.ports):
            raise ValueError(f"ports = {list(self.ports)}: expected each terminal once")
        if self.g_max <= self.g_min:
            raise ValueError(f"g_max = {self.g_max:g} S must be larger than g_min = {self.g_min:g} S")
        return self


class AccessSpec(Source):
    """The access transistor: a folder of `device_models/` or of the user's own, or a sub-circuit in the user's file."""

    ports: tuple[TransistorTerminal, ...] = Field(
        default=("d", "g", "s", "b"), description="What each terminal of the user's sub-circuit is, in its order"
    )
    params: dict[SpiceName, Quantity] = Field(default_factory=dict, description="Overrides of the card's parameters")
    w: Positive = Field(description="Gate width [m]")
    l: Positive = Field(description="Gate length [m]")
    v_gate: Quantity = Field(description="Word-line voltage of a selected row [V]")
    a_vt: NonNegative = Field(default=0.0, description="Matching of the threshold: sigma = a_vt / sqrt(w l) [V m]")
    a_beta: NonNegative = Field(default=0.0, description="Matching of the current: sigma = a_beta / sqrt(w l) [m]")

    @model_validator(mode="after")
    def _check(self) -> Self:
        _all_terminals(self.ports, ("d", "g", "s", "b"))
        return self


def _all_terminals(ports: tuple[str, ...], wanted: tuple[str, ...]) -> None:
    if sorted(ports) != sorted(wanted):
        raise ValueError(f"ports = {list(ports)}: expected each of {' '.join(wanted)} once, in the sub-circuit's order")
