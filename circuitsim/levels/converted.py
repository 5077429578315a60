"""Codes to codes through converters that are circuits: their tables around the exact array or a tile."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import behavioral
from circuitsim.blocks import block_of
from circuitsim.chain import Reading, one_bit_reads, row_voltages, shift_and_add
from circuitsim.characterization import characterize
from circuitsim.errors import InputError, SpecError
from circuitsim.levels.can import Level, refuse_unused
from circuitsim.levels.in_one_deck import convert_in_one_deck
from circuitsim.levels.input_range import input_range
from circuitsim.levels.preparing import AnyArray, TileUse, prepare
from circuitsim.levels.pulses import read_pulses
from circuitsim.levels.reading import read
from circuitsim.levels.serial_rows import one_bit_dac
from circuitsim.levels.tile import CertifiedTile
from circuitsim.netlist import code_bits
from circuitsim.periphery import (
    Periphery,
    adc_table,
    check_table_holds,
    convert,
    dac_table,
    decode,
    ideal_stages,
    output_noise,
)
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec, check_codes, with_ideal
from circuitsim.spice import Progress


def convert_through_circuits(
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    level: Level,
    *,
    full_scale: float | None,
    rng: np.random.Generator | None,
    use: TileUse,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> Reading:
    """Read an array whose drivers or ADCs are circuits; arguments and errors as in `levels.convert_codes`."""
    if level == "ngspice":
        refuse_unused(level, {"rng": rng}, "nodal, whose tables have noise")
        return convert_in_one_deck(spec, g, codes, full_scale=full_scale, folder=folder, progress=progress)
    refuse_unused(level, {"folder": folder, "progress": progress}, "ngspice")
    _check_driver(spec, level)
    tables, inner = characterize(spec), with_ideal(spec, "driver", "adc")
    dac = tables.dac or dac_table(inner)
    adc = tables.adc or adc_table(inner, full_scale=full_scale)
    if dac is None or adc is None:
        key = "driver.dac_bits" if dac is None else "adc.bits"
        raise InputError(f"{key} = None: expected 1 to 24 bits, codes need both converters")
    if tables.adc is not None and full_scale is not None:
        raise InputError(f"full_scale = {full_scale:g} A: expected None, {adc.block} has a range of its own")
    dac, adc = (_quiet(check_table_holds(table, spec), rng) for table in (dac, adc))
    unit = "A" if tables.sense is None else tables.sense.unit
    if adc.unit != unit:
        raise SpecError(
            f"adc: {adc.block or 'the ideal ADC'} converts {_NAMES[adc.unit]}, and the sense amplifiers put out "
            f"{_NAMES[unit]}; expected a circuit in [sense] for a converter of voltages, and none for currents"
        )
    words = check_codes(codes, dac.bits, spec.array.rows, dac.block or "the DAC")
    return _composed(spec, g, words, replace(tables, dac=dac, adc=adc), rng, level, use)


def _composed(
    spec: ArraySpec,
    g: ArrayLike,
    words: np.ndarray,
    tables: Periphery,
    rng: np.random.Generator | None,
    level: Level,
    use: TileUse,
) -> Reading:
    """Read checked codes through the tables of all circuits around an array at level "nodal" or "behavioral"."""
    dac, adc, sense = tables.dac, tables.adc, block_of(spec, "sense")
    assert dac is not None and adc is not None
    serial = spec.driver.input_code == "bit_serial"
    if sense is not None and sense.clocked:
        assert tables.sense is not None
        v_in, i_out, sensed = read_pulses(spec, g, words, dac.bits, sense, tables.sense)
    else:
        driven, codes = (one_bit_dac(spec), one_bit_reads(words, dac.bits)) if serial else (dac, words)
        inner = with_ideal(spec, "driver", "adc")
        v_range = input_range(inner, driven.levels) if level == "nodal" and spec.array.input_line == "bl" else None
        array = prepare(inner, g, level, v_range=v_range, **vars(use))
        v_in = row_voltages(driven, codes, _rows_of(array, driven), v_rest=spec.sense.v_ref, rng=rng)
        solved = read(array, v_in)
        i_out, sensed = solved.out if solved.i_sense is None else solved.i_sense, solved.out
        if rng is not None and tables.sense is not None:
            sigma = output_noise(tables.sense, i_out, array.g.sum(axis=0))
            sensed = sensed + sigma * rng.standard_normal(sensed.shape)
    found = convert(adc, sensed, rng=rng)
    reading = Reading(v_in, i_out, sensed, found, decode(adc, found), ideal_stages(tables), adc.unit)
    return shift_and_add(reading, dac.bits) if serial else reading


def _check_driver(spec: ArraySpec, level: Level) -> None:
    """Refuse a driver that has no table, or whose table says nothing about pulses, and a tile read by pulses."""
    driver, sense = block_of(spec, "driver"), block_of(spec, "sense")
    if level == "behavioral" and sense is not None and sense.clocked:
        raise SpecError(
            f"sense.{spec.sense.sources[0]} = {sense.name!r}: it works in phases, and a tile has no phases; level = "
            "'nodal' composes its table with the array, and level = 'ngspice' runs one deck of all"
        )
    code_bits(spec, driver)
    if driver is None:
        return
    key = f"driver.{spec.driver.sources[0]} = {driver.name!r}"
    if driver.clocked or not (driver.bits or spec.driver.dac_bits):
        kind = "works in phases" if driver.clocked else "has no digital word"
        raise SpecError(
            f"{key}: it {kind} and has no table for level = {level!r}; level = 'ngspice' runs it in one deck of all, "
            f"or take an ideal driver with r_out and driver.input_code = {spec.driver.input_code!r}"
        )
    if sense is not None and sense.clocked:
        raise SpecError(
            f"{key}: its table says nothing about pulses, which {sense.name} integrates; level = 'ngspice' runs both "
            "in one deck, or take an ideal driver with r_out"
        )


def _rows_of(array: AnyArray, dac: ConverterTable) -> Callable[[np.ndarray], np.ndarray]:
    """Return the function from voltages (batch, rows) [V] of the rows to their currents [A]; a DAC may not need it."""
    if isinstance(array, CertifiedTile) and dac.r_out is not None:
        assert isinstance(array.tile, behavioral.Tile)  # gates have no DAC that is a circuit
        return partial(behavioral.read_rows, behavioral.row_currents(array.model, array.g), array.tile)
    return lambda v: _solved_rows(array, v)


def _solved_rows(array: AnyArray, v: np.ndarray) -> np.ndarray:
    current = read(array, v).i_row
    assert current is not None  # level "nodal" gives it for inputs on bit lines
    return current


_NAMES = {"A": "currents", "V": "voltages"}


def _quiet(table: ConverterTable, rng: np.random.Generator | None) -> ConverterTable:
    return table if rng is not None else replace(table, noise=0.0)
