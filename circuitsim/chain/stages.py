"""Read an array through all its stages: DAC, array, sense amplifier, ADC."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.noise import ReadNoise, with_read_noise
from circuitsim.behavioral.product import AnyTile, mvm, voltage_tile
from circuitsim.behavioral.sense import reported_outputs, settle
from circuitsim.errors import InputError
from circuitsim.periphery import (
    Periphery,
    check_periphery_holds,
    convert,
    decode,
    drive,
    ideal_stages,
    periphery_of,
    report,
)
from circuitsim.results import ChainWaveforms
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.results.sense_table import SenseTable
from circuitsim.spec import ArraySpec, by_value, output_unit


@by_value
@dataclass(frozen=True)
class Reading:
    """Voltages, currents and codes of one read of a batch, stage by stage.

    Where rows are pulsed, voltages and currents are means over driver.t_read; where inputs are bit-serial, means of the
    reads of their bits with the weights 2^k.

    Attributes:
        v_in: (batch, rows) voltages of the rows behind their drivers [V], absolute: a row at rest is at sense.v_ref. On
            gates the inputs: 0, 1, k / (n − 1) of n driver.gate_levels, or shares of driver.t_read.
        i_out: (batch, cols) currents of the columns [A], positive into the sense amplifiers; charges of 1c cells [C].
        sensed: (batch, cols) what the ADCs take [unit]: of an ideal amplifier its current, so that it equals `i_out`;
            of a circuit its output voltage, absolute, with its noise where noise is drawn.
        codes: (batch, cols) codes of the ADC, whole numbers as floats, but for averages of replicas; None without an
            ADC. Of bit-serial inputs the sum of 2^k times the code of bit k.
        value: (batch, cols) what a code represents [unit]: low + code · LSB of the ADC as its card or its range states
            it, so that it estimates `sensed`; `sensed` without an ADC.
        ideal: Names of the ideal stages, out of "dac", "sense" and "adc"; see `periphery.ideal_stages`.
        unit: Of `sensed` and `value`: "A", "C" for charges of 1c cells, or "V" where the sense amplifiers are circuits
            that put out a voltage.
        slices: The reads of one bit each (batch · bits, …), vector by vector and the lowest bit first, where inputs are
            bit-serial; see `chain.shift_and_add`. None otherwise.
        waveforms: Waveforms of the first code, where a deck of the whole chain was run; None otherwise.
        instances: (chips, batch, cols) codes of the chips of `AdcMismatch`, as `codes`; None where none were drawn.
    """

    v_in: Any
    i_out: Any
    sensed: Any
    codes: Any
    value: Any
    ideal: tuple[str, ...] = ()
    unit: str = "A"
    slices: "Reading | None" = None
    waveforms: ChainWaveforms | None = None
    instances: Any = None


def read_codes(
    spec: ArraySpec,
    codes: Any,
    read_array: Callable[[Any], Any],
    *,
    full_scale: float | None = None,
    periphery: Periphery | None = None,
    rng: np.random.Generator | None = None,
) -> Reading:
    """Read an array at any level from DAC codes to ADC codes.

    Args:
        spec: The array; driver.dac_bits, adc.bits and adc.full_scale are used.
        codes: DAC codes (batch, rows), whole numbers from 0 to 2^dac_bits − 1 as integers or floats.
        read_array: Function from voltages (batch, rows) [V] to currents (batch, cols) [A], of 1c cells charges [C], of
            a prepared array at any level. It includes the resistances of drivers and sense amplifiers.
        full_scale: Output at the largest ADC code [A, 1c: C] if adc.full_scale = "auto".
        periphery: Converters and sense amplifiers as tables; None: ideal ones from the specification.
        rng: Source of noise, in the order DAC, sense amplifier, ADC; required if a table has noise.

    Returns:
        The voltages, currents and codes of all stages, and the names of the ideal stages.

    Raises:
        InputError: The DAC or the ADC is missing. The full scale is unknown or stated twice. `codes` has another shape
            or contains values that are no codes. A table has noise but there is no rng. The drop of the sense amplifier
            depends on the current, so that `read_array` cannot include it; use `read_stages` with a tile.

        OutsideRangeError: A table was made at another temperature, supply or reference than those of the array.

    Warns:
        ClippingWarning: The ADC clips more than one output in a hundred.
        MissingCodesWarning: No input gives some of the codes of the ADC.
    """
    if full_scale is not None and (periphery is not None or spec.adc.full_scale != "auto"):
        source = "adc.full_scale" if periphery is None else "the ADC of periphery"
        raise InputError(f"full_scale = {full_scale:g} {output_unit(spec)}: expected None, {source} states it already")
    ideal = periphery is None
    tables = periphery_of(spec, full_scale=full_scale) if ideal else check_periphery_holds(periphery, spec)
    if tables.dac is None:
        raise InputError("driver.dac_bits = None: expected 1 to 24 bits, codes need a DAC")
    if tables.adc is None:
        raise InputError("adc.bits = None: expected 1 to 24 bits, codes need an ADC")
    if tables.sense is not None and tables.sense.drop is not None:
        raise InputError("sense.drop depends on the current: expected an amplifier with a constant input resistance")
    bits = "driver.dac_bits" if periphery is None else "periphery.dac.bits"
    codes = _checked(tables.dac, codes, spec.array.rows, bits)
    v_in = drive(tables.dac, codes, rng=rng)
    return replace(_outputs(tables, v_in, read_array(v_in), rng), unit=output_unit(spec))


def read_stages(
    tile: AnyTile,
    x: Any,
    periphery: Periphery,
    *,
    noise: ReadNoise | None = None,
    rng: np.random.Generator | None = None,
) -> Reading:
    """Read a tile through its periphery, with read noise of the cells and drops across the sense amplifiers.

    Args:
        tile: The programmed tile.
        x: DAC codes (batch, rows), whole numbers from 0 to 2^bits − 1 as integers or floats; without a DAC, voltages
            [V].
        periphery: Drivers, sense amplifiers, converters.
        noise: Read noise of the cells.
        rng: Source of all noise, in the order DAC, cells, sense amplifier, ADC; required if any of them has noise.

    Returns:
        The voltages, currents and codes of all stages, and the names of the ideal stages.

    Raises:
        InputError: A stage has noise but there is no rng, a shape does not fit, with a DAC `x` contains values that
            are no codes, or the tile's inputs switch gates.

    Warns:
        ClippingWarning: The ADC clips more than one output in a hundred.
    """
    tile = voltage_tile(tile, "read the stages around")
    v_in = x
    if periphery.dac is not None:
        codes = _checked(periphery.dac, x, tile.rows, "periphery.dac.bits", tile.w.dtype)
        v_in = drive(periphery.dac, codes, rng=rng)
    i_out = mvm(tile, v_in)
    if noise is not None:
        if rng is None:
            raise InputError("the cells have read noise: pass rng")
        i_out = with_read_noise(tile, noise, v_in, i_out, rng=rng)
    if tile.sense is not None and periphery.sense != tile.sense:
        raise InputError("periphery.sense is not the table that the tile was programmed with: expected tile.sense")
    if tile.sense is None and periphery.sense is not None:
        i_out = settle(tile, i_out, periphery.sense)
    return _outputs(periphery, v_in, i_out, rng)


def _outputs(periphery: Periphery, v_in: Any, i_out: Any, rng: np.random.Generator | None) -> Reading:
    """Pass currents through sense amplifiers and ADC."""
    ideal = ideal_stages(periphery)
    sensed = i_out if periphery.sense is None else _reported(periphery.sense, i_out, rng)
    if periphery.adc is None:
        return Reading(v_in, i_out, sensed, None, sensed, ideal)
    codes = convert(periphery.adc, sensed, rng=rng)
    return Reading(v_in, i_out, sensed, codes, decode(periphery.adc, codes), ideal)


def _reported(sense: SenseTable, i_out: Any, rng: np.random.Generator | None) -> Any:
    return reported_outputs(sense, i_out) if sense.noise == 0 else report(sense, i_out, rng=rng)


def _checked(dac: ConverterTable, codes: Any, rows: int, bits: str, dtype: Any = None) -> Any:
    """Return codes as floats, integers as `dtype` (None: float64); reject other values than codes.

    `bits` names the number of bits in the message.
    """
    if len(codes.shape) != 2 or codes.shape[1] != rows:
        raise InputError(f"codes has shape {tuple(codes.shape)}: expected (batch, rows) = (batch, {rows})")
    xp, top = array_api_compat.array_namespace(codes), 2**dac.bits - 1
    if xp.isdtype(codes.dtype, "integral"):
        codes = xp.astype(codes, xp.float64 if dtype is None else dtype)
    wrong = ~((codes >= 0) & (codes <= top) & (codes == xp.round(codes)))
    if bool(xp.any(wrong)):
        vector, row = divmod(int(xp.argmax(xp.astype(xp.reshape(wrong, (-1,)), xp.int64))), rows)
        raise InputError(
            f"codes[{vector}, {row}] = {float(codes[vector, row]):g}: expected whole numbers from 0 to {top} "
            f"({bits} = {dac.bits})"
        )
    return codes
