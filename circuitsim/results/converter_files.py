"""Save and load the tables of characterized converters: arrays as `.npz`, everything else as JSON in it."""

import dataclasses
import json
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.json_records import check_kind, from_plain
from circuitsim.results.npz_files import read_npz, write_npz
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.results.table_files import seal_of
from circuitsim.spec import checked

CONVERTER_SCHEMA = 1

_CONVERTER = "circuitsim converter table"
_ENERGY = "energy"
_KINDS = get_type_hints(ConverterTable)
_ARRAYS = tuple(name for name, kind in _KINDS.items() if "ndarray" in str(kind) and name != _ENERGY)
_Scalars: Any = dataclasses.make_dataclass(
    "_Scalars", [(name, kind) for name, kind in _KINDS.items() if name not in (*_ARRAYS, _ENERGY)], frozen=True
)


@checked
def save_converter_table(path: str | Path, table: ConverterTable, *, key: str = "") -> None:
    """Write the table of a converter as one `.npz` file.

    Args:
        path: The file.
        table: The table.
        key: Digest of everything on which the table depends; a seal over key and content is stored with it.

    Raises:
        InputError: The folder cannot be written.
    """
    plain = {
        field.name: getattr(table, field.name)
        for field in dataclasses.fields(table)
        if field.name not in (*_ARRAYS, _ENERGY)
    }
    if table.provenance is not None:
        plain["provenance"] = dataclasses.asdict(table.provenance)
    arrays = {name: getattr(table, name) for name in _ARRAYS if getattr(table, name) is not None}
    arrays |= {f"{_ENERGY}.{part}": values for part, values in table.energy.items()}
    about = {"format": _CONVERTER, "schema": CONVERTER_SCHEMA, "table": plain, "arrays": sorted(arrays)}
    sealed = {**about, "seal": seal_of(key, about, arrays)}
    write_npz(Path(path), {**arrays, "about": np.array(json.dumps(sealed, allow_nan=False))})


@checked
def load_converter_table(path: str | Path, *, key: str = "") -> ConverterTable:
    """Read a table written by `save_converter_table` under the same key.

    Raises:
        InputError: The file is missing, damaged or of another version, or was stored under another key, or its values
            were changed since.
    """
    path = Path(path)
    try:
        about = json.loads(str(read_npz(path, ("about",), _CONVERTER)["about"][()]))
    except (ValueError, RecursionError):
        raise InputError(f"{path}: damaged: the description in it is not JSON") from None
    check_kind(path, about, _CONVERTER, CONVERTER_SCHEMA)
    names = about.get("arrays")
    if not isinstance(names, list) or not all(
        isinstance(name, str) and (name in _ARRAYS or name.startswith(f"{_ENERGY}.")) for name in names
    ):
        raise InputError(f"{path}: damaged: the arrays in it are not those of a {_CONVERTER}")
    arrays = read_npz(path, tuple(names), _CONVERTER)
    if about.pop("seal", None) != seal_of(key, about, arrays):
        raise InputError(f"{path}: damaged: its content is not what was stored under this key")
    scalars = from_plain(path, _Scalars, about.get("table"), under="table")
    energy = {name.removeprefix(f"{_ENERGY}."): values for name, values in arrays.items() if "." in name}
    own: dict[str, Any] = {name: arrays[name] for name in names if name in _ARRAYS}
    return ConverterTable(
        **{field.name: getattr(scalars, field.name) for field in dataclasses.fields(scalars)}, **own, energy=energy
    )
