"""Read a device folder (`model.lib`, `device.toml`) into a card, and refuse what is incomplete by a sentence."""

import tomllib
from pathlib import Path
from types import MappingProxyType
from typing import Any

from circuitsim.devices.card import FIT_QUALITIES, Card, Parameter, State, Temperature
from circuitsim.devices.header import find_subckt, read_header, spice_number
from circuitsim.errors import InputError
from circuitsim.resources import device_models_folder

SCHEMA = 1
TOP_KEYS = {"schema", "kind", "title", "ohmic", "subckt", "not_modelled", "state", "parameters", "model_parameters"}
TOP_KEYS |= {"temperature", "measured", "statistics", "model"}
GEOMETRY = ("w", "l")


def list_cards() -> list[str]:
    """Names of the shipped cards."""
    return sorted(path.parent.name for path in device_models_folder().glob("*/device.toml"))


def load_card(name: str) -> Card:
    """Load a folder of `device_models/`.

    Raises:
        InputError: There is no such card, or its header or a key of its `device.toml` is missing or unusable.
    """
    folder = device_models_folder() / name
    if not (folder / "device.toml").is_file():
        raise InputError(f"device model = {name!r}: no such card, expected one of {', '.join(list_cards())}")
    return load_folder(folder)


def load_folder(folder: Path) -> Card:
    """Load any device folder; the same checks as for the shipped cards.

    Raises:
        InputError: The header or a key of `device.toml` is missing or unusable; names file and key.
    """
    folder = Path(folder).resolve()
    toml, lib = folder / "device.toml", folder / "model.lib"
    data = _read_toml(toml)
    header = read_header(lib)
    if header["name"] != folder.name:
        raise InputError(f"{lib}: header name = {header['name']!r}, expected the folder's name {folder.name!r}")
    unknown = sorted(set(data) - TOP_KEYS)
    if unknown:
        raise InputError(f"{toml}: unknown key {unknown[0]!r}, expected one of {', '.join(sorted(TOP_KEYS))}")
    if data.get("schema") != SCHEMA:
        raise InputError(f"{toml}: schema = {data.get('schema')!r}, expected {SCHEMA}")
    kind = _text(data, "kind", toml)
    if kind not in ("memory", "transistor"):
        raise InputError(f"{toml}: kind = {kind!r}, expected 'memory' or 'transistor'")
    if kind == "memory" and "state" not in data:
        raise InputError(f"{toml}: [state] is missing: a memory states which parameter an array writes")
    card = Card(
        name=folder.name,
        kind=kind,
        title=_text(data, "title", toml),
        folder=folder,
        lib=lib,
        corner=None,
        subckt=data.get("subckt", folder.name),
        ports=tuple(header["ports"].split()),
        state=_state(data["state"], toml) if kind == "memory" else None,
        parameters=_parameters(data.get("parameters", {}), "parameters", toml),
        model_parameters=_parameters(data.get("model_parameters", {}), "model_parameters", toml),
        ohmic=bool(data.get("ohmic", False)),
        temperature=_temperature(_table(data, "temperature", toml), toml),
        source=header["source"],
        licence=header["licence"],
        valid=header["valid"],
        tested=header["tested"],
        deck_scale=1.0,
        not_modelled=tuple(_list(data, "not_modelled", toml)),
        measured=_parameters(data.get("measured", {}), "measured", toml),
        statistics=MappingProxyType(data.get("statistics", {})),
        header=MappingProxyType(header),
    )
    _check_subckt(card)
    return card


