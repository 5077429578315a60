"""Codes to codes through converters that are circuits: their tables around the exact array or a tile."""

from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import behavioral
from circuitsim.blocks import block_of
from circuitsim.chain import (
    Reading,
    SensedArray,
    loaded_rows,
    row_conductances,
    sensed_inputs,
    sensed_range,
    shift_and_add,
)
from circuitsim.characterization import AdcMismatch, adc_input, characterize, drawn_inl
from circuitsim.errors import InputError, SpecError
from circuitsim.levels.can import Level
from circuitsim.levels.input_range import input_range
from circuitsim.levels.preparing import LevelArray, TechniqueArray, TileUse, prepare
from circuitsim.levels.pulses import read_pulses
from circuitsim.levels.reading import read_prepared
from circuitsim.levels.row_drive import RowDrive, row_drive
from circuitsim.levels.sensed import prepare_sensed
from circuitsim.levels.settled import judge_driver, judge_outputs
from circuitsim.levels.tile import CertifiedTile
from circuitsim.netlist import bench_of, check_integration, check_row_side, code_bits
from circuitsim.periphery import (
    Periphery,
    adc_table,
    check_table_holds,
    convert,
    convert_columns,
    dac_table,
    decode,
    ideal_stages,
    output_noise,
)
from circuitsim.results import ConverterTable, SenseTable
from circuitsim.spec import ArraySpec, check_codes, input_unit, with_ideal


def convert_through_circuits(
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    level: Level,
    *,
    full_scale: float | None,
    rng: np.random.Generator | None,
    mismatch: AdcMismatch | None,
    use: TileUse,
) -> Reading:
    """Read one array between the tables of its circuits, above level ngspice; see `levels.convert_codes`."""
    _check_parts(spec, level)
    tables, inner = characterize(spec), with_ideal(spec, "driver", "adc")
    below = input_unit(spec) == "V" and sensed_inputs(spec, tables.sense)[0] < spec.sense.v_ref
    check_row_side(spec, below=below)
    dac = tables.dac or dac_table(inner)
    adc = tables.adc or adc_table(inner, full_scale=full_scale)
    if dac is None or adc is None:
        key = "driver.dac_bits" if dac is None else "adc.bits"
        raise InputError(f"{key} = None: expected 1 to 24 bits, codes need both converters")
    if tables.adc is not None and full_scale is not None:
        raise InputError(f"full_scale = {full_scale:g} A: expected None, {adc.block} has a range of its own")
    dac, adc = _quiet(check_table_holds(_any_coding(spec, dac), spec), rng), _quiet(check_table_holds(adc, spec), rng)
    unit = "A" if tables.sense is None else tables.sense.unit
    if adc.unit != unit:
        raise SpecError(
            f"adc: {adc.block or 'the ideal ADC'} converts {_NAMES[adc.unit]}, and the sense amplifiers put out "
            f"{_NAMES[unit]}; expected a circuit in [sense] for a converter of voltages, and none for currents"
        )
    if rng is not None:
        _check_noise(replace(tables, dac=dac, adc=adc))
    words = check_codes(codes, dac.bits, spec.array.rows, dac.block or "the DAC")
    chips = None if mismatch is None else drawn_inl(spec, adc, mismatch)
    return _composed(spec, g, words, replace(tables, dac=dac, adc=adc), chips, rng, level, use)


def _composed(
    spec: ArraySpec,
    g: ArrayLike,
    words: np.ndarray,
    tables: Periphery,
    chips: np.ndarray | None,
    rng: np.random.Generator | None,
    level: Level,
    use: TileUse,
) -> Reading:
    """Read checked codes through the tables of all circuits around an array at level "nodal" or "behavioral"."""
    dac, adc, sense = tables.dac, tables.adc, block_of(spec, "sense")
    assert dac is not None and adc is not None
    driver = block_of(spec, "driver")
    rows = row_drive(spec, driver, dac, words, rng=rng)
    if sense is not None and sense.clocked:
        assert tables.sense is not None
        v_in, i_out, sensed = read_pulses(spec, g, rows, sense, tables.sense)
    else:
        if driver is not None:
            judge_driver(spec, driver, dac)
        inner = with_ideal(spec, "driver", "adc")
        v_range = input_range(inner, rows.level) if level == "nodal" and spec.array.input_line == "bl" else None
        held = tables.sense or _input_of_adc(spec, level)
        if held is not None and tables.sense is None:
            array = prepare_sensed(inner, g, held, v_range)
        else:
            array = prepare(inner, g, level, v_range=v_range, **vars(use))
        assert not isinstance(array, TechniqueArray)  # its arrays are read one by one
        v_in = _row_voltages(spec, rows, array)
        solved = read_prepared(array, v_in)
        i_out, sensed = solved.out if solved.i_sense is None else solved.i_sense, solved.out
        if tables.sense is not None:
            judge_outputs(spec, tables.sense, adc, np.asarray(g, dtype=float), i_out, sensed)
    sigma = None
    if rng is not None and tables.sense is not None:
        sigma = output_noise(tables.sense, i_out, np.asarray(g, dtype=float).sum(axis=0))
    taken = _noisy(sensed, sigma, rng)
    found = convert(adc, taken, rng=rng)
    reading = Reading(v_in, i_out, taken, found, decode(adc, found), ideal_stages(tables), adc.unit)
    if chips is not None:
        codes = [convert_columns(adc, inl, _noisy(sensed, sigma, rng), rng=rng) for inl in chips]
        reading = replace(reading, instances=np.stack(codes))
    return shift_and_add(reading, dac.bits) if spec.driver.input_code == "bit_serial" else reading


