"""Check that the numbers of a loaded record can mean what their names say: in order and of the right sign."""

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from circuitsim.errors import InputError
from circuitsim.results.certificate import Certificate, ErrorStatistics, Extrapolation
from circuitsim.results.surface import CellSurface
from circuitsim.results.tile_model import TileModel
from circuitsim.spec.complaints import shown

_ROUNDING = 1e-9  # of a value that is computed from the same numbers as its bound
_LARGEST_COUNT = 10**12
_ZERO_KELVIN = -273.15  # [°C]

_Rule = tuple[str, Callable[[Any], bool], str]  # field, whether a record is right, what is expected


def _above(*fields: str) -> list[_Rule]:
    return [(name, lambda record, name=name: getattr(record, name) > 0, "a number above 0") for name in fields]


def _not_negative(*fields: str) -> list[_Rule]:
    return [(name, lambda record, name=name: getattr(record, name) >= 0, "0 or more") for name in fields]


def _counts(*fields: str) -> list[_Rule]:
    expected = f"1 to {_LARGEST_COUNT}"
    return [(name, lambda record, name=name: 1 <= getattr(record, name) <= _LARGEST_COUNT, expected) for name in fields]


def _ranges(*fields: str) -> list[_Rule]:
    rising = "a lower and a higher end"
    return [(name, lambda r, name=name: getattr(r, name)[0] < getattr(r, name)[1], rising) for name in fields]


def _at_most(field: str, other: str) -> _Rule:
    def holds(record: Any) -> bool:
        return abs(getattr(record, field)) <= getattr(record, other) * (1 + _ROUNDING)

    return field, holds, f"at most {other} in magnitude"


_POSITIVE_G: _Rule = ("g_range", lambda record: record.g_range[0] > 0, "conductances above 0")

_RULES: dict[type, list[_Rule]] = {
    ErrorStatistics: [
        *_not_negative("rms", "max", "mean_abs", "p50", "p95", "p99"),
        *_counts("samples"),
        _at_most("bias", "mean_abs"),
        _at_most("mean_abs", "rms"),
        _at_most("rms", "max"),
        _at_most("p50", "p95"),
        _at_most("p95", "p99"),
        _at_most("p99", "max"),
    ],
    Extrapolation: [*_counts("rows", "cols"), *_above("full_scale")],
    Certificate: [
        *_counts("rows", "cols", "grade", "products", "matrices", "vectors"),
        *_above("full_scale"),
        *_not_negative("surface_bound"),
        *_ranges("g_range", "v_range"),
        _POSITIVE_G,
        ("truth", lambda record: record.truth in ("ngspice", "nodal"), "'ngspice' or 'nodal'"),
        ("by_column", lambda record: len(record.by_column) == record.cols, "one entry per column"),
        ("temperature_c", lambda record: record.temperature_c > _ZERO_KELVIN, "a temperature above -273.15 °C"),
        ("max_rms", lambda record: record.max_rms is None or record.max_rms > 0, "a number above 0"),
        ("time_s", lambda record: record.time_s is None or record.time_s >= 0, "0 or more"),
    ],
    CellSurface: [
        *_ranges("g_range", "m_range"),
        _POSITIVE_G,
        *_above("g_scale", "u_max", "i_max"),
        *_not_negative("bound"),
    ],
    TileModel: [
        *_counts("grade"),
        *_ranges("v_range"),
        (
            "v_range",
            lambda model: _within(model.v_range, model.surface.m_range),
            "a range within surface.m_range, in which the cell was characterized",
        ),
    ],
}


def check_meaning(path: str | Path, record: object) -> None:
    """Refuse a record in which a number contradicts its name or another number.

    Raises:
        InputError: Names the file, the key, the value and the expectation.
    """
    for key, value, expected in _faults(record, ""):
        raise InputError(f"{path}: damaged: {key} = {shown(value)}: expected {expected}")


def _faults(value: object, key: str) -> Iterator[tuple[str, object, str]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _faults(each, f"{key}.{name}")
    elif isinstance(value, tuple):
        for index, each in enumerate(value):
            yield from _faults(each, f"{key}.{index}")
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from _faults(getattr(value, field.name), f"{key}.{field.name}".lstrip("."))
        for name, holds, expected in _RULES.get(type(value), ()):
            if not holds(value):
                yield f"{key}.{name}".lstrip("."), getattr(value, name), expected


def _within(inner: tuple[float, float], outer: tuple[float, float]) -> bool:
    slack = _ROUNDING * (outer[1] - outer[0])
    return outer[0] - slack <= inner[0] and inner[1] <= outer[1] + slack