def _check_subckt(card: Card) -> None:
    """The SPICE file and the TOML file state the same terminals and the same defaults."""
    line = find_subckt(card.lib, card.subckt)
    if line.terminals != card.ports:
        raise InputError(
            f"{line.file}:{line.line}: .subckt {card.subckt} has the terminals {' '.join(line.terminals)},"
            f" expected those of the header: {' '.join(card.ports)}"
        )
    stated = dict(card.parameters)
    allowed = set(stated) | set(GEOMETRY if card.kind == "transistor" else ())
    if card.state is not None:
        allowed.add(card.state.parameter)
        if card.state.parameter not in line.defaults:
            raise InputError(f"{line.file}:{line.line}: no parameter {card.state.parameter!r}, the [state] of the card")
    for name in line.defaults:
        if name not in allowed:
            raise InputError(f"{card.folder / 'device.toml'}: [parameters.{name}] is missing: model.lib has {name}")
    for name, parameter in stated.items():
        default = spice_number(line.defaults.get(name, ""))
        if default is None or abs(default - parameter.value) > 1e-12 * abs(parameter.value):
            raise InputError(
                f"{line.file}:{line.line}: {name} = {line.defaults.get(name)}, expected the value of device.toml,"
                f" {parameter.value:.12g}"
            )


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError(f"{path}: no such file, expected the parameters of a device") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid TOML: {error}") from None


def _parameters(table: dict[str, Any], section: str, file: Path) -> MappingProxyType[str, Parameter]:
    """Read `[section.NAME]` tables; `source` and `fit` of the section itself are defaults for its entries."""
    shared = {key: table[key] for key in ("source", "fit") if isinstance(table.get(key), str)}
    parameters = {}
    for name, entry in table.items():
        if name in shared:
            continue
        key = f"{section}.{name}"
        if not isinstance(entry, dict):
            raise InputError(f"{file}: {key} = {entry!r}, expected a table with value, unit, source, fit")
        entry = shared | entry
        fit = _text(entry, "fit", file, key)
        if fit not in FIT_QUALITIES:
            raise InputError(f"{file}: {key}.fit = {fit!r}, expected one of {', '.join(FIT_QUALITIES)}")
        value = _number(entry, "value", file, key)
        parameters[name] = Parameter(
            name, value, _text(entry, "unit", file, key), _text(entry, "source", file, key), fit
        )
    return MappingProxyType(parameters)


def _state(table: dict[str, Any], file: Path) -> State:
    kind = _text(table, "kind", file, "state")
    if kind not in ("conductance", "analog", "binary", "capacitance"):
        raise InputError(f"{file}: state.kind = {kind!r}, expected conductance, analog, binary or capacitance")
    numbers = {key: _number(table, key, file, "state") for key in ("minimum", "maximum", "g_min", "g_max", "v_read")}
    for low, high in (("minimum", "maximum"), ("g_min", "g_max")):
        if numbers[high] <= numbers[low]:
            raise InputError(f"{file}: state.{high} = {numbers[high]:g}, expected more than {low} = {numbers[low]:g}")
    return State(
        parameter=_text(table, "parameter", file, "state"),
        unit=_text(table, "unit", file, "state"),
        kind=kind,
        source=_text(table, "source", file, "state"),
        **numbers,
    )


def _temperature(table: dict[str, Any], file: Path) -> Temperature:
    law, source = (_text(table, key, file, "temperature") for key in ("law", "source"))
    low, high = (_number(table, key, file, "temperature") for key in ("min_c", "max_c"))
    return Temperature(law, source, low, high)


def _table(data: dict[str, Any], key: str, file: Path) -> dict[str, Any]:
    if not isinstance(data.get(key), dict):
        raise InputError(f"{file}: [{key}] is missing")
    return data[key]


def _list(data: dict[str, Any], key: str, file: Path) -> list[str]:
    value = data.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
        raise InputError(f"{file}: {key} = {value!r}, expected a list of sentences: what the card leaves out")
    return value


def _text(table: dict[str, Any], key: str, file: Path, section: str = "") -> str:
    value = table.get(key)
    if not isinstance(value, str) or not value.strip():
        where = f"{section}.{key}" if section else key
        raise InputError(
            f"{file}: {where} is missing or empty, expected a text"
            if value is None or value == ""
            else f"{file}: {where} = {value!r}, expected a text"
        )
    return value


def _number(table: dict[str, Any], key: str, file: Path, section: str) -> float:
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        raise InputError(f"{file}: {section}.{key} = {value!r}, expected a number")
    return float(value)
