"""The effective configuration: every key of a specification with its value, unit and meaning."""

import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from pydantic import BaseModel

from circuitsim.spec import ArraySpec
from circuitsim.units import format_quantity

_UNIT = re.compile(r"\s*\[([^\]]+)\]")
_ABSENT = "–"


def configuration(spec: ArraySpec) -> dict[str, list[tuple[str, str, str]]]:
    """List every key, defaults included: nothing is ideal without saying so.

    Returns:
        For each part ("array", "wire", …) its lines: key, value with unit, meaning.
    """
    parts = {}
    for name in type(spec).model_fields:
        part = getattr(spec, name)
        if isinstance(part, BaseModel):
            parts[name] = _given_first(_lines(part))
    parts["wire"] += _wire_numbers(spec)
    return parts


def _lines(part: BaseModel, prefix: str = "") -> list[tuple[str, str, str]]:
    lines = []
    unused = _unused(part)
    for key, info in type(part).model_fields.items():
        description = info.description or ""
        found = _UNIT.search(description)
        unit = {"ohm": "Ω"}.get(found[1], found[1]) if found else ""
        value = getattr(part, key)
        if isinstance(value, BaseModel):
            lines += _lines(value, f"{prefix}{key}.")
        elif key not in unused:
            meaning = _UNIT.sub("", description)
            lines.append((prefix + key, _absent(meaning) if value is None else _value(value, unit), meaning))
    return lines


def _given_first(lines: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """Keys with a value, then one line that names those without."""
    absent = [key for key, value, _ in lines if value == _ABSENT]
    given = [line for line in lines if line[1] != _ABSENT]
    return [*given, ("not given", _ABSENT, ", ".join(absent))] if absent else given


def _unused(part: BaseModel) -> tuple[str, ...]:
    """Keys that belong to another choice: a shipped model, a device folder, a user's file."""
    if getattr(part, "model", None) is not None:
        return ("file", "corner", "subckt", "ports", "state", "folder")
    if getattr(part, "folder", None) is not None:
        return ("file", "subckt", "ports", "state", "model")
    if getattr(part, "file", None) is not None:
        return ("model", "folder")
    return ()


def _absent(meaning: str) -> str:
    """A key that was left out; where that means that something is not modelled, say so."""
    return "ideal" if "absent: ideal" in meaning or "absent: no quantization" in meaning else _ABSENT


def _value(value: object, unit: str) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return _number(value, unit)
    if isinstance(value, np.ndarray) or (isinstance(value, tuple) and value and isinstance(value[0], tuple)):
        numbers = np.asarray(value, dtype=float)
        shape = " × ".join(str(n) for n in numbers.shape)
        return f"{_number(float(numbers.min()), unit)} to {_number(float(numbers.max()), unit)} ({shape})"
    if isinstance(value, Mapping):
        return ", ".join(f"{key} = {item:g}" for key, item in value.items()) or "none"
    if isinstance(value, tuple | list):
        return " ".join(str(item) for item in value)
    if isinstance(value, Path):
        return value.name
    return f"{value} {unit}".strip() if isinstance(value, int) else str(value)


def _number(value: float, unit: str) -> str:
    """With an SI prefix where the unit takes one."""
    return format_quantity(value, unit) if unit.isalpha() or not unit else f"{value:g} {unit}"


def _wire_numbers(spec: ArraySpec) -> list[tuple[str, str, str]]:
    """Resistance of one segment times g_max: what decides the IR drop, and what papers quote."""
    lines = []
    for key in ("r_row", "r_col"):
        value = float(np.max(np.asarray(getattr(spec.wire, key), dtype=float))) * spec.device.g_max
        lines.append(
            (
                f"{key} · g_max",
                f"{value:.3g}",
                "Resistance of one segment relative to the smallest resistance of a device, 1 / g_max",
            )
        )
    return lines
