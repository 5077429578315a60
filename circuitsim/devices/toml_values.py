"""Values of a `device.toml`: each is read by one function that names file and key when it cannot be used."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from circuitsim.devices.card import FIT_QUALITIES, Dynamic, Parameter, State, Temperature
from circuitsim.errors import InputError

STATE_KINDS = ("conductance", "analog", "binary", "capacitance")


def read_toml(path: Path) -> dict[str, Any]:
    """Read the file as a plain dictionary.

    Raises:
        InputError: It is missing or no TOML.
    """
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError:
        raise InputError(f"{path}: no such file, expected the parameters of a device") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: not valid TOML: {error}") from None


def parameters(table: Mapping[str, Any], section: str, file: Path) -> Mapping[str, Parameter]:
    """Read `[section.NAME]` tables; `source` and `fit` of the section itself are defaults for its entries."""
    shared = {key: table[key] for key in ("source", "fit") if isinstance(table.get(key), str)}
    found = {}
    for name, entry in table.items():
        if name in shared:
            continue
        key = f"{section}.{name}"
        if not isinstance(entry, dict):
            raise InputError(f"{file}: {key} = {entry!r}, expected a table with value, unit, source, fit")
        entry = shared | entry
        fit = text(entry, "fit", file, key)
        if fit not in FIT_QUALITIES:
            raise InputError(f"{file}: {key}.fit = {fit!r}, expected one of {', '.join(FIT_QUALITIES)}")
        value = number(entry, "value", file, key)
        unit, source = (text(entry, word, file, key) for word in ("unit", "source"))
        found[name] = Parameter(name, value, unit, source, fit, str(entry.get("condition", "")))
    return MappingProxyType(found)


def state(table: Mapping[str, Any], file: Path) -> State:
    """Read `[state]`."""
    kind = text(table, "kind", file, "state")
    if kind not in STATE_KINDS:
        raise InputError(f"{file}: state.kind = {kind!r}, expected one of {', '.join(STATE_KINDS)}")
    numbers = {key: number(table, key, file, "state") for key in ("minimum", "maximum", "g_min", "g_max", "v_read")}
    for low, high in (("minimum", "maximum"), ("g_min", "g_max")):
        if numbers[high] <= numbers[low]:
            raise InputError(f"{file}: state.{high} = {numbers[high]:g}, expected more than {low} = {numbers[low]:g}")
    bias = table.get("bias", {})
    return State(
        parameter=text(table, "parameter", file, "state"),
        unit=text(table, "unit", file, "state"),
        kind=kind,
        source=text(table, "source", file, "state"),
        bias=MappingProxyType({name: number(bias, name, file, "state.bias") for name in bias}),
        **numbers,
    )


def dynamic(table: Mapping[str, Any], file: Path) -> Dynamic:
    """Read `[dynamic]`."""
    return Dynamic(
        subckt=text(table, "subckt", file, "dynamic"),
        ports=tuple(text(table, "ports", file, "dynamic").split()),
        parameter=text(table, "state", file, "dynamic"),
        unit=text(table, "unit", file, "dynamic"),
        minimum=number(table, "minimum", file, "dynamic"),
        maximum=number(table, "maximum", file, "dynamic"),
        parameters=parameters(table.get("parameters", {}), "dynamic.parameters", file),
    )


def temperature(table: Mapping[str, Any], file: Path) -> Temperature:
    """Read `[temperature]`."""
    law, source = (text(table, key, file, "temperature") for key in ("law", "source"))
    low, high = (number(table, key, file, "temperature") for key in ("min_c", "max_c"))
    return Temperature(law, source, low, high)


def section(data: Mapping[str, Any], key: str, file: Path) -> dict[str, Any]:
    """A table that must be there."""
    if not isinstance(data.get(key), dict):
        raise InputError(f"{file}: [{key}] is missing")
    return data[key]


def sentences(data: Mapping[str, Any], key: str, file: Path) -> tuple[str, ...]:
    """A list of texts that must not be empty."""
    value = data.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) and item for item in value):
        raise InputError(f"{file}: {key} = {value!r}, expected a list of texts")
    return tuple(value)


def text(table: Mapping[str, Any], key: str, file: Path, where: str = "") -> str:
    """A text that must be there."""
    value = table.get(key)
    if isinstance(value, str) and value.strip():
        return value
    name = f"{where}.{key}" if where else key
    got = "is missing" if key not in table else f"= {value!r}"
    raise InputError(f"{file}: {name} {got}, expected a text")


def number(table: Mapping[str, Any], key: str, file: Path, where: str) -> float:
    """A number that must be there."""
    value = table.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value:
        got = "is missing" if key not in table else f"= {value!r}"
        raise InputError(f"{file}: {where}.{key} {got}, expected a number")
    return float(value)
