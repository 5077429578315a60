"""Codes to codes through converters that are circuits: their tables around the exact array."""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.chain import Reading, one_bit_reads, row_voltages, shift_and_add
from circuitsim.characterization import characterize
from circuitsim.errors import InputError, SpecError
from circuitsim.levels.can import Level
from circuitsim.levels.serial_rows import one_bit_dac, serial_bits
from circuitsim.levels.preparing import AnyArray, prepare
from circuitsim.levels.reading import read
from circuitsim.periphery import adc_table, check_table_holds, convert, dac_table, decode, ideal_stages
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec, check_codes


def convert_through_circuits(
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    level: Level,
    *,
    full_scale: float | None,
    rng: np.random.Generator | None,
) -> Reading:
    """Read an array whose DAC or ADC is a circuit; arguments and errors as in `levels.convert_codes`."""
    section = "driver" if spec.driver.block is not None else "adc"
    part = getattr(spec, section)
    if level != "nodal":
        raise SpecError(
            f"{section}.{part.sources[0]} = {part.block!r}: level = {level!r} does not simulate this converter; "
            "level = 'nodal' composes its table with the array"
        )
    inner = spec.replace(driver={"kind": "ideal"}) if spec.driver.block is not None else spec
    inner = inner.replace(adc={"kind": "ideal"}) if spec.adc.block is not None else inner
    serial = spec.driver.input_code == "bit_serial"
    tables = characterize(spec)
    dac = one_bit_dac(spec) if serial else tables.dac or dac_table(inner)
    adc = tables.adc or adc_table(inner, full_scale=full_scale)
    if dac is None or adc is None:
        key = "driver.dac_bits" if dac is None else "adc.bits"
        raise InputError(f"{key} = None: expected 1 to 24 bits, codes need both converters")
    if tables.adc is not None and full_scale is not None:
        raise InputError(f"full_scale = {full_scale:g} A: expected None, {adc.block} has a range of its own")
    dac, adc = (_quiet(check_table_holds(table, spec), rng) for table in (dac, adc))
    bits = serial_bits(spec) if serial else dac.bits
    words = check_codes(codes, bits, spec.array.rows, dac.block or "the DAC")
    words = one_bit_reads(words, bits) if serial else words
    array = prepare(inner, g, level)
    v_in = row_voltages(dac, words, lambda v: _row_currents(array, v), v_rest=spec.sense.v_ref, rng=rng)
    solved = read(array, v_in)
    if adc.unit != solved.unit:
        raise SpecError(
            f"adc: {adc.block or 'the ideal ADC'} converts {_NAMES[adc.unit]}, and the sense amplifiers put out "
            f"{_NAMES[solved.unit]}; expected a circuit in [sense] for a converter of voltages, and none for currents"
        )
    found = convert(adc, solved.out, rng=rng)
    ideal = ideal_stages(replace(tables, dac=dac, adc=adc))
    i_out = solved.out if solved.i_sense is None else solved.i_sense
    reading = Reading(v_in, i_out, solved.out, found, decode(adc, found), ideal)
    return shift_and_add(reading, bits) if serial else reading


def _row_currents(array: AnyArray, v: np.ndarray) -> np.ndarray:
    current = read(array, v).i_row
    assert current is not None  # level "nodal" gives it for inputs on bit lines
    return current


_NAMES = {"A": "currents", "V": "voltages"}


def _quiet(table: ConverterTable, rng: np.random.Generator | None) -> ConverterTable:
    return table if rng is not None else replace(table, noise=0.0)
