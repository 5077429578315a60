"""Check that the numbers of a loaded record can mean what their names say: in order and of the right sign."""

import dataclasses
import itertools
import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from circuitsim.errors import InputError
from circuitsim.results.capacitor_cell import CapacitorCell
from circuitsim.results.cell_charges import CellCharges
from circuitsim.results.certificate import Certificate, ErrorStatistics, Extrapolation, GradeErrors, RowErrors
from circuitsim.results.error_scale import error_scale, solvers_agree
from circuitsim.results.surface import CellSurface
from circuitsim.results.tile_model import TileModel
from circuitsim.results.worst_case import LoadTable, ReadCase, WorstFound
from circuitsim.spec.complaints import shown

_ROUNDING = 1e-9  # of a value that is computed from the same numbers as its bound
_LARGEST_COUNT = 10**12
_COUNTED = f"1 to {_LARGEST_COUNT}"
_NO_WORSE = "no error above that of the worst case"
_NO_FALL = "errors of 0 or more that never fall"
_STEEP = 10.0  # currents of all cells of a column at full voltage, over full scale: wires take away as much at most
_ZERO_KELVIN = -273.15  # [°C]

_Rule = tuple[str, Callable[[Any], bool], str]  # field, whether a record is right, what is expected


def _above(*fields: str) -> list[_Rule]:
    return [(name, lambda record, name=name: getattr(record, name) > 0, "a number above 0") for name in fields]


def _not_negative(*fields: str) -> list[_Rule]:
    return [(name, lambda record, name=name: getattr(record, name) >= 0, "0 or more") for name in fields]


def _counts(*fields: str) -> list[_Rule]:
    return [(name, lambda record, name=name: 1 <= getattr(record, name) <= _LARGEST_COUNT, _COUNTED) for name in fields]


def _ranges(*fields: str) -> list[_Rule]:
    rising = "a lower and a higher end"
    return [(name, lambda r, name=name: getattr(r, name)[0] < getattr(r, name)[1], rising) for name in fields]


def _at_most(field: str, other: str) -> _Rule:
    def holds(record: Any) -> bool:
        return abs(getattr(record, field)) <= getattr(record, other) * (1 + _ROUNDING)

    return field, holds, f"at most {other} in magnitude"


_ITS_ARRAY = "a case of this array"
_POSITIVE_G: _Rule = ("g_range", lambda record: record.g_range[0] > 0, "conductances above 0")

