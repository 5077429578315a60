"""Stages at the edge of an array: converters and sense amplifiers as functions of arrays."""

from circuitsim.periphery.converters import convert, count_clipped, decode, drive, drive_codes, drive_nearest
from circuitsim.periphery.sense import drop_and_slope, report
from circuitsim.periphery.tables import Periphery, adc_table, dac_table, periphery_of

__all__ = [
    "Periphery",
    "adc_table",
    "convert",
    "count_clipped",
    "dac_table",
    "decode",
    "drive",
    "drive_codes",
    "drive_nearest",
    "drop_and_slope",
    "periphery_of",
    "report",
]
