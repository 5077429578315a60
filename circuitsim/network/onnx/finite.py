"""Tell at once whether all numbers of an array are finite."""

import numpy as np


def is_finite(array: np.ndarray) -> bool:
    """Tell whether all numbers of an array are finite: a sum of their squares, computed at once, is so only then."""
    if array.dtype.kind == "f":
        flat = array.reshape(-1)
        with np.errstate(all="ignore"):
            squares = np.dot(flat, flat)
        if np.isfinite(squares):
            return True
    return bool(np.isfinite(array).all())
