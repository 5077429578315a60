"""Energy, time and area of an inference: counted operations times what circuits, files and publications state."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from circuitsim.calibration.product_cost import circuit_time
from circuitsim.errors import InputError
from circuitsim.evaluation.converter_rows import SURVEY, converter_areas, converter_rows
from circuitsim.evaluation.own_costs import OwnCosts
from circuitsim.evaluation.published_energies import ADDITION, BYTE, DIGITAL
from circuitsim.periphery import Periphery
from circuitsim.results import (
    AreaRange,
    ConverterTable,
    EnergyRange,
    InferenceTime,
    LayerTime,
    NetworkCost,
    NetworkCount,
    PublishedEnergy,
    SenseTable,
)
from circuitsim.spec import ArraySpec, Count, checked
from circuitsim.spec.abilities import charges_rows

_CHARGING = "word lines and the charging of wires"
_CHARGING_BESIDE_ROWS = "word lines and the charging of column wires"
_LEFT_OUT = (
    "wires between buffers and arrays, and leakage of digital parts",
    "what the host computes: biases, activation functions, products of two activations",
)
ReadPower = Mapping[str, tuple[float, float | None]]
"""Mean power of a read of a layer's arrays [W]: of the array, and of its amplifiers (None: ideal, or unknown)."""


@checked
def network_cost(
    count: NetworkCount,
    spec: ArraySpec,
    power: ReadPower,
    *,
    tables: Periphery | None = None,
    own: OwnCosts | None = None,
    converter: ConverterTable | None = None,
    columns_per_adc: Count = 1,
    drawn: str = "",
) -> NetworkCost:
    """Return energy, time and area of an inference of a network on arrays.

    Rows and amplifiers are on from the start of a read until the last code of its columns is taken. A read lasts
    `driver.t_read`, or longer where the tables of driver and amplifier say so. Layers follow one another, all arrays of
    a layer work at the same time, and amplifiers that are circuits stay on while other layers are read. Of pulse widths
    a read lasts for the longest pulse, `driver.t_read` = (2^dac_bits - 1) times that of an LSB, whatever its codes;
    rows rest while columns are converted, so that `power`, a mean over `driver.t_read`, is paid for that time alone.

    Args:
        count: Counts, from `count_shapes` or of images that were run.
        spec: The array.
        power: Mean power of a read of each layer's arrays.
        tables: Tables of its circuits; None: all are ideal, and have no energy of their own.
        own: The user's energies; None: published ones for digital work, and for converters beside the circuit.
        converter: Table of a circuit that stands for an ideal ADC; None: none does.
        columns_per_adc: Columns that an ADC converts one after the other.
        drawn: What of the power was drawn, in one phrase; "": nothing.

    Raises:
        InputError: An ADC has more columns than an array.

    Valid for: the parts that `NetworkCost.left_out` does not name.
    """
    check_shared_adcs(spec, columns_per_adc)
    around, costs = tables or Periphery(), own or OwnCosts()
    around = replace(around, adc=around.adc or converter)
    times = _times(count, spec, around, costs, columns_per_adc)
    t_read, pulsed = spec.driver.t_read, spec.driver.input_code == "pulse_width"
    parts = (
        _array(count, power, powered_time(spec, times.cycle), drawn),
        *_driver(count, around),
        *_pulse_edges(count, spec),
        *_sense(count, around.sense, power, times, t_read if pulsed else times.cycle),
        _digital(count, "additions", costs, ADDITION),
        _digital(count, "buffers", costs, BYTE),
        *_digital_products(count, costs),
    )
    converters = converter_rows(count, spec, around.adc, costs.adc, columns_per_adc)
    survey = (SURVEY,) if any(row.name.startswith("survey") for row in converters) else ()
    return NetworkCost(
        count=count,
        parts=parts,
        converters=converters,
        times=times,
        areas=(
            _cells(count, spec),
            converter_areas(count, spec, around.adc, costs.adc, columns_per_adc),
            _around(count, spec, costs, "driver"),
            _around(count, spec, costs, "sense"),
        ),
        digital=DIGITAL,
        left_out=(_CHARGING_BESIDE_ROWS if _charges_rows(spec) else _CHARGING, *_LEFT_OUT),
        remarks=(*count.remarks, *_remarks(count, around, times, costs), *_standing(tables, converter), *survey),
    )


def check_shared_adcs(spec: ArraySpec, columns_per_adc: int) -> None:
    """Refuse ADCs that no array could fill.

    Raises:
        InputError: An ADC has more columns than an array.
    """
    if columns_per_adc > spec.array.cols:
        raise InputError(
            f"columns_per_adc = {columns_per_adc}: an array has {spec.array.cols} columns, and no two arrays share an "
            f"ADC; expected {spec.array.cols} or fewer"
        )


