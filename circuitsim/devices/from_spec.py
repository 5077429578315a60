"""The cards that a specification asks for: device folders or the user's own files, with its overrides."""

import math
import warnings
from dataclasses import replace
from types import MappingProxyType

from circuitsim.devices.card import Card, State
from circuitsim.devices.load import load_card, load_folder
from circuitsim.devices.parameters import Parameter
from circuitsim.devices.user_file import USER_FILE, user_device, user_transistor
from circuitsim.errors import DeclaredRangeWarning, OutsideRangeError, SpecError
from circuitsim.spec import AccessSpec, ArraySpec, DeviceSpec, beyond_circuits, checked


@checked
def device_card(spec: ArraySpec) -> Card:
    """Card of the memory device as this array reads it: `device.params`, read voltage and gate bias written into it.

    g is defined at `driver.v_read`: the state takes it, and so does a parameter `v_read` of the sub-circuit.

    Raises:
        InputError: No such card, or the user's file has no such corner, sub-circuit, or the wrong terminals.
        SpecError: An override names a parameter that the card does not have, or the card is no memory.
        OutsideRangeError: `g_min`, `g_max` or the temperature lies outside the device's range.
    """
    device = spec.device
    from_file = device.file is not None
    card = user_device(device) if from_file else _stated_card(device, "device")
    if card.kind != "memory" or card.state is None:
        raise SpecError(f"device.{_key(device)} = {card.name!r}: a {card.kind}, expected a memory")
    overrides = dict(device.params)
    if "v_read" in card.parameters:
        if overrides.get("v_read", spec.driver.v_read) != spec.driver.v_read:
            raise SpecError(
                f"device.params.v_read = {overrides['v_read']:g} V: g is defined at driver.v_read ="
                f" {spec.driver.v_read:g} V; remove it"
            )
        overrides["v_read"] = spec.driver.v_read
    card = _with_overrides(card, overrides, "device")
    # How far an analog state reaches, and what two states are, depends on the bias: `characterization` reads it.
    if not from_file and card.state is not None and card.state.kind not in ("analog", "binary"):
        _check_range(card, card.state, spec)
    _check_temperature(card, spec)
    return replace(card, state=_state_in(spec, card.state))


def _state_in(spec: ArraySpec, state: State | None) -> State | None:
    """The state with the read voltage and gate bias of this array; a user's capacitor in a 1c cell takes farads."""
    if state is None:
        return None
    if spec.array.cell == "1c" and spec.device.file is not None:
        state = state.model_copy(update={"kind": "capacitance", "unit": "F"})
    bias = dict(state.bias)
    if spec.device.v_gate is not None:
        bias["wl" if spec.array.cell == "own" else "g"] = spec.device.v_gate
    return state.model_copy(update={"v_read": spec.driver.v_read, "bias": bias})


def _check_range(card: Card, state: State, spec: ArraySpec) -> None:
    unit = "F" if state.kind == "capacitance" else "S"
    for key, value in (("g_min", spec.device.g_min), ("g_max", spec.device.g_max)):
        if not state.g_min * (1 - 1e-9) <= value <= state.g_max * (1 + 1e-9):
            raise OutsideRangeError(
                f"device.{key} = {value:g} {unit}: {card.name} holds from {state.g_min:g} to {state.g_max:g} {unit}"
            )


def _check_temperature(card: Card, spec: ArraySpec) -> None:
    law, celsius = card.temperature, spec.array.temperature_c
    if not law.min_c <= celsius <= law.max_c:
        raise OutsideRangeError(
            f"array.temperature_c = {celsius:g}: {card.name} holds from {law.min_c:g} to {law.max_c:g} °C"
        )


@checked
def tell_read_voltage(spec: ArraySpec) -> None:
    """Warn of rows that are driven further from the columns than the read model of the device holds.

    A transistor in series takes a part of the voltage, so that the device may see less.

    Warns:
        DeclaredRangeWarning: Names the voltage and the range of the card.

    Raises:
        InputError, SpecError, OutsideRangeError: As `device_card`.
    """
    card = device_card(spec)
    v_max, v_read = None if card.state is None else card.state.v_max, spec.driver.v_read
    if v_max is not None and v_read > v_max * (1 + 1e-9):
        warnings.warn(
            f"driver.v_read = {v_read:g} V: the read model of {card.name} holds up to {v_max:g} V across the device "
            "(state.v_max), and beyond it currents are extrapolated",
            DeclaredRangeWarning,
            stacklevel=4,
        )


