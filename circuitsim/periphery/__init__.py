"""Stages at the edge of an array: converters and sense amplifiers as functions of arrays."""

from circuitsim.periphery.conditions import check_periphery_holds, check_sense_holds, check_table_holds
from circuitsim.periphery.converters import (
    convert,
    convert_and_count,
    convert_columns,
    decode,
    drive,
    drive_nearest,
    nearest_codes,
    slot_levels,
)
from circuitsim.periphery.enob import sine_bits, sine_record
from circuitsim.periphery.from_spec import Periphery, adc_table, dac_table, has_adc, ideal_stages, periphery_of
from circuitsim.periphery.linearity import Linearity, linearity
from circuitsim.periphery.pulse_intervals import constant_rows
from circuitsim.periphery.sense import (
    check_sense_range,
    drop_and_slope,
    output_noise,
    report,
    settling_times,
    straight_output,
)

__all__ = [
    "Linearity",
    "Periphery",
    "adc_table",
    "check_periphery_holds",
    "check_sense_holds",
    "check_sense_range",
    "check_table_holds",
    "constant_rows",
    "convert",
    "convert_and_count",
    "convert_columns",
    "dac_table",
    "decode",
    "drive",
    "drive_nearest",
    "drop_and_slope",
    "has_adc",
    "ideal_stages",
    "linearity",
    "nearest_codes",
    "output_noise",
    "periphery_of",
    "report",
    "settling_times",
    "sine_bits",
    "sine_record",
    "slot_levels",
    "straight_output",
]
