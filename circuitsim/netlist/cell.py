"""Write one cell of the array as a sub-circuit: the device, and its access transistor if there is one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from circuitsim.devices import access_card, access_values, device_card, device_values
from circuitsim.devices.card import OPEN, Card
from circuitsim.errors import SpecError
from circuitsim.library import assemble_own
from circuitsim.netlist.names import check_name, check_path, number
from circuitsim.spec import ArraySpec, checked

CELL = "cell"
CELL_PORTS = ("bl", "wl", "sl", "bulk")

# Node of each terminal of a device that fills the whole cell: two-terminal memories, transistors that store the state,
# switched capacitors on a line, and cells written by the user.
_WHOLE_CELL = {"te": "bl", "be": "sl", "d": "bl", "g": "wl", "s": "sl", "b": "bulk", "x": "bl", "line": "sl"} | {
    port: port for port in CELL_PORTS
}
_ABOVE_TRANSISTOR = {"te": "bl", "be": "mid"}
_BELOW_DEVICE = {"d": "mid", "g": "wl", "s": "sl", "b": "bulk"}
_SWITCHING_PORTS = ("te", "be", "st")
_TERMINALS = {"1r": ("te", "be"), "1t1r": ("te", "be"), "2t2r": ("te", "be"), "1t": ("d", "g", "s", "b")}


CellElement = Literal["device", "transistor"]


@dataclass(frozen=True)
class CellText:
    """The sub-circuit `cell` of an array, and the lines that include its parts.

    Attributes:
        includes: `.include` and `.lib` lines, each once.
        files: Absolute paths of the files that these lines name.
        subckt: Text from `.subckt cell bl wl sl bulk g=…` to `.ends`.
        state: Name of the device parameter that the cell's `g` sets.
        takes_g: True if that parameter is the conductance or capacitance.
    """

    includes: tuple[str, ...]
    files: tuple[Path, ...]
    subckt: str
    state: str
    takes_g: bool

    @property
    def text(self) -> str:
        return "\n".join([*self.includes, self.subckt]) + "\n"

    @property
    def digest(self) -> str:
        """SHA-256 of the cell and of everything in its files that it uses, independent of the location of files.

        A comment, or a part of a file that the cell does not use, does not change it.

        Raises:
            UnsafeFileError, InputError: As `library.assemble_own`.
        """
        return assemble_own(self.text).digest


@checked
def cell_subckt(spec: ArraySpec) -> str:
    """Write the sub-circuit of one cell with its includes: ports `bl wl sl bulk`, parameter `g`.

    The device connects the bit line to the transistor, whose source is on the source line. In a string the transistor
    is in parallel with the device. A cell without a gate has the same ports and does not use `wl` and `bulk`.

    Raises:
        InputError: A card, a file, a sub-circuit or a name cannot be used.
        SpecError: The device does not have the terminals of this cell, or it does not store a conductance.
    """
    cell = cell_text(spec)
    if not cell.takes_g:
        raise SpecError(
            f"the device {spec.device.name!r} stores {cell.state!r}, expected a device that takes its conductance"
        )
    return cell.text


@checked
def cell_text(
    spec: ArraySpec,
    *,
    mismatch: bool = False,
    meter: bool = False,
    switching: bool = False,
    alone: CellElement | None = None,
) -> CellText:
    """Write the cell, and its includes separately; `g` may be any state of the device. See `cell_subckt`.

    Args:
        spec: The array.
        mismatch: Add two parameters: `dvt`, threshold shift of the transistor [V], and `width`, factor on its width.
        meter: Add a source of 0 V, `vcell`, that measures the current into the bit-line terminal.
        switching: Take the form of the device that switches: `g` is its state when a transient begins, and the cell's
            node `st` is its state in time.
        alone: Keep this part of a device in series with a transistor, and put a short in place of the other.
    """
    device = device_card(spec)
    form = _switching_form(spec, device) if switching else _reading_form(spec, device)
    monitors = {port: port for port in form.ports if port.startswith(OPEN)} | {"st": "st"}
    if spec.access is None:
        cards = (device,)
        body = [form.instance("xdev", _wire(_WHOLE_CELL | monitors, meter))]
    else:
        access = access_card(spec)
        cards = (device, access)
        parallel = spec.array.input_line == "string"
        nodes = _WHOLE_CELL if parallel else _BELOW_DEVICE
        values: dict[str, float | str] = {**access_values(spec, access)}
        if mismatch:
            nodes = nodes | {"g": "gate"}
            values["w"] = f"{{{number(float(values['w']))}*width}}"
        body = [
            form.instance("xdev", _wire((_WHOLE_CELL if parallel else _ABOVE_TRANSISTOR) | monitors, meter)),
            access.instance("xacc", _wire(nodes, meter), values),
            *(["vmis wl gate {dvt}"] if mismatch else []),
        ]
        if alone is not None:
            body = [body[0], "vshort mid sl 0"] if alone == "device" else ["vshort bl mid 0", body[1]]
    for card in cards:
        _check_card(card)
    if meter:
        body.insert(0, "vcell bl top 0")
    parameters = f"g={number(form.least)}" + (" dvt=0 width=1" if mismatch else "")
    return CellText(
        includes=tuple(dict.fromkeys(card.include for card in cards)),
        files=tuple(dict.fromkeys(card.lib for card in cards)),
        subckt="\n".join([f".subckt {CELL} {' '.join(CELL_PORTS)} {parameters}", *body, f".ends {CELL}"]),
        state=form.state,
        takes_g=form.takes_g,
    )


@checked
def access_text(spec: ArraySpec) -> CellText:
    """Write the access transistor of an array alone, as the sub-circuit `cell`: drain on `bl`, source on `sl`.

    `g` has no effect.

    Raises:
        InputError, SpecError: As `cell_subckt`; or the array has no access transistor.
    """
    access = access_card(spec)
    _check_card(access)
    instance = access.instance("xacc", _BELOW_DEVICE | {"d": "bl"}, {**access_values(spec, access)})
    return CellText(
        includes=(access.include,),
        files=(access.lib,),
        subckt="\n".join([f".subckt {CELL} {' '.join(CELL_PORTS)} g=0.0", instance, f".ends {CELL}"]),
        state="g",
        takes_g=True,
    )


@dataclass(frozen=True)
class _Form:
    """A sub-circuit of the device as the cell uses it: the one that reads, or the one that switches."""

    instance: Callable[[str, dict[str, str]], str]
    ports: tuple[str, ...]
    state: str
    least: float
    takes_g: bool


def _reading_form(spec: ArraySpec, device: Card) -> _Form:
    cell = spec.array.cell
    connected = tuple(port for port in device.ports if not port.startswith(OPEN))
    terminals = _TERMINALS.get(cell, connected)
    if sorted(connected) != sorted(terminals):
        raise SpecError(
            f"the device {device.name!r} has the terminals {' '.join(connected)}, a {cell} cell needs "
            f"{' '.join(terminals)}"
        )
    if device.state is None or (cell == "1c") != (device.state.kind == "capacitance"):
        raise SpecError(f"the device {device.name!r}: array.cell = '1c' and a capacitive device belong together")
    by_resistance = device.state.kind == "resistance"
    values = {device.state.parameter: "{1/g}" if by_resistance else "{g}", **device_values(device)}
    return _Form(
        instance=lambda name, nodes: device.instance(name, nodes, values),
        ports=device.ports,
        state=device.state.parameter,
        least=device.state.g_min if by_resistance else device.state.minimum,
        takes_g=by_resistance or device.state.unit in ("S", "F"),
    )


def _switching_form(spec: ArraySpec, device: Card) -> _Form:
    dynamic = device.dynamic
    if dynamic is None or dynamic.ports != _SWITCHING_PORTS:
        raise SpecError(
            f"[device]: {device.name!r} has no switching model ([dynamic] in its device.toml) with the terminals "
            f"{' '.join(_SWITCHING_PORTS)}: expected a device of two terminals that can be written"
        )
    given = {key: number(float(v)) for key, v in spec.device.params.items() if key in dynamic.parameters}
    settings = " ".join(f"{key}={value}" for key, value in {dynamic.parameter: "{g}", **given}.items())
    return _Form(
        instance=lambda name, nodes: " ".join(
            [name, *(nodes[port] for port in dynamic.ports), dynamic.subckt, settings]
        ),
        ports=dynamic.ports,
        state=dynamic.parameter,
        least=dynamic.maximum,
        takes_g=False,
    )


def _wire(nodes: dict[str, str], meter: bool) -> dict[str, str]:
    """Return the node of each terminal of a part; behind a meter, `top` replaces the bit line."""
    return {port: "top" if meter and node == "bl" else node for port, node in nodes.items()}


def _check_card(card: Card) -> None:
    check_path(f"file of {card.name}", card.lib)
    check_name(f"sub-circuit of {card.name}", card.subckt)
    for name in card.parameters:
        check_name(f"parameter of {card.name}", name)
    if card.subckt.lower() == CELL:
        raise SpecError(
            f"{card.lib}: sub-circuit {card.subckt!r}: the deck needs this name for its own cell; rename it"
        )
