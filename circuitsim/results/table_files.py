"""Save and load the tables of characterized blocks: arrays as `.npz`, everything else as JSON in it."""

import dataclasses
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from circuitsim.results.json_records import from_plain
from circuitsim.results.sealed_files import read_sealed, write_sealed
from circuitsim.results.sense_table import SenseDynamics, SenseTable
from circuitsim.spec import checked

TABLE_SCHEMA = 4

_SENSE = "circuitsim sense table"
_DYNAMICS = "dynamics"
_EARLIER = "it does not say of which text of its circuit it was made: calibrate the array again"


def _arrays_of(record: type) -> tuple[str, ...]:
    return tuple(name for name, kind in get_type_hints(record).items() if "ndarray" in str(kind))


_OF_TABLE, _OF_DYNAMICS = _arrays_of(SenseTable), _arrays_of(SenseDynamics)


def _scalars(record: type, name: str) -> Any:
    """Return a record of the fields that are neither arrays nor the dynamics."""
    kinds = get_type_hints(record).items()
    kept = [(each, kind) for each, kind in kinds if each not in (*_OF_TABLE, *_OF_DYNAMICS, _DYNAMICS)]
    return dataclasses.make_dataclass(name, kept, frozen=True)


_TableScalars = _scalars(SenseTable, "_TableScalars")
_DynamicsScalars = _scalars(SenseDynamics, "_DynamicsScalars")


@checked
def save_sense_table(path: str | Path, table: SenseTable, *, key: str = "") -> None:
    """Write the table of a sense amplifier as one `.npz` file.

    Args:
        path: The file.
        table: The table.
        key: Digest of everything on which the table depends; a seal over key and content is stored with it.

    Raises:
        InputError: The folder cannot be written.
    """
    arrays, content = _taken_apart(table)
    write_sealed(Path(path), _SENSE, TABLE_SCHEMA, content, arrays, key=key)


@checked
def load_sense_table(path: str | Path, *, key: str = "") -> SenseTable:
    """Read a table written by `save_sense_table` under the same key.

    Raises:
        InputError: The file is missing, damaged or of another version, or was stored under another key, or its values
            were changed since.
    """
    known = {*_OF_TABLE, *(f"{_DYNAMICS}.{name}" for name in _OF_DYNAMICS)}
    about, arrays = read_sealed(Path(path), _SENSE, TABLE_SCHEMA, known.__contains__, key=key, earlier=_EARLIER)
    return _put_together(Path(path), about, arrays)


def _taken_apart(table: SenseTable) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the arrays of a table by name, and everything else as plain values."""
    plain = dataclasses.asdict(table)
    dynamics = plain.pop(_DYNAMICS)
    arrays = {name: getattr(table, name) for name in _OF_TABLE if getattr(table, name) is not None}
    content: dict[str, Any] = {"table": {k: value for k, value in plain.items() if k not in _OF_TABLE}, _DYNAMICS: None}
    if dynamics is not None:
        arrays |= {f"{_DYNAMICS}.{name}": dynamics.pop(name) for name in _OF_DYNAMICS}
        content[_DYNAMICS] = dynamics | {"noise_band": list(dynamics["noise_band"])}
    return arrays, content


def _put_together(path: Path, about: dict[str, Any], arrays: dict[str, np.ndarray]) -> SenseTable:
    scalars = from_plain(path, _TableScalars, about.get("table"), under="table")
    dynamics = None
    if about.get(_DYNAMICS) is not None:
        parts = _fields(from_plain(path, _DynamicsScalars, about[_DYNAMICS], under=_DYNAMICS))
        parts |= {name: arrays[f"{_DYNAMICS}.{name}"] for name in _OF_DYNAMICS}
        dynamics = SenseDynamics(**parts)
    own: dict[str, Any] = {name: arrays[name] for name in _OF_TABLE if name in arrays}
    return SenseTable(**_fields(scalars), **own, dynamics=dynamics)


def _fields(record: Any) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record)}
