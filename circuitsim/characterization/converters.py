"""The tables of the converters and row drivers that a specification names, cached like those of sense amplifiers."""

import hashlib
from collections.abc import Callable
from functools import partial
from pathlib import Path

from circuitsim.blocks import Block, block_of
from circuitsim.characterization import (
    adc,
    adc_energy,
    adc_runs,
    comparator_noise,
    counted_levels,
    dac,
    sar_conversions,
    sar_levels,
    searched_levels,
    timed_drivers,
)
from circuitsim.characterization.adc_resolution import adc_bits, check_bits, judge_counter
from circuitsim.characterization.cache import cached
from circuitsim.characterization.steps import stepped_range
from circuitsim.errors import SpecError
from circuitsim.library import assemble
from circuitsim.netlist import conversions, drivers
from circuitsim.netlist.conversions import bench_of, clock_cards
from circuitsim.resources import table_cache
from circuitsim.results import ConverterTable
from circuitsim.results.converter_files import CONVERTER_SCHEMA, load_converter_table, save_converter_table
from circuitsim.spec import ArraySpec, checked
from circuitsim.spice import Simulator, find_ngspice

CONVERTER_VERSION = 2  # increase it when the benches change, so that tables in users' caches are made again
SMALLEST_LOAD = 1e-15  # [F]

_BENCHES = (adc, adc_runs, counted_levels, dac, sar_conversions, sar_levels, searched_levels)
_BENCHES += (timed_drivers, adc_energy, comparator_noise, conversions, drivers)


def driver_block_table(spec: ArraySpec, folder: Path, simulator: Simulator) -> ConverterTable | None:
    """Return the table of the row drivers that a specification names; None where they are ideal.

    The DAC puts out v_ref for code 0 and drives towards v_ref + v_read; its load is the capacitance of a row.

    Raises:
        SpecError: driver.dac_bits is missing for a driver without a digital word, or is not that of its word.
        InputError, OutsideRangeError, SimulatorError: As `dac_block_table` and `blocks.block_of`.
    """
    block = block_of(spec, "driver")
    if block is None:
        return None
    bits = spec.driver.dac_bits
    if block.bits:
        check_bits(block, "driver.dac_bits", bits)
    if not block.bits and bits is None:
        raise SpecError(
            f"driver.dac_bits is missing: {block.name} has no digital word, an ideal DAC drives it; expected its 1 to "
            f"{dac.MOST_BITS} bits"
        )
    c_row = spec.wires.c_row
    c_load = stepped_range((0.0, max(0.0 if c_row is None else float(c_row.sum(axis=1).max()), SMALLEST_LOAD)), 1e-15)[
        1
    ]
    v_low, v_high = spec.drive_range
    conditions = {
        "v_low": v_low,
        "v_high": v_high,
        "c_load": c_load,
        "bits": spec.driver.dac_bits,
        "temperature_c": spec.array.temperature_c,
    }
    make = partial(dac.dac_block_table, block, **conditions, simulator=simulator)
    return _cached(block, (tuple(conditions.items()),), make, folder, simulator)


def adc_characterized(spec: ArraySpec, folder: Path, simulator: Simulator) -> ConverterTable | None:
    """Return the table of the ADCs that a specification names; None where they are ideal.

    Raises:
        SpecError: As `adc_bits` and `judge_counter`.
        InputError, OutsideRangeError, SimulatorError: As `adc_block_table` and `blocks.block_of`.

    Warns:
        ClippingWarning: As `judge_counter`.
    """
    block = block_of(spec, "adc")
    if block is None:
        return None
    table = _adc_table(spec, block, folder, simulator)
    judge_counter(bench_of(block, spec.array.temperature_c, ref=spec.adc.v_ref), table)
    return table


def _adc_table(spec: ArraySpec, block: Block, folder: Path, simulator: Simulator) -> ConverterTable:
    adc_bits(spec)
    conditions = {"bits": spec.adc.bits, "ref": spec.adc.v_ref, "temperature_c": spec.array.temperature_c}
    make = partial(adc.adc_block_table, block, **conditions, simulator=simulator)
    return _cached(block, (tuple(conditions.items()),), make, folder, simulator)


@checked
def adc_range(spec: ArraySpec, *, simulator: Simulator | None = None) -> tuple[float, float]:
    """Return the smallest and the largest input that an ADC built as a circuit can tell apart [V] or [A].

    A converter with a digital word spreads its codes over the range of its card; behind one that counts, the range ends
    where the counter does, which its table tells.

    Args:
        spec: The array, whose [adc] names a circuit.
        simulator: The ngspice that makes the table where it is not in the cache; None: `find_ngspice()`.

    Raises:
        SpecError, InputError, OutsideRangeError, SimulatorError: As `characterize`.
    """
    block = block_of(spec, "adc")
    assert block is not None
    if block.bits:
        return counted_levels.counted_range(bench_of(block, spec.array.temperature_c, ref=spec.adc.v_ref))
    table = _adc_table(spec, block, table_cache(), simulator or find_ngspice())
    return table.low, table.high


def _cached(
    block: Block,
    conditions: tuple[object, ...],
    make: Callable[[], ConverterTable],
    folder: Path,
    simulator: Simulator,
) -> ConverterTable:
    key = block_key(block, conditions, simulator)
    return cached(
        folder / f"{key}.npz",
        load=partial(load_converter_table, key=key),
        make=make,
        save=partial(save_converter_table, key=key),
    )


def block_key(block: Block, conditions: tuple[object, ...], simulator: Simulator) -> str:
    """Return a digest of all on which a figure of a converter or driver depends: circuit, conditions, ngspice, benches.

    Args:
        block: The circuit.
        conditions: Under what it is measured, and what; their `repr` counts.
        simulator: The ngspice that measures.
    """
    benches = sorted(
        (module.__name__, name, repr(value))
        for module in _BENCHES
        for name, value in vars(module).items()
        if name.isupper() and isinstance(value, (int, float, str, dict))
    )
    instance = block.call("x1", {role: role for role in block.roles})
    bench = bench_of(block)
    lines = ["* what the table of a converter depends on", block.include, instance, f"* {block.v_supply}"]
    lines += clock_cards(bench, bench.cycle) if block.clocked else []
    extra = (block.input, block.logic_energy, block.ready, block.output, block.reference, tuple(block.timing.items()))
    extra += (block.logic, block.comparator)
    about = (
        assemble("\n".join([*lines, ".end", ""]), Path()).digest,
        repr(extra),
        conditions,
        simulator.version_text,
        benches,
        (CONVERTER_SCHEMA, CONVERTER_VERSION),
    )
    return hashlib.sha256(repr(about).encode()).hexdigest()
