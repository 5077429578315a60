"""The one-bit DAC of rows that take their codes bit by bit."""

from circuitsim.errors import SpecError
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec


def one_bit_dac(spec: ArraySpec) -> ConverterTable:
    """Return the driver of a bit-serial row: v_ref and v_ref + v_read on bit lines, 0 and 1 on gates."""
    return ConverterTable(1, *(spec.drive_range if spec.array.input_line == "bl" else (0.0, 1.0)))


def serial_bits(spec: ArraySpec) -> int:
    """Return the number of bits of a bit-serial input.

    Raises:
        SpecError: driver.dac_bits is missing.
    """
    if spec.driver.dac_bits is None:
        raise SpecError("driver.dac_bits is missing: driver.input_code = 'bit_serial' needs the number of bits")
    return spec.driver.dac_bits
