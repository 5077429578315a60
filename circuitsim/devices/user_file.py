"""Bring your own: a sub-circuit in the user's SPICE file becomes a card like any other."""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

from circuitsim.devices.card import OPEN, Card, Kind, State, StateKind, Temperature
from circuitsim.devices.parameters import Parameter
from circuitsim.errors import InputError
from circuitsim.library import (
    Library,
    Subckt,
    assigned_roles,
    find_subckt,
    read_library,
    spice_number,
    tell_left_out,
)
from circuitsim.spec import AccessSpec, DeviceSpec, beyond_circuits, checked
from circuitsim.spec.terminals import TerminalMap

USER_FILE = "the user's file"
GATES = ("g", "wl")
"""Terminals of a memory that are its gate: of a transistor, and of a whole cell."""


@checked
def user_device(device: DeviceSpec) -> Card:
    """Card of a memory in the user's file; its state parameter takes the conductance itself.

    Raises:
        InputError: File, corner, sub-circuit or state parameter do not exist, or the number of terminals differs.
    """
    assert device.file is not None and device.subckt is not None
    library = read_library(device.file.resolve(), device.corners)
    line = find_subckt(library, device.subckt)
    ports = _in_order(line, device.ports, "device")
    settable = line.defaults | line.inner
    if device.state.lower() not in settable:
        known = ", ".join(settable) or "none"
        raise InputError(
            f"{line.file}:{line.line}: .subckt {line.name} has no parameter device.state = {device.state!r};"
            f" there is {known}; name the one that holds the state, and what it takes as device.state_kind"
        )
    kind, unit, (low, high) = _STATES[device.state_kind](device)
    state = State(
        parameter=device.state,
        unit=unit,
        kind=kind,
        minimum=low,
        maximum=high,
        g_min=device.g_min,
        g_max=device.g_max,
        v_read=0.0,
        source="the specification",
        bias={} if device.v_gate is None else {port: device.v_gate for port in GATES if port in device.ports},
    )
    return _card(line, "memory", library, ports, state, {device.state.lower()})


def user_transistor(access: AccessSpec) -> Card:
    """Card of a transistor in the user's file; `deck_scale` says in which unit its w and l are.

    Raises:
        InputError: File, corner or sub-circuit do not exist, the number of terminals differs, or a size is none.
    """
    assert access.file is not None and access.subckt is not None
    library = read_library(access.file.resolve(), access.corners)
    line = find_subckt(library, access.subckt)
    ports = _in_order(line, access.ports, "access")
    _check_sizes(access, line, library)
    return _card(line, "transistor", library, ports, None, {"w", "l"})


def _check_sizes(access: AccessSpec, line: Subckt, library: Library) -> None:
    """Refuse sizes that no transistor has, where the file shows that it takes metres: by its scale, or its default."""
    for key, size in (("w", access.w), ("l", access.l)):
        default = spice_number(line.defaults.get(key, ""))
        in_metres = library.scale != 1 or (default is not None and not beyond_circuits(default, "m"))
        if in_metres and (said := beyond_circuits(size, "m")):
            raise InputError(f"access.{key}: got {said}")


_STATES: dict[str, Callable[[DeviceSpec], tuple[StateKind, str, tuple[float, float]]]] = {
    "conductance": lambda device: ("conductance", "S", (device.g_min, device.g_max)),
    "resistance": lambda device: ("resistance", "ohm", (1 / device.g_max, 1 / device.g_min)),
    "searched": lambda device: ("analog", "1", _searched_range(device)),
}
"""By `device.state_kind`: kind and unit of the card's state, and its range."""


def _searched_range(device: DeviceSpec) -> tuple[float, float]:
    assert device.state_range is not None  # `DeviceSpec` refuses a searched state without it
    return device.state_range


def _in_order(line: Subckt, ports: Sequence[str] | TerminalMap, section: str) -> tuple[str, ...]:
    """Return the role of each terminal of a sub-circuit, in its order.

    Raises:
        InputError: Their number differs, a map names a terminal that there is not, or one has no role.
    """
    if isinstance(ports, Mapping):
        return tuple(role for role, _ in assigned_roles(line, ports, f"{section}.ports"))
    if len(line.terminals) != len(ports):
        raise InputError(
            f"{line.file}:{line.line}: .subckt {line.name} has {len(line.terminals)} terminals"
            f" ({' '.join(line.terminals)}), expected {len(ports)}: {' '.join(ports)}"
        )
    return tuple(ports)


def _card(
    line: Subckt,
    kind: Kind,
    library: Library,
    ports: tuple[str, ...],
    state: State | None,
    taken: set[str],
) -> Card:
    tell_left_out(library)
    parameters = {}
    for name, text in line.defaults.items():
        value = spice_number(text)
        if name not in taken and value is not None:
            parameters[name] = Parameter(value=value, unit="as in the file", source=USER_FILE, fit="user")
    return Card(
        name=line.name,
        kind=kind,
        title=f"{line.name} of {library.path.name}",
        folder=library.path.parent,
        lib=library.path,
        sections=library.sections,
        corners=(),
        subckt=line.name,
        ports=tuple(f"{OPEN}{k}" if port == "nc" else port for k, port in enumerate(ports)),
        state=state,
        dynamic=None,
        parameters=MappingProxyType(parameters),
        model_parameters=MappingProxyType({}),
        ohmic=False,
        temperature=Temperature(law="as in the file", source=USER_FILE, min_c=-273.15, max_c=1000.0),
        source=str(library.path),
        licence=USER_FILE,
        valid=USER_FILE,
        tested="not by circuitsim",
        deck_scale=library.scale,
        not_modelled=(),
        measured=MappingProxyType({}),
        statistics=None,
        header=MappingProxyType({}),
    )
