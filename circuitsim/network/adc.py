"""The converters at a layer's columns."""

import warnings

import numpy as np

from circuitsim.errors import ClippingWarning
from circuitsim.periphery import converters
from circuitsim.results.converter import ConverterTable


def convert(i_out: np.ndarray, *, bits: int | None, full_scale: float | None) -> tuple[np.ndarray, int]:
    """Return what the codes of an ideal ADC stand for, and how many currents lay outside its range.

    Args:
        i_out: Currents (batch, cols) [A].
        bits: Resolution; None: no quantization.
        full_scale: Current of the largest code; the smallest stands for 0 [A].
    """
    if bits is None or full_scale is None:
        return i_out, 0
    table = ConverterTable(bits, 0.0, full_scale)
    with warnings.catch_warnings():  # counted here, and warned of once per layer where the layer is known
        warnings.simplefilter("ignore", ClippingWarning)
        codes = converters.convert(table, i_out)
    outside = (i_out < -0.5 * table.lsb) | (i_out > full_scale + 0.5 * table.lsb)
    return converters.decode(table, codes), int(np.count_nonzero(outside))
