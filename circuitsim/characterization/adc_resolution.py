"""How many bits the codes of an ADC have: those of its digital word, or those of the counter behind a circuit.

Bits never change a step. What a count is worth is up to the circuit, so that a counter of fewer bits ends earlier.
"""

import math
import warnings

from circuitsim.blocks import Block, blocks_of
from circuitsim.characterization.counted_levels import counted_range
from circuitsim.errors import ClippingWarning, SpecError
from circuitsim.netlist.conversions import Bench
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec, checked

COUNTER_BITS = (2, 12)
UNUSED = 0.25  # of the range of a circuit; a counter that ends before it is told


@checked
def adc_bits(spec: ArraySpec) -> int | None:
    """Return the resolution of the ADCs of an array; None for ideal ones without quantization.

    A circuit with a digital word has as many bits as its word. Behind a circuit that counts, adc.bits is the width of
    the counter: codes run from 0 to 2^bits − 1, and larger counts stay at the largest code.

    Raises:
        SpecError: A circuit counts and adc.bits is missing or is no width of a counter; or a word has other bits.
    """
    block, bits = blocks_of(spec).get("adc"), spec.adc.bits
    if block is None:
        return bits
    if block.bits:
        check_bits(block, "adc.bits", bits)
        return block.bits
    least, most = COUNTER_BITS
    if bits is None:
        raise SpecError(
            f"adc.bits is missing: {block.name} counts and has no bits of its own; expected {least} to {most}"
        )
    if not least <= bits <= most:
        raise SpecError(f"adc.bits = {bits}: expected {least} to {most} for the counter of {block.name}")
    return bits


def check_bits(block: Block, key: str, bits: int | None) -> None:
    """Refuse another number of bits than that of a block's digital word."""
    if bits not in (None, block.bits):
        raise SpecError(
            f"{key} = {bits}: {block.name} has {block.bits} bits; remove the key, or write the block anew by "
            f"circuitsim.blocks.write_block(…, bits={bits}) and name it by folder"
        )


def judge_counter(bench: Bench, table: ConverterTable) -> None:
    """Tell or refuse a counter that does not fit what its circuit counts; a digital word passes.

    Args:
        bench: The converter.
        table: Its table, at the resolution of the counter.

    Raises:
        SpecError: The circuit never sets the highest bit.

    Warns:
        ClippingWarning: The largest code is reached at less than three quarters of the circuit's range of inputs.
    """
    block, bits = bench.block, table.bits
    if block.bits:
        return
    low, high = counted_range(bench)
    inputs = f"{low:g} to {high:g} {table.unit}"
    if table.simulated is not None and table.simulated[1] < 2 ** (bits - 1):
        most = table.simulated[1]
        enough = math.ceil(math.log2((1 - UNUSED) * most + 1))  # without the warning below
        raise SpecError(
            f"adc.bits = {bits}: {block.name} counts to {most} over its inputs, {inputs}; expected adc.bits = "
            f"{enough}, or {_steps(block, finer=True)} for finer steps"
        )
    if table.high < high - UNUSED * (high - low):
        warnings.warn(
            f"adc.bits = {bits}: {block.name} counts beyond {2**bits - 1} within its inputs, {inputs}; those above "
            f"{table.high:.4g} {table.unit} stay at the largest code; raise adc.bits, or take "
            f"{_steps(block, finer=False)} for coarser steps",
            ClippingWarning,
            stacklevel=3,
        )


def _steps(block: Block, *, finer: bool) -> str:
    """Name what changes the steps of a converter that counts."""
    if "t_clock" in block.timing:
        return f"a {'shorter' if finer else 'longer'} adc.timing.t_clock"
    if "t_count" in block.timing:
        return f"a {'longer' if finer else 'shorter'} adc.timing.t_count"
    return "another circuit, such as one of circuitsim.blocks.write_block('flash', …, bits=…)"