@checked
def read_durations(
    spec: ArraySpec, tables: Periphery | None, *, converts: bool, own: OwnCosts | None = None
) -> tuple[float, float | None, str]:
    """Return how long a read and a conversion last [s] (None: unknown), and what says so; `converts`: codes are taken.

    Rows are on for both: this is the time for which the power of an array is paid.
    """
    around, own = tables or Periphery(), own or OwnCosts()
    settled = sum(time for time in (circuit_time(around.dac), circuit_time(around.sense)) if time is not None)
    read, conversion = max(spec.driver.t_read, settled), circuit_time(around.adc)
    what = "driver.t_read" if settled <= spec.driver.t_read else "the tables of driver and amplifier"
    if conversion is None and own.adc is not None and own.adc.time is not None:
        conversion, of = own.adc.time, f"your costs ({own.adc.source})"
    else:
        of = "unknown" if conversion is None or around.adc is None else f"the table of {around.adc.block}"
    if not converts:
        conversion, of = 0.0, "none"
    return read, conversion, f"read by {what}; conversion: {of}"


def _times(
    count: NetworkCount, spec: ArraySpec, around: Periphery, own: OwnCosts, columns_per_adc: int
) -> InferenceTime:
    read, conversion, what = read_durations(spec, around, converts=bool(count.total("conversions")), own=own)
    cycle = read + columns_per_adc * (conversion or 0.0)
    layers = tuple(LayerTime(layer.name, layer.cycles, layer.cycles * cycle) for layer in count.layers)
    return InferenceTime(read, conversion, columns_per_adc, layers, what)


def powered_time(spec: ArraySpec, cycle: float) -> float:
    """Return the time [s] for which the mean power of an array is paid in a cycle.

    Capacitors take their charge once, however long a cycle is: their power is its energy averaged over `driver.t_read`.
    So is that of pulses, which end within it.
    """
    once = spec.array.cell == "1c" or spec.driver.input_code == "pulse_width"
    return spec.driver.t_read if once else cycle


def _array(count: NetworkCount, power: ReadPower, time: float, drawn: str) -> EnergyRange:
    energies = [layer.reads * power[layer.name][0] * time if layer.reads else 0.0 for layer in count.layers]
    source = drawn or "the power of each array, read with the activations of the images"
    return _exact("array", energies, f"drivers and references into wires and cells; {source}")


def _driver(count: NetworkCount, around: Periphery) -> tuple[EnergyRange, ...]:
    dac = around.dac
    if dac is None or not dac.block:
        return ()
    if not dac.energy:
        return (EnergyRange("driver", None, None, (), f"unknown: the table of {dac.block} states no energy", True),)
    each = float(sum(np.mean(values) for values in dac.energy.values()))
    what = f"table of {dac.block}: mean of its codes, for each row in use and read"
    return (_exact("driver", [each * layer.rows_driven for layer in count.layers], what),)


def _pulse_edges(count: NetworkCount, spec: ArraySpec) -> tuple[EnergyRange, ...]:
    """Energy of row wires that pulses charge and discharge, c v^2 each; a signed row has its pulse in one phase."""
    if not _charges_rows(spec):
        return ()
    each = _row_capacitance(spec) * spec.driver.v_read**2
    pulses = [layer.rows_driven * layer.vectors / layer.cycles if layer.cycles else 0.0 for layer in count.layers]
    what = (
        "wire.c_row of a row, times v_read squared, for each row in use and vector; codes of 0 take none: at most this"
    )
    return (_exact("pulse edges", [each * number for number in pulses], what),)


def _charges_rows(spec: ArraySpec) -> bool:
    """Whether rows are bit lines of known capacitance that are pulsed."""
    return charges_rows(spec) and _row_capacitance(spec) > 0.0


def _row_capacitance(spec: ArraySpec) -> float:
    """Mean capacitance of a row wire [F]."""
    c_row = spec.wires.c_row
    return 0.0 if c_row is None else float(c_row.sum(axis=1).mean())


def _sense(
    count: NetworkCount, sense: SenseTable | None, power: ReadPower, times: InferenceTime, powered: float
) -> tuple[EnergyRange, ...]:
    """Energy of amplifiers while they are read, and while other layers are; without current after `powered` [s]."""
    if sense is None:
        return ()
    if sense.power is None or sense.current is None or sense.supply is None:
        return (EnergyRange("sense", None, None, (), f"unknown: {sense.block} has no supply", True),)
    rest = float(np.interp(0.0, sense.current, sense.power))
    read = [
        layer.reads * (power[layer.name][1] or 0.0) * powered + layer.conversions * rest * (times.cycle - powered)
        if layer.reads
        else 0.0
        for layer in count.layers
    ]
    waiting = [
        layer.columns * rest * max(times.latency - time.time, 0.0)
        for layer, time in zip(count.layers, times.layers, strict=True)
    ]
    return (
        _exact("sense", read, f"table of {sense.block}: supply at the currents of the reads"),
        _exact(
            "sense at rest", waiting, f"{sense.block} without current while others are read; 0 if it is switched off"
        ),
    )


