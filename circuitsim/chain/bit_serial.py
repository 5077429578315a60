"""Bit-serial inputs: codes as reads of one bit each, and the reads shifted and added to one."""

from typing import Any

import array_api_compat
import numpy as np

from circuitsim.chain.stages import Reading
from circuitsim.errors import InputError


def one_bit_reads(codes: Any, bits: int) -> Any:
    """Return the reads (batch · bits, rows) of one bit that codes (batch, rows) need, the lowest bit of each first.

    Args:
        codes: Whole numbers from 0 to 2^bits − 1, as integers or floats.
        bits: Number of bits.
    """
    xp = array_api_compat.array_namespace(codes)
    words = xp.astype(codes, xp.int64)
    slices = [(words // 2**k) % 2 for k in range(bits)]
    return xp.reshape(xp.stack(slices, axis=1), (-1, codes.shape[1]))


def shift_and_add(slices: Reading, bits: int) -> Reading:
    """Join reads of one bit to the reads of whole codes.

    Codes are added with the weights 2^k. Voltages, currents and values are the means with the same weights, so that
    they compare with those of a read by amplitude: a code c drives as much as c / (2^bits − 1) of v_read would.

    Args:
        slices: Reads (batch · bits, …) as `one_bit_reads` orders them.
        bits: Number of bits.

    Returns:
        Readings (batch, …), with `slices`.

    Raises:
        InputError: The number of reads is no multiple of the bits.
    """
    if len(slices.v_in) % bits:
        raise InputError(f"slices holds {len(slices.v_in)} reads: expected a multiple of {bits} bits")

    def added(values: Any, scale: float) -> Any:
        xp = array_api_compat.array_namespace(values)
        weight = xp.asarray(
            np.reshape(2.0 ** np.arange(bits) * scale, (1, bits, 1)),
            dtype=values.dtype,
            device=array_api_compat.device(values),
        )
        return xp.sum(xp.reshape(values, (-1, bits, values.shape[1])) * weight, axis=1)

    drawn = None
    if slices.instances is not None:
        drawn = np.stack([added(codes, 1.0) for codes in slices.instances])
    mean = 1.0 / (2**bits - 1)
    return Reading(
        v_in=added(slices.v_in, mean),
        i_out=added(slices.i_out, mean),
        sensed=added(slices.sensed, mean),
        codes=None if slices.codes is None else added(slices.codes, 1.0),
        value=added(slices.value, mean),
        ideal=slices.ideal,
        unit=slices.unit,
        slices=slices,
        instances=drawn,
    )
