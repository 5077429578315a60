"""Check DAC codes once, before any work."""

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError
from circuitsim.spec.real_numbers import real_numbers


def check_codes(codes: ArrayLike, bits: int, rows: int, of: str) -> np.ndarray:
    """Return codes (batch, rows) as floats.

    Args:
        codes: The codes.
        bits: Resolution.
        rows: Number of rows.
        of: What has this resolution, for the message.

    Raises:
        InputError: The shape does not fit, there is no vector, or a value is not a whole number from 0 to 2^bits − 1;
            names its place.
    """
    words, top = real_numbers("codes", codes), 2**bits - 1
    if words.ndim != 2 or words.shape[1] != rows or len(words) == 0:
        raise InputError(f"codes has shape {words.shape}: expected (batch, rows) = (1 or more, {rows})")
    wrong = ~((words >= 0) & (words <= top) & (words == np.round(words)))
    if wrong.any():
        vector, row = (int(k) for k in np.argwhere(wrong)[0])
        raise InputError(
            f"codes[{vector}, {row}] = {words[vector, row]:g}: expected whole numbers from 0 to {top}, of {of} with "
            f"{bits} bits"
        )
    return words
