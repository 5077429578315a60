"""A whole read: DAC, array, sense amplifier, ADC, in the order of the circuit."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.behavioral.noise import ReadNoise, with_read_noise
from circuitsim.behavioral.product import mvm
from circuitsim.behavioral.sense import settle
from circuitsim.behavioral.tile import Tile
from circuitsim.errors import InputError
from circuitsim.periphery import Periphery, convert, decode, drive, report


@dataclass(frozen=True)
class Reading:
    """One read of a batch.

    Attributes:
        v_in: (batch, rows) voltages of the drivers [V].
        i_out: (batch, cols) currents into the sense amplifiers [A].
        sensed: (batch, cols) currents they report [A].
        codes: (batch, cols) of the ADC; None without one.
        value: (batch, cols) currents that the codes stand for, or `sensed` [A].
    """

    v_in: Any
    i_out: Any
    sensed: Any
    codes: Any
    value: Any


def read(
    tile: Tile,
    x: Any,
    periphery: Periphery,
    *,
    noise: ReadNoise | None = None,
    rng: np.random.Generator | None = None,
) -> Reading:
    """Read a tile through its periphery.

    Args:
        tile: The programmed tile.
        x: DAC codes, or voltages [V] where there is no DAC (batch, rows).
        periphery: Drivers, sense amplifiers, converters.
        noise: Read noise of the cells.
        rng: Source of all noise, drawn in the order DAC, cells, sense, ADC; needed where anything has noise.

    Raises:
        InputError: Something has noise and no rng was given, or a shape does not fit.

    Warns:
        ClippingWarning: The ADC clips more than one output in a hundred.
    """
    v_in = x if periphery.dac is None else drive(periphery.dac, x, rng=rng)
    i_out = mvm(tile, v_in)
    if noise is not None:
        if rng is None:
            raise InputError("the cells have read noise: pass rng")
        i_out = with_read_noise(tile, noise, v_in, i_out, rng=rng)
    sensed = i_out
    if periphery.sense is not None:
        i_out = settle(tile, i_out, periphery.sense)
        sensed = report(periphery.sense, i_out, rng=rng)
    if periphery.adc is None:
        return Reading(v_in, i_out, sensed, None, sensed)
    codes = convert(periphery.adc, sensed, rng=rng)
    return Reading(v_in, i_out, sensed, codes, decode(periphery.adc, codes))
