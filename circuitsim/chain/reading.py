"""A whole read: DAC, array, sense amplifier, ADC, in the order of the circuit. The only place where stages meet."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.behavioral.noise import ReadNoise, with_read_noise
from circuitsim.behavioral.product import mvm
from circuitsim.behavioral.sense import settle
from circuitsim.behavioral.tile import Tile
from circuitsim.errors import InputError
from circuitsim.periphery.converters import convert, decode, drive
from circuitsim.periphery.sense import report
from circuitsim.results.converter import ConverterTable, SenseTable
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class Periphery:
    """What is around an array; None is ideal: voltages in, currents out, no noise.

    Attributes:
        dac: Inputs are its codes; None: inputs are voltages [V].
        sense: The sense amplifiers.
        adc: Outputs pass through it; None: no quantization.
        read_noise: Noise of the cells.
    """

    dac: ConverterTable | None = None
    sense: SenseTable | None = None
    adc: ConverterTable | None = None
    read_noise: ReadNoise | None = None


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


def ideal_periphery(spec: ArraySpec, *, full_scale: float | None = None) -> Periphery:
    """Return the periphery of a specification: DAC and ADC that round and clip, if it has them.

    Args:
        spec: The array: driver.dac_bits, v_read, sense.v_ref, adc.bits and adc.full_scale are used.
        full_scale: Current of the ADC's largest code where adc.full_scale = "auto" [A].

    Raises:
        InputError: adc.full_scale is "auto" and no current was given.
    """
    driver, adc, v_ref = spec.driver, spec.adc, spec.sense.v_ref
    dac = None if driver.dac_bits is None else ConverterTable(driver.dac_bits, v_ref, v_ref + driver.v_read)
    if adc.bits is None:
        return Periphery(dac=dac)
    top = full_scale if adc.full_scale == "auto" else adc.full_scale
    if top is None:
        raise InputError("adc.full_scale = 'auto': expected the full-scale current found from outputs (full_scale)")
    return Periphery(dac=dac, adc=ConverterTable(adc.bits, 0.0, top))


def read(tile: Tile, x: Any, periphery: Periphery, *, rng: np.random.Generator | None = None) -> Reading:
    """Read a tile through its periphery.

    Args:
        tile: The programmed tile.
        x: DAC codes, or voltages [V] where there is no DAC (batch, rows).
        periphery: Drivers, sense amplifiers, converters.
        rng: Source of all noise, drawn in the order DAC, cells, sense, ADC; needed where anything has noise.

    Raises:
        InputError: Something has noise and no rng was given, or a shape does not fit.

    Warns:
        ClippingWarning: The ADC clips more than one output in a hundred.
    """
    v_in = x if periphery.dac is None else drive(periphery.dac, x, rng=rng)
    i_out = mvm(tile, v_in)
    if periphery.read_noise is not None:
        if rng is None:
            raise InputError("the cells have read noise: pass rng")
        i_out = with_read_noise(tile, periphery.read_noise, v_in, i_out, rng=rng)
    sensed = i_out
    if periphery.sense is not None:
        i_out = settle(tile, i_out, periphery.sense)
        sensed = report(periphery.sense, i_out, rng=rng)
    if periphery.adc is None:
        return Reading(v_in, i_out, sensed, None, sensed)
    codes = convert(periphery.adc, sensed, rng=rng)
    return Reading(v_in, i_out, sensed, codes, decode(periphery.adc, codes))
