"""The one door for arrays: what enters is a float64 array of real numbers, or it is refused in one sentence."""

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError

_NUMBERS = "biuf"  # kinds of NumPy: truth values, whole numbers, real numbers


def real_numbers(
    name: str, values: ArrayLike, *, shape: tuple[int, ...] | None = None, axes: str = "", keep_type: bool = False
) -> np.ndarray:
    """Return an argument as a float64 array; an error message calls it `name`.

    Args:
        name: Name of the argument.
        values: A number, nested sequences, or an array of any library that converts to NumPy.
        shape: Required shape; None: any.
        keep_type: Return the type of the numbers as given, instead of float64.
        axes: Meaning of the required axes, for the message: "(rows, cols)".

    Raises:
        InputError: A value is masked, complex, a text or another object, rows differ in length, or the shape is another
            one.
    """
    if _masked(values):
        raise InputError(f"{name} has masked values, expected a number for every entry")
    try:
        array = np.asarray(values)
    except Exception:  # ragged lists, and whatever the conversion of a foreign array raises
        raise InputError(
            f"{name} cannot be read as an array of real numbers: expected numbers, in rows of equal length"
        ) from None
    if array.dtype.kind not in _NUMBERS:
        raise InputError(
            f"{name} cannot be read as an array of real numbers: its values are of type {array.dtype.name}"
        )
    if shape is not None and array.shape != shape:
        raise InputError(f"{name} has shape {array.shape}, expected {axes + ' = ' if axes else ''}{shape}")
    return array if keep_type else np.asarray(array, dtype=np.float64)


def _masked(values: object) -> bool:
    if isinstance(values, list | tuple):
        return any(map(_masked, values))
    return values is np.ma.masked or bool(np.ma.is_masked(values))
