"""Read an array from DAC codes to ADC codes, with its converters and sense amplifiers."""

from circuitsim.chain.row_drivers import row_voltages
from circuitsim.chain.stages import Reading, read_codes, read_stages

__all__ = ["Reading", "read_codes", "read_stages", "row_voltages"]
