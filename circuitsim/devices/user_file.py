"""Bring your own: a sub-circuit in the user's SPICE file becomes a card like any other."""

from pathlib import Path
from types import MappingProxyType

from circuitsim.devices.card import Card, Kind, State, Temperature
from circuitsim.devices.parameters import Parameter
from circuitsim.errors import InputError
from circuitsim.library.declarations import Subckt, deck_scale, find_subckt, spice_number
from circuitsim.spec import AccessSpec, DeviceSpec

USER_FILE = "the user's file"


def user_device(device: DeviceSpec) -> Card:
    """Card of a memory in the user's file; its state parameter takes the conductance itself.

    Raises:
        InputError: File, corner, sub-circuit or state parameter do not exist, or the number of terminals differs.
    """
    assert device.file is not None and device.subckt is not None
    line = find_subckt(device.file, device.subckt, device.corner)
    _check_terminals(line, device.ports)
    if device.state.lower() not in line.defaults:
        known = ", ".join(line.defaults) or "none"
        raise InputError(
            f"{line.file}:{line.line}: .subckt {line.name} has no parameter device.state = {device.state!r};"
            f" there is {known}"
        )
    state = State(
        parameter=device.state,
        unit="S",
        kind="conductance",
        minimum=device.g_min,
        maximum=device.g_max,
        g_min=device.g_min,
        g_max=device.g_max,
        v_read=0.0,
        source="the specification",
    )
    return _card(line, "memory", device.file, device.corner, device.ports, state, {device.state.lower()})


def user_transistor(access: AccessSpec) -> Card:
    """Card of a transistor in the user's file; `deck_scale` says in which unit its w and l are.

    Raises:
        InputError: File, corner or sub-circuit do not exist, or the number of terminals differs.
    """
    assert access.file is not None and access.subckt is not None
    line = find_subckt(access.file, access.subckt, access.corner)
    _check_terminals(line, access.ports)
    return _card(line, "transistor", access.file, access.corner, access.ports, None, {"w", "l"})


def _check_terminals(line: Subckt, ports: tuple[str, ...]) -> None:
    if len(line.terminals) != len(ports):
        raise InputError(
            f"{line.file}:{line.line}: .subckt {line.name} has {len(line.terminals)} terminals"
            f" ({' '.join(line.terminals)}), expected {len(ports)}: {' '.join(ports)}"
        )


def _card(
    line: Subckt,
    kind: Kind,
    file: Path,
    corner: str | None,
    ports: tuple[str, ...],
    state: State | None,
    taken: set[str],
) -> Card:
    parameters = {}
    for name, text in line.defaults.items():
        value = spice_number(text)
        if name not in taken and value is not None:
            parameters[name] = Parameter(value=value, unit="as in the file", source=USER_FILE, fit="user")
    return Card(
        name=line.name,
        kind=kind,
        title=f"{line.name} of {file.name}",
        folder=file.resolve().parent,
        lib=file.resolve(),
        corner=corner,
        corners=(),
        subckt=line.name,
        ports=tuple(ports),
        state=state,
        dynamic=None,
        parameters=MappingProxyType(parameters),
        model_parameters=MappingProxyType({}),
        ohmic=False,
        temperature=Temperature(law="as in the file", source=USER_FILE, min_c=-273.15, max_c=1000.0),
        source=str(file),
        licence=USER_FILE,
        valid=USER_FILE,
        tested="not by circuitsim",
        deck_scale=deck_scale(file, corner),
        not_modelled=(),
        measured=MappingProxyType({}),
        statistics=None,
        header=MappingProxyType({}),
    )
