"""One cell of the array as a sub-circuit: the device, and the transistor below it."""

from dataclasses import dataclass
from pathlib import Path

from circuitsim.devices import access_card, access_values, device_card, device_values
from circuitsim.devices.card import Card
from circuitsim.errors import SpecError
from circuitsim.netlist.names import check_name, check_path, number
from circuitsim.spec import ArraySpec

CELL = "cell"
CELL_PORTS = ("bl", "wl", "sl", "bulk")


@dataclass(frozen=True)
class CellText:
    """The sub-circuit `cell` of an array and the lines that bring its parts into a deck.

    Attributes:
        includes: `.include` and `.lib` lines, each once.
        files: The files they name, absolute.
        subckt: `.subckt cell bl wl sl bulk g=…` to `.ends`.
    """

    includes: tuple[str, ...]
    files: tuple[Path, ...]
    subckt: str

    @property
    def text(self) -> str:
        return "\n".join([*self.includes, self.subckt]) + "\n"


def cell_subckt(spec: ArraySpec) -> str:
    """Write the sub-circuit of one cell with its includes: ports `bl wl sl bulk`, parameter `g` [S].

    The device lies between the bit line and the transistor, the transistor's source at the source line. A 1R cell has
    the same ports and leaves `wl` and `bulk` unused.

    Raises:
        InputError: A card, a file, a sub-circuit or a name cannot be used.
        SpecError: The device's state is not its conductance.
    """
    return cell_text(spec).text


def cell_text(spec: ArraySpec) -> CellText:
    """The cell with its includes kept apart; see `cell_subckt`."""
    device = device_card(spec)
    cards = [device]
    below = "sl"
    body = []
    if spec.array.cell == "1t1r":
        access = access_card(spec)
        cards.append(access)
        below = "mid"
        nodes = {"d": below, "g": "wl", "s": "sl", "b": "bulk"}
        body.append(access.instance("xacc", nodes, access_values(spec, access)))
    body.insert(0, device.instance("xdev", {"te": "bl", "be": below}, {**_state(device), **device_values(device)}))
    for card in cards:
        _check_card(card)
    default = number(spec.device.g_min)
    subckt = "\n".join([f".subckt {CELL} {' '.join(CELL_PORTS)} g={default}", *body, f".ends {CELL}"])
    return CellText(
        includes=tuple(dict.fromkeys(card.include for card in cards)),
        files=tuple(dict.fromkeys(card.lib for card in cards)),
        subckt=subckt,
    )


def _state(device: Card) -> dict[str, str]:
    if device.state is None or device.state.kind != "conductance":
        kind = "no state" if device.state is None else f"a state of kind {device.state.kind!r}"
        raise SpecError(f"device.model = {device.name!r}: has {kind}, expected one whose state is its conductance")
    return {device.state.parameter: "{g}"}


def _check_card(card: Card) -> None:
    check_path(f"file of {card.name}", card.lib)
    check_name(f"sub-circuit of {card.name}", card.subckt)
    for name in card.parameters:
        check_name(f"parameter of {card.name}", name)
    if card.subckt.lower() == CELL:
        raise SpecError(
            f"sub-circuit {card.subckt!r} of {card.lib}: the deck needs this name for its own cell; rename it"
        )
