"""Blocks whose sub-circuit repeats a slice for each bit or level: one function writes all sizes of each."""

from circuitsim.blocks.generated.bit_serial import bit_serial_files
from circuitsim.blocks.generated.flash import flash_files
from circuitsim.blocks.generated.folder import GENERATED, write_block
from circuitsim.blocks.generated.sar import SAR_GRADES, sar_files
from circuitsim.blocks.generated.string_dac import string_dac_files

__all__ = ["GENERATED", "SAR_GRADES", "bit_serial_files", "flash_files", "sar_files", "string_dac_files", "write_block"]
