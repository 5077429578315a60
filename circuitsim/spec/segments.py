"""Resistance or capacitance of a wire: one number for all segments, or an array with one number per segment."""

from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BeforeValidator
from pydantic_core import PydanticCustomError

from circuitsim.errors import ARRAY_FAULTS, InputError, reason_of
from circuitsim.spec.dimensions import of_dimension
from circuitsim.spec.real_numbers import real_numbers
from circuitsim.units import parse_quantity

_Grid = tuple[tuple[float, ...], ...]


def _segments(value: object) -> float | _Grid:
    if isinstance(value, Path) or (isinstance(value, str) and value.endswith(".npy")):
        value = _load(Path(value))
    if isinstance(value, list | tuple | np.ndarray):
        return _grid(value)
    try:
        number = parse_quantity(value)
    except InputError as error:
        raise ValueError(f"{error}, or a .npy file with one value per segment") from None
    if number < 0:
        raise PydanticCustomError("greater_than_equal", "Input should be greater than or equal to 0")
    return number


def _load(path: Path) -> np.ndarray:
    try:
        return np.load(path, allow_pickle=False)
    except FileNotFoundError:
        raise ValueError(f"{path}: no such file, expected an array saved by numpy.save") from None
    except ARRAY_FAULTS as error:
        raise ValueError(f"{path}: not a readable .npy file ({reason_of(error)})") from None


def _grid(value: object) -> _Grid:
    try:
        array = real_numbers("the array", value) + 0.0  # type: ignore[arg-type]  # -0.0 and 0.0 are one value
    except InputError:
        raise ValueError("expected a two-dimensional array of numbers, one per segment") from None
    if array.ndim != 2 or array.size == 0:
        raise ValueError(f"got an array of shape {array.shape}, expected two dimensions, one value per segment")
    bad = ~(np.isfinite(array) & (array >= 0))
    if bad.any():
        index = [int(k) for k in np.argwhere(bad)[0]]
        raise ValueError(f"{index} = {array[tuple(index)]:g}, expected a finite number >= 0")
    return tuple(map(tuple, array.tolist()))


# A tuple, not an array: it is immutable, compares by value, and its values are part of the digest of a specification.
_Segments = Annotated[float | _Grid, BeforeValidator(_segments, json_schema_input_type=float | str | list[list[float]])]


def _largest(value: float | _Grid) -> float:
    return value if isinstance(value, float | int) else max(max(line) for line in value)


SegmentResistances = Annotated[_Segments, *of_dimension("ohm", _largest)]
SegmentCapacitances = Annotated[_Segments, *of_dimension("F", _largest)]


def segment_array(key: str, value: float | _Grid, shapes: tuple[tuple[int, int], ...]) -> np.ndarray:
    """Return a new array of one of `shapes`; a single number fills an array of the last shape.

    Raises:
        ValueError: The value is an array of another shape; the message names `key`.
    """
    if isinstance(value, float | int):
        return np.full(shapes[-1], float(value))
    array = np.array(value)
    if array.shape not in shapes:
        expected = " or ".join(str(shape) for shape in shapes)
        raise ValueError(f"{key} has shape {array.shape}, expected {expected}: one value per segment")
    return array