def _digital(count: NetworkCount, part: str, own: OwnCosts, published: PublishedEnergy) -> EnergyRange:
    """Energy of additions or of bytes, by the user's number or by published ones."""
    given = own.addition if part == "additions" else own.byte
    if part == "additions":
        amounts = [layer.additions for layer in count.layers]
    else:
        moved = [(layer.bytes_read, layer.bytes_written) for layer in count.layers]
        if any(read is None or written is None for read, written in moved):
            return EnergyRange(part, None, None, (), "unknown: input codes have no width", False)
        amounts = [(read or 0.0) + (written or 0.0) for read, written in moved]
    low, high = (published.low, published.high) if given is None else (given.energy, given.energy)
    what = f"published, not verified: {published.source}" if given is None else f"your costs: {given.source}"
    by_layer = tuple((low * amount, high * amount) for amount in amounts)
    return EnergyRange(part, low * sum(amounts), high * sum(amounts), by_layer, what, False)


def _digital_products(count: NetworkCount, own: OwnCosts) -> tuple[EnergyRange, ...]:
    """Energy of the products with constant weights that stay digital, by the user's number or by published ones."""
    macs, part = count.digital_macs, "digital products"
    if macs is None and count.digital:
        what = f"unknown: {', '.join(count.digital)} stay digital, and their multiply-accumulates are not counted"
        return (EnergyRange(part, None, None, (), what, False),)
    if not macs:
        return ()
    if own.mac is not None:
        each, what = (own.mac.energy, own.mac.energy), f"your costs: {own.mac.source}"
    else:
        each = min(known.low for known in DIGITAL), max(known.high for known in DIGITAL)
        what = "published, not verified: from arithmetic alone to weights from a memory at each use, see below"
    said = f"{macs:,.10g} multiply-accumulates of layers that stay digital, and of digital adapters; {what}"
    return (EnergyRange(part, each[0] * macs, each[1] * macs, (), said, False),)


def _exact(part: str, energies: list[float], what: str) -> EnergyRange:
    total = sum(energies)
    return EnergyRange(part, total, total, tuple((energy, energy) for energy in energies), what, True)


def _cells(count: NetworkCount, spec: ArraySpec) -> AreaRange:
    row, col = spec.wire.row, spec.wire.col
    if row is None or col is None:
        return AreaRange("cells", None, None, "unknown: [wire.row] and [wire.col] state the pitch of a cell")
    cells = sum(layer.all_cells for layer in count.layers)
    area = cells * row.pitch * col.pitch
    return AreaRange("cells", area, area, "wire.row.pitch times wire.col.pitch for every cell, used or not")


def _around(count: NetworkCount, spec: ArraySpec, costs: OwnCosts, section: Literal["driver", "sense"]) -> AreaRange:
    """Return the area of all drivers or sense amplifiers: one a row and one a column of every array, used or not."""
    part, own = {"driver": ("drivers", costs.driver), "sense": ("sense amplifiers", costs.sense)}[section]
    if own is None:
        return AreaRange(part, None, None, f"unknown: [{section}] of a file for --costs states the area of one")
    circuits = sum(layer.arrays for layer in count.layers) * (
        spec.array.rows if section == "driver" else spec.array.cols
    )
    area = own.area * circuits
    return AreaRange(part, area, area, f"your costs, {circuits} of them, used or not: {own.source}")


def _standing(tables: Periphery | None, converter: ConverterTable | None) -> list[str]:
    if converter is None or (tables is not None and tables.adc is not None):
        return []
    return [f"{converter.block} stands for the ideal ADC: its energy and time count, codes are those of the ideal one"]


def _remarks(count: NetworkCount, around: Periphery, times: InferenceTime, own: OwnCosts) -> list[str]:
    remarks = []
    if times.conversion is None:
        remarks.append(
            "the time of a conversion is unknown: latency, and the energy of arrays and amplifiers, are without it"
        )
    if count.total("conversions") and around.adc is None and own.adc is None:
        remarks.append("the ADC is ideal and has no energy of its own: published ones stand for it")
    if around.adc is not None and not around.adc.energy:
        remarks.append(f"the table of {around.adc.block} states no energy")
    if around.adc is not None and own.adc is not None:
        remarks.append(f"times are those of {around.adc.block}, not those of your costs")
    return remarks
