"""Save and load the tables of characterized converters: arrays as `.npz`, everything else as JSON in it."""

import dataclasses
from pathlib import Path
from typing import Any, get_type_hints

from circuitsim.results.json_records import from_plain
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.results.sealed_files import read_sealed, write_sealed
from circuitsim.spec import checked

CONVERTER_SCHEMA = 2

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
    plain["noise_parts"] = dict(table.noise_parts)
    plain["simulated"] = None if table.simulated is None else list(table.simulated)
    if table.provenance is not None:
        plain["provenance"] = dataclasses.asdict(table.provenance)
    arrays = {name: getattr(table, name) for name in _ARRAYS if getattr(table, name) is not None}
    arrays |= {f"{_ENERGY}.{part}": values for part, values in table.energy.items()}
    write_sealed(Path(path), _CONVERTER, CONVERTER_SCHEMA, {"table": plain}, arrays, key=key)


@checked
def load_converter_table(path: str | Path, *, key: str = "") -> ConverterTable:
    """Read a table written by `save_converter_table` under the same key.

    Raises:
        InputError: The file is missing, damaged or of another version, or was stored under another key, or its values
            were changed since.
    """
    about, arrays = read_sealed(Path(path), _CONVERTER, CONVERTER_SCHEMA, _known, key=key)
    scalars = from_plain(Path(path), _Scalars, about.get("table"), under="table")
    energy = {name.removeprefix(f"{_ENERGY}."): values for name, values in arrays.items() if "." in name}
    own: dict[str, Any] = {name: arrays[name] for name in _ARRAYS if name in arrays}
    return ConverterTable(
        **{field.name: getattr(scalars, field.name) for field in dataclasses.fields(scalars)}, **own, energy=energy
    )


def _known(name: str) -> bool:
    return name in _ARRAYS or name.startswith(f"{_ENERGY}.")
