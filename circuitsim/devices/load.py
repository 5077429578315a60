"""Read a device folder (`model.lib`, `device.toml`) into a card, and refuse what is incomplete by a sentence."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from circuitsim.devices.card import Card
from circuitsim.devices.device_toml import read_device_toml
from circuitsim.devices.parameters import Parameter
from circuitsim.errors import InputError
from circuitsim.library import Subckt, find_subckt, folder_header, once_per_content, read_library, spice_number
from circuitsim.resources import device_models_folder
from circuitsim.spec import checked

GEOMETRY = frozenset({"w", "l"})


def list_cards() -> list[str]:
    """Names of the shipped cards."""
    return sorted(path.parent.name for path in device_models_folder().glob("*/device.toml"))


@checked
def load_card(name: str) -> Card:
    """Load a folder of `device_models/`.

    Raises:
        InputError: There is no such card, or its header or a key of its `device.toml` is missing or unusable.
    """
    folder = device_models_folder() / name
    if not (folder / "device.toml").is_file():
        raise InputError(f"device model = {name!r}: no such card, expected one of {', '.join(list_cards())}")
    return load_folder(folder)


@checked
def load_folder(folder: str | Path) -> Card:
    """Load any device folder, with the checks of the shipped cards; unchanged files are not read again.

    Raises:
        InputError: The header or a key of `device.toml` is missing or unusable, or the two files disagree; the sentence
            names file and key or line.
    """
    return _load(Path(folder).resolve())


def _files(folder: Path) -> tuple[Path, ...]:
    return folder / "device.toml", folder / "model.lib"


@once_per_content(_files)
def _load(folder: Path) -> Card:
    toml, lib = _files(folder)
    stated = read_device_toml(toml)
    header = folder_header(lib)
    corners = stated.corners or ()
    card = Card(
        name=folder.name,
        kind=stated.kind,
        title=stated.title,
        folder=folder,
        lib=lib,
        sections=corners[:1],
        corners=corners,
        subckt=stated.subckt or folder.name,
        ports=tuple(header["ports"].split()),
        state=stated.state,
        dynamic=stated.dynamic,
        parameters=MappingProxyType(stated.parameters),
        model_parameters=MappingProxyType(stated.model_parameters),
        ohmic=stated.ohmic,
        temperature=stated.temperature,
        source=header["source"],
        licence=header["licence"],
        valid=header["valid"],
        tested=header["tested"],
        deck_scale=1.0,
        not_modelled=stated.not_modelled,
        measured=MappingProxyType(stated.measured),
        statistics=stated.statistics,
        header=MappingProxyType(header),
        pulses=stated.pulses,
        citations=stated.citations,
    )
    for sections in [(corner,) for corner in corners] or [()]:
        _check_subckt(card, sections)
    return card


def _check_subckt(card: Card, sections: tuple[str, ...]) -> None:
    """The SPICE file and the TOML file state the same terminals and the same defaults."""
    state = {card.state.parameter} if card.state is not None else set()
    library = read_library(card.lib, sections)
    line = find_subckt(library, card.subckt)
    taken = state if card.kind == "memory" else set(GEOMETRY)
    compare_defaults(line, card.ports, taken, card.parameters, "parameters", card.folder / "device.toml")
    if card.dynamic is not None:
        line = find_subckt(library, card.dynamic.subckt)
        taken = {card.dynamic.parameter}
        file = card.folder / "device.toml"
        compare_defaults(line, card.dynamic.ports, taken, card.dynamic.parameters, "dynamic.parameters", file)


@checked
def compare_defaults(
    line: Subckt, ports: tuple[str, ...], taken: set[str], stated: Mapping[str, Parameter], section: str, toml: Path
) -> None:
    """Refuse a sub-circuit whose terminals or defaults differ from those that a card states.

    Args:
        line: The sub-circuit.
        ports: Its terminals as the card states them, in order.
        taken: Parameters that it must have and that the card does not state.
        stated: Parameters of the card.
        section: Section of the card with these parameters, for messages.
        toml: File of the card.

    Raises:
        InputError: Names file and line, and the terminal or parameter.
    """
    where = f"{line.file}:{line.line}: .subckt {line.name}"
    if line.terminals != ports:
        raise InputError(f"{where} has the terminals {' '.join(line.terminals)}, expected {' '.join(ports)}")
    for name in taken:
        if name not in line.defaults:
            raise InputError(f"{where} has no parameter {name!r}, which the card needs")
    for name in line.defaults:
        if name not in taken and name not in stated:
            raise InputError(f"{toml}: [{section}.{name}] is missing: {line.name} has {name} = {line.defaults[name]}")
    for name, parameter in stated.items():
        default = spice_number(line.defaults.get(name, ""))
        if default is None or abs(default - parameter.value) > 1e-12 * abs(parameter.value):
            got = line.defaults.get(name, "nothing")
            raise InputError(f"{where}: {name} = {got}, expected the value of {section}.{name}, {parameter.value:.12g}")
