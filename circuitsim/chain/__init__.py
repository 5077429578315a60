"""Read an array from DAC codes to ADC codes, with its converters and sense amplifiers."""

from circuitsim.chain.bit_serial import one_bit_reads, shift_and_add
from circuitsim.chain.reading_files import reading_dataset, save_reading
from circuitsim.chain.row_drivers import row_voltages
from circuitsim.chain.stages import Reading, read_codes, read_stages

__all__ = [
    "Reading",
    "one_bit_reads",
    "read_codes",
    "read_stages",
    "reading_dataset",
    "row_voltages",
    "save_reading",
    "shift_and_add",
]