_RULES: dict[type, list[_Rule]] = {
    ErrorStatistics: [
        *_not_negative("rms", "max", "mean_abs", "p50", "p95", "p99", "p999"),
        *_counts("samples"),
        _at_most("bias", "mean_abs"),
        _at_most("mean_abs", "rms"),
        _at_most("rms", "max"),
        _at_most("p50", "p95"),
        _at_most("p95", "p99"),
        _at_most("p99", "p999"),
        _at_most("p999", "max"),
    ],
    RowErrors: [
        *_above("largest"),
        ("witness", lambda record: record.witness is None or record.witness >= 0, "0 or more, or null"),
    ],
    GradeErrors: [
        *_not_negative("rms"),
        ("worst", lambda record: record.worst is None or record.worst >= 0, "0 or more, or null"),
    ],
    ReadCase: [
        ("shape", lambda case: all(1 <= n <= _LARGEST_COUNT for n in case.shape), f"two numbers {_COUNTED}"),
        ("g_runs", lambda case: _covers(case.g_runs, case.shape[0] * case.shape[1]), "conductances of all cells"),
        ("g_runs", lambda case: all(g >= 0 for _, g in case.g_runs), "conductances of 0 or more"),
        ("v_runs", lambda case: _covers(case.v_runs, case.shape[0]), "one input for each row"),
        ("column", lambda case: 0 <= case.column < case.shape[1], "one of the columns"),
    ],
    WorstFound: [*_not_negative("error"), *_counts("programs", "vectors")],
    LoadTable: [
        ("loads", lambda table: table.loads[-1:] == (1.0,) and _rises(table.loads), "caps that rise to 1"),
        ("worst", lambda table: len(table.worst) == len(table.loads), "one error for each cap"),
        ("worst", lambda table: all(e >= 0 for e in table.worst) and _rises(table.worst, flat=True), _NO_FALL),
        ("coefficient", lambda table: _contains(table), "a number with worst <= coefficient * load for every cap"),
        ("drawn", lambda table: table.drawn is None or table.drawn >= 0, "0 or more, or null"),
        ("fresh", lambda table: table.fresh is None or 0 <= table.fresh <= 1, "0 to 1, or null"),
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
        ("max_worst", lambda record: record.max_worst is None or record.max_worst > 0, "a number above 0"),
        ("full_scale_case", lambda record: record.full_scale_case.shape == (record.rows, record.cols), _ITS_ARRAY),
        ("worst", lambda record: record.worst is None or _of_array(record), _ITS_ARRAY),
        ("worst", lambda record: record.worst is None or _error_of_currents(record), "the error of its witness"),
        (
            "worst",
            lambda record: record.worst is None or _solved_alike(record),
            "one current at the levels nodal and ngspice",
        ),
        ("by_load", lambda record: None in (record.worst, record.by_load) or _no_larger(record), _NO_WORSE),
        ("time_s", lambda record: record.time_s is None or record.time_s >= 0, "0 or more"),
    ],
    CellSurface: [
        *_ranges("g_range", "m_range"),
        _POSITIVE_G,
        *_above("u_max", "i_max"),
        *_not_negative("bound", "g_parallel", "g_scale"),
        ("bound_over_g", lambda record: record.bound_over_g is None or record.bound_over_g >= 0, "0 or more"),
    ],
    CellCharges: [
        *_ranges("v_range"),
        _POSITIVE_G,
        *_not_negative("g_scale", "c_max", "bound", "lag"),
    ],
    CapacitorCell: [
        *_ranges("g_range"),
        ("g_range", lambda record: record.g_range[0] >= 0, "capacitances of 0 or more"),
        *_not_negative("bound"),
    ],
    TileModel: [
        *_counts("grade"),
        *_ranges("v_range"),
        (
            "v_range",
            lambda model: _of_gates(model) or _in_surface(model),
            "a range within surface.m_range, in which the cell was characterized",
        ),
        ("v_range", lambda model: not _of_gates(model) or tuple(model.v_range) == (0.0, 1.0), "0 to 1 for gates"),
        ("off", lambda model: _of_gates(model) or model.off is None, "no second cell: no input switches gates"),
        ("between", lambda model: len(model.between) == _between(model), "a cell for each of driver.gate_levels"),
    ],
}


def _of_gates(model: Any) -> bool:
    return model.spec.array.input_line != "bl"


def _between(model: Any) -> int:
    """Return how many levels of the gates lie between input 0 and input 1."""
    levels = model.spec.driver.gate_levels
    return 0 if levels is None else len(levels) - 2


def _in_surface(model: Any) -> bool:
    """Whether the inputs of bit lines lie where the cell was characterized; a capacitor is one at any voltage."""
    return isinstance(model.surface, CapacitorCell) or _within(model.v_range, model.surface.m_range)


def _covers(runs: tuple[tuple[int, float], ...], count: int) -> bool:
    return all(often >= 1 for often, _ in runs) and sum(often for often, _ in runs) == count


def _rises(values: tuple[float, ...], *, flat: bool = False) -> bool:
    return all(low < high or (flat and low == high) for low, high in itertools.pairwise(values))


def _contains(table: LoadTable) -> bool:
    pairs = zip(table.loads, table.worst, strict=False)
    return all(worst <= table.coefficient * load * (1 + _ROUNDING) for load, worst in pairs)


def _of_array(record: Any) -> bool:
    return record.worst.witness.case.shape == (record.rows, record.cols)


def _scale(record: Any) -> float:
    return float(error_scale(record.worst.witness.nodal, record.full_scale, record.relative_to))


def _error_of_currents(record: Any) -> bool:
    witness = record.worst.witness
    return math.isclose(
        abs(witness.tile - witness.nodal) / _scale(record), record.worst.error, rel_tol=1e-6, abs_tol=1e-12
    )


def _solved_alike(record: Any) -> bool:
    witness, allowed = (
        record.worst.witness,
        max(solvers_agree(record.unit), _STEEP * record.rows * record.surface_bound),
    )
    return witness.ngspice is None or abs(witness.ngspice - witness.nodal) <= allowed * _scale(record)


def _no_larger(record: Any) -> bool:
    return record.by_load.worst[-1] <= record.worst.error * (1 + _ROUNDING)


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
