"""Read an array from DAC codes to ADC codes, with its converters and sense amplifiers."""

from circuitsim.chain.bit_serial import one_bit_reads, shift_and_add
from circuitsim.chain.reading_files import reading_dataset, save_reading
from circuitsim.chain.row_drivers import loaded_rows, row_conductances, row_voltages
from circuitsim.chain.sensed import (
    ExactArray,
    SensedArray,
    driven_inputs,
    exact_array,
    exact_outputs,
    model_array,
    read_exact,
    sensed_inputs,
    sensed_range,
)
from circuitsim.chain.stages import Reading, read_codes, read_stages

__all__ = [
    "ExactArray",
    "Reading",
    "SensedArray",
    "driven_inputs",
    "exact_array",
    "exact_outputs",
    "loaded_rows",
    "model_array",
    "one_bit_reads",
    "read_codes",
    "read_exact",
    "read_stages",
    "reading_dataset",
    "row_conductances",
    "row_voltages",
    "save_reading",
    "sensed_inputs",
    "sensed_range",
    "shift_and_add",
]