@checked
def programmable_range(spec: ArraySpec, *, drawn: bool = False) -> tuple[float, float]:
    """Conductances that cells of an array may take besides 0 [S] (1c: capacitances [F]).

    Those that the specification declares. A card without an upper end (`state.g_max = inf`, `rram_ohmic`) holds for
    any: there g_min and g_max only say where a surface or a model is made.

    Args:
        spec: The array.
        drawn: For conductances that programming left, instead of those that it aimed at. They may lie outside g_min to
            g_max: anywhere if the card has statistics that draw them, or if the device is the user's file; else within
            the range of the card.

    Raises:
        InputError: As `device_card`.
    """
    card = device_card(spec)
    state = card.state
    if state is not None and math.isinf(state.g_max):
        return 0.0, math.inf
    if not drawn or state is None or state.kind == "binary":
        return spec.device.g_min, spec.device.g_max
    if card.statistics is not None or spec.device.file is not None or state.kind == "analog":
        return 0.0, math.inf  # how far an analog state reaches, its map says
    return state.g_min, state.g_max


@checked
def access_card(spec: ArraySpec) -> Card:
    """Card of the access transistor, with `access.params` written into it.

    Raises:
        InputError: No such card, or the user's file has no such corner, sub-circuit, or the wrong terminals.
        SpecError: There is no [access], an override names an unknown parameter, or the card is no transistor.
        OutsideRangeError: The temperature lies outside the transistor's range.
    """
    access = spec.access
    if access is None:
        raise SpecError("[access] is missing: this cell has no transistor")
    card = user_transistor(access) if access.file is not None else _stated_card(access, "access")
    if card.kind != "transistor":
        raise SpecError(f"access.{_key(access)} = {card.name!r}: a {card.kind}, expected a transistor")
    _check_temperature(card, spec)
    return _with_overrides(card, access.params, "access")


@checked
def access_values(spec: ArraySpec, card: Card) -> dict[str, float]:
    """Parameters of one transistor instance: w and l in the unit of the file (`deck_scale`), then the overrides.

    Source: `.option scale` of ngspice multiplies w and l of every transistor in the deck.
    """
    if spec.access is None:
        raise SpecError("[access] is missing: this cell has no transistor")
    values = {"w": spec.access.w / card.deck_scale, "l": spec.access.l / card.deck_scale}
    return values | device_values(card)


@checked
def device_values(card: Card) -> dict[str, float]:
    """Parameters to write on an instance besides the state (or w and l); defaults of a user's file are not repeated."""
    return {name: item.value for name, item in card.parameters.items() if item.source != USER_FILE}


def _stated_card(part: DeviceSpec | AccessSpec, section: str) -> Card:
    """The card of a shipped model or of a user's device folder, at the corner that the specification names."""
    card = load_folder(part.folder) if part.folder is not None else load_card(part.model or "")
    for corner in part.corners:
        if corner not in card.corners:
            known = ", ".join(card.corners) or "none"
            raise SpecError(f"{section}.corner = {corner!r}: {card.name} has no such corner; there is {known}")
    return replace(card, sections=part.corners) if part.corners else card


def _key(part: DeviceSpec | AccessSpec) -> str:
    """The key that names the card."""
    return "model" if part.folder is None else "folder"


def _with_overrides(card: Card, overrides: dict[str, float], section: str) -> Card:
    parameters = dict(card.parameters)
    for name, value in overrides.items():
        if name not in parameters:
            known = ", ".join(parameters) or "none"
            raise SpecError(f"{section}.params.{name}: {card.name} has no such parameter; there is {known}")
        old = parameters[name]
        # Times of devices are those of drift and retention, years among them.
        if old.unit != "s" and (said := beyond_circuits(value, old.unit)):
            raise SpecError(f"{section}.params.{name}: got {said}")
        if value != old.value:
            parameters[name] = Parameter(value=value, unit=old.unit, source="the specification", fit="user")
    return replace(card, parameters=MappingProxyType(parameters))