def _input_of_adc(spec: ArraySpec, level: Level) -> SenseTable | None:
    """Return the table of an ADC that takes the column currents at a voltage of its own; None where that is v_ref.

    Raises:
        SpecError: The level has no columns that such an input moves.
    """
    block = block_of(spec, "adc")
    if block is None or bench_of(block).analog == "v":
        return None
    found, v_ref, v_read = adc_input(spec), spec.sense.v_ref, spec.driver.v_read
    if found is None:
        return None
    assert found.drop is not None
    low, high = v_ref + found.drop[[0, -1]]
    where = f"adc.{spec.adc.sources[0]} = {block.name!r}: its input lies at {low:.3g} to {high:.3g} V, away from "
    if low > v_ref + v_read or high < v_ref - v_read:
        raise SpecError(f"{where}sense.v_ref = {v_ref:g} V by more than driver.v_read; expected sense.v_ref near it")
    if level == "behavioral" or spec.array.input_line != "bl":
        raise SpecError(
            f"{where}sense.v_ref = {v_ref:g} V, and moves the columns; level = 'nodal' with inputs on bit lines "
            "composes this, and level = 'ngspice' runs it"
        )
    return found


def _check_noise(tables: Periphery) -> None:
    """Refuse a source of noise where no table states any."""
    sense = tables.sense
    amplifier = sense is not None and (sense.noise > 0 or sense.dynamics is not None)
    if not (amplifier or any(table is not None and table.noise > 0 for table in (tables.dac, tables.adc))):
        names = [table.block for table in (tables.dac, sense, tables.adc) if table is not None and table.block]
        raise InputError(f"rng has no effect: the tables of {', '.join(names)} state no noise; leave it out")


def _noisy(sensed: np.ndarray, sigma: np.ndarray | None, rng: np.random.Generator | None) -> np.ndarray:
    """Return outputs with noise of the deviation sigma; both (reads, cols) [unit]."""
    return sensed if sigma is None or rng is None else sensed + sigma * rng.standard_normal(sensed.shape)


def _check_parts(spec: ArraySpec, level: Level) -> None:
    """Refuse parts that do not fit each other or driver.input_code, and a tile read by pulses."""
    sense = block_of(spec, "sense")
    if level == "behavioral" and sense is not None and sense.clocked:
        raise SpecError(
            f"sense.{spec.sense.sources[0]} = {sense.name!r}: it works in phases, and a tile has no phases; level = "
            "'nodal' composes its table with the array, and level = 'ngspice' runs one deck of all"
        )
    driver = block_of(spec, "driver")
    code_bits(spec, driver)
    check_integration(spec, sense)
    check_row_side(spec, below=sense is not None and sense.polarity == "out_of")
    if driver is not None and driver.bits and driver.clocked and sense is not None and sense.clocked:
        raise SpecError(
            f"driver.{spec.driver.sources[0]} = {driver.name!r}: its bits stay on through the phases of {sense.name}, "
            "whose table holds for pulses that end within them; level = 'ngspice' runs both in one deck, or take a "
            "driver without phases, or an amplifier without"
        )


def _row_voltages(spec: ArraySpec, rows: RowDrive, array: LevelArray) -> np.ndarray:
    """Return the voltages (reads, rows) of the rows behind the output resistances of their drivers [V]."""
    if rows.r_out is None:
        return rows.level
    rest, count = spec.sense.v_ref, spec.array.rows
    if isinstance(array, CertifiedTile):
        assert isinstance(array.tile, behavioral.Tile)  # gates have no drivers that are circuits
        read_rows = partial(behavioral.read_rows, behavioral.row_currents(array.model, array.g), array.tile)
    else:
        read_rows = partial(_solved_rows, array)
    slope = row_conductances(read_rows, count, rest, rows.full)
    reach = (min(rest, rows.rest), max(rest, rows.full))
    if isinstance(array, SensedArray):  # columns may lie below v_ref, and rows at rest with them
        reach = sensed_range(spec, array.sense, reach)
    return loaded_rows(rows.level, rows.r_out, read_rows, slope, reach=reach, name=rows.name)


def _solved_rows(array: LevelArray, v: np.ndarray) -> np.ndarray:
    current = read_prepared(array, v).i_row
    assert current is not None  # level "nodal" gives it for inputs on bit lines
    return current


def _any_coding(spec: ArraySpec, dac: ConverterTable) -> ConverterTable:
    """Return the table of a driver; one that follows its input puts out any coding of an ideal source before it."""
    block = block_of(spec, "driver")
    follows = block is not None and not (block.clocked or block.bits)
    return replace(dac, coding=spec.driver.input_code) if follows else dac


_NAMES = {"A": "currents", "V": "voltages"}


def _quiet(table: ConverterTable, rng: np.random.Generator | None) -> ConverterTable:
    return table if rng is not None else replace(table, noise=0.0)
