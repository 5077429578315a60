"""DAC codes at the edge: what they must be, and the DAC that stands for the rows of an array."""

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError, SpecError
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec, real_numbers


def checked_codes(codes: ArrayLike, bits: int, rows: int, of: str) -> np.ndarray:
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


def one_bit_dac(spec: ArraySpec) -> ConverterTable:
    """Return the driver of a bit-serial row: v_ref and v_ref + v_read on bit lines, 0 and 1 on gates."""
    return ConverterTable(1, *(spec.drive_range if spec.array.input_line == "bl" else (0.0, 1.0)))


def serial_bits(spec: ArraySpec) -> int:
    """Return the number of bits of a bit-serial input.

    Raises:
        SpecError: driver.dac_bits is missing.
    """
    if spec.driver.dac_bits is None:
        raise SpecError("driver.dac_bits is missing: driver.input_code = 'bit_serial' needs the number of bits")
    return spec.driver.dac_bits
