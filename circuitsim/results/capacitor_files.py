"""The parts of a capacitor cell in files: its coefficients as an array, everything else as plain values."""

import dataclasses
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.capacitor_cell import CapacitorCell
from circuitsim.results.json_records import from_plain

COEFFICIENTS = "coefficients"
_ROWS = 4  # c, its time constant, and the capacitances of both lines
_Scalars = dataclasses.make_dataclass(
    "_Scalars",
    [(name, kind) for name, kind in get_type_hints(CapacitorCell).items() if name != COEFFICIENTS],
    frozen=True,
)


def capacitor_values(cell: CapacitorCell) -> dict[str, Any]:
    """Return every field of a cell but its coefficients, as plain values."""
    return {name: value for name, value in dataclasses.asdict(cell).items() if name != COEFFICIENTS}


def capacitor_of(path: Path, values: object, coefficients: np.ndarray) -> CapacitorCell:
    """Return the cell of the values and coefficients in a file.

    Raises:
        InputError: A value is missing or of the wrong type, or the coefficients have another shape or are not finite.
    """
    scalars = from_plain(path, _Scalars, values, under="surface")
    shape = coefficients.shape
    sound = len(shape) == 2 and shape[0] == _ROWS and shape[1] > 0
    if not sound or coefficients.dtype != np.float64 or not np.all(np.isfinite(coefficients)):
        raise InputError(
            f"{path}: damaged: {COEFFICIENTS} has shape {shape} and type {coefficients.dtype}, expected {_ROWS} rows "
            "of finite float64"
        )
    known = {field.name: getattr(scalars, field.name) for field in dataclasses.fields(scalars)}
    return CapacitorCell(coefficients, **known)
