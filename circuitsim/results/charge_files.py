"""Save and load the charges of cells: coefficients as `.npz`, everything else as JSON in it."""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import get_type_hints

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.cell_charges import CellCharges, SwitchedAccess
from circuitsim.results.json_records import from_plain
from circuitsim.results.meaning import check_meaning
from circuitsim.results.sealed_files import read_sealed, write_sealed
from circuitsim.spec import checked

CHARGES_SCHEMA = 1
SWITCHED_SCHEMA = 2

_CHARGES = "circuitsim cell charges"
_SWITCHED = "circuitsim switched transistor"
_GATED = ("k", "q")
_TENSORS = ("forward", "reverse")
_ChargeScalars = dataclasses.make_dataclass(
    "_ChargeScalars",
    [(name, kind) for name, kind in get_type_hints(CellCharges).items() if name not in _TENSORS],
    frozen=True,
)
_SwitchedScalars = dataclasses.make_dataclass(
    "_SwitchedScalars",
    [(name, kind) for name, kind in get_type_hints(SwitchedAccess).items() if name not in _GATED],
    frozen=True,
)


@checked
def save_charges(path: str | Path, charges: CellCharges, *, key: str = "") -> None:
    """Write the charges of a cell as one `.npz` file.

    Args:
        path: The file.
        charges: The charges.
        key: Digest of everything on which the charges depend; a seal over key and content is stored with it.

    Raises:
        InputError: The folder cannot be written.
    """
    content = {name: value for name, value in dataclasses.asdict(charges).items() if name not in _TENSORS}
    arrays = {name: getattr(charges, name) for name in _TENSORS}
    write_sealed(Path(path), _CHARGES, CHARGES_SCHEMA, {"charges": content}, arrays, key=key)


@checked
def load_charges(path: str | Path, *, key: str = "") -> CellCharges:
    """Read charges written by `save_charges` under the same key.

    Raises:
        InputError: The file is missing, damaged or of another version, or was stored under another key, or its values
            were changed since.
    """
    path = Path(path)
    about, arrays = read_sealed(path, _CHARGES, CHARGES_SCHEMA, _TENSORS.__contains__, key=key)
    scalars = from_plain(path, _ChargeScalars, about.get("charges"), under="charges")
    values = {field.name: getattr(scalars, field.name) for field in dataclasses.fields(scalars)}
    shapes = {each.shape for each in arrays.values()}
    if len(arrays) < len(_TENSORS) or len(shapes) != 1 or [len(s) == 4 and s[0] == 3 for s in shapes] != [True]:
        raise InputError(f"{path}: damaged: expected the arrays {' and '.join(_TENSORS)}, both (3, n_t, n_u, n_m)")
    _check_coefficients(path, arrays)
    charges = CellCharges(**arrays, **values)
    check_meaning(path, charges)
    return charges


@checked
def save_switched(path: str | Path, switched: SwitchedAccess, *, key: str = "") -> None:
    """Write a transistor from gate off to gate on as one `.npz` file; `key` as in `save_charges`.

    Raises:
        InputError: The folder cannot be written.
    """
    content = {name: value for name, value in dataclasses.asdict(switched).items() if name not in _GATED}
    arrays = {name: getattr(switched, name) for name in _GATED}
    write_sealed(Path(path), _SWITCHED, SWITCHED_SCHEMA, {"transistor": content}, arrays, key=key)


@checked
def load_switched(path: str | Path, *, key: str = "") -> SwitchedAccess:
    """Read a transistor written by `save_switched` under the same key.

    Raises:
        InputError: As `load_charges`.
    """
    path = Path(path)
    about, arrays = read_sealed(path, _SWITCHED, SWITCHED_SCHEMA, _GATED.__contains__, key=key)
    scalars = from_plain(path, _SwitchedScalars, about.get("transistor"), under="transistor")
    if [arrays[name].ndim for name in _GATED if name in arrays] != [4, 5]:
        raise InputError(f"{path}: damaged: expected the arrays {' and '.join(_GATED)} of 4 and 5 axes")
    _check_coefficients(path, arrays)
    return SwitchedAccess(
        **arrays, **{field.name: getattr(scalars, field.name) for field in dataclasses.fields(scalars)}
    )


def _check_coefficients(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    if not all(each.dtype == np.float64 and np.all(np.isfinite(each)) for each in arrays.values()):
        raise InputError(f"{path}: damaged: expected finite float64 coefficients")
