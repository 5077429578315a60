"""An array in one sentence."""

import numpy as np

from circuitsim.spec import ArraySpec, state_unit
from circuitsim.units import format_quantity


def array_in_words(spec: ArraySpec) -> str:
    """Describe an array in one sentence: size, cell, wires, driver, sense input, converters, temperature."""
    access = f" behind {spec.access.name}" if spec.access else ""
    unit = state_unit(spec)
    g_low, g_high = format_quantity(spec.device.g_min, unit), format_quantity(spec.device.g_max, unit)
    dac = _converter(spec.driver.block, spec.driver.dac_bits, "DAC")
    adc = _converter(spec.adc.block, spec.adc.bits, "ADC")
    behind = f"behind {format_quantity(spec.driver.r_out, 'Ω')}, " if spec.driver.block is None else ""
    sense = f"sense inputs of {format_quantity(spec.sense.r_in, 'Ω')}"
    if spec.sense.block is not None:
        sense = f"sense amplifiers {spec.sense.block}"
    return (
        f"{spec.array.rows} × {spec.array.cols} cells of {spec.device.name}{access}, "
        f"{g_low} to {g_high}; wires {_range_of(spec.wire.r_row, 'Ω')} a segment along the row and "
        f"{_range_of(spec.wire.r_col, 'Ω')} along the column{_straps_in_words(spec)}; {_inputs_in_words(spec)} "
        f"{behind}{sense}; {dac}, {adc}; {spec.array.temperature_c:g} °C."
    )


def _straps_in_words(spec: ArraySpec) -> str:
    straps = {"rows": spec.wire.strap_row, "columns": spec.wire.strap_col}
    return "".join(
        f", with a strap of {format_quantity(strap.r, 'Ω')} a segment every {strap.every} cells above the {lines}"
        for lines, strap in straps.items()
        if strap is not None
    )


def _converter(block: str | None, bits: int | None, what: str) -> str:
    if block is not None:
        return f"{what} {block}"
    return f"{'ideal' if bits is None else f'{bits}-bit'} {what}"


def _inputs_in_words(spec: ArraySpec) -> str:
    v_ref, v_on = (format_quantity(v, "V") for v in spec.drive_range)
    if spec.array.input_line == "string":
        return f"inputs of 0 and 1 on the gates, strings biased at {v_on} at the top"
    if spec.array.input_line == "wl":
        line = _range_of(spec.wire.r_bl, "Ω")
        levels = "0 and 1" if spec.driver.gate_levels is None else f"{len(spec.driver.gate_levels)} levels"
        return f"inputs of {levels} on the gates, bit lines of {line} a segment biased at {v_on}"
    return f"inputs up to {v_on}" if spec.sense.v_ref == 0 else f"inputs from {v_ref}, the sense reference, to {v_on}"


def _range_of(value: object, unit: str) -> str:
    values = np.asarray(value, dtype=float)
    low, high = format_quantity(float(values.min()), unit), format_quantity(float(values.max()), unit)
    return low if low == high else f"{low} to {high}"
