"""A shipped converter that stands for the ideal ADC of an array, for its energy and its time alone."""

from circuitsim.blocks import load_block
from circuitsim.characterization import characterize
from circuitsim.errors import InputError
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec, checked, with_ideal


@checked
def standing_converter(spec: ArraySpec, name: str) -> ConverterTable:
    """Return the table of a shipped converter that replaces the ideal ADC of an array.

    Codes stay those of the ideal ADC: the range, the errors and the unit of the circuit have no effect on them.

    Args:
        spec: The array; its temperature matters, and its `adc.bits` where the circuit counts.
        name: A shipped converter.

    Raises:
        InputError: There is no such converter, or the array names one of its own.
        SpecError, OutsideRangeError, SimulatorError: As `characterize`.
    """
    if spec.adc.block is not None:
        raise InputError(
            f"converter = {name!r} has no effect: [adc] names the circuit {spec.adc.block!r}; leave one of them out"
        )
    block = load_block("converter", name)
    bits = None if block.bits else spec.adc.bits
    alone = with_ideal(spec, "driver", "sense").replace(adc={"model": name, "bits": bits, "full_scale": "auto"})
    table = characterize(alone).adc
    assert table is not None  # [adc] names a circuit
    return table
