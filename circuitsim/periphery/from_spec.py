"""The periphery that a specification states, as tables."""

from dataclasses import dataclass

from circuitsim.errors import InputError
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.results.sense_table import SenseTable
from circuitsim.spec import ArraySpec, check_no_block, output_unit


@dataclass(frozen=True)
class Periphery:
    """The circuits around an array, as tables; None stands for an ideal one.

    Attributes:
        dac: Inputs are its codes; None: inputs are voltages [V].
        sense: The sense amplifiers; None: they report their input current.
        adc: Outputs pass through it; None: no quantization.
    """

    dac: ConverterTable | None = None
    sense: SenseTable | None = None
    adc: ConverterTable | None = None


def periphery_of(spec: ArraySpec, *, full_scale: float | None = None) -> Periphery:
    """Return the periphery that a specification states.

    Args:
        spec: The array.
        full_scale: As in `adc_table`.

    Raises:
        InputError: As `adc_table`.
    """
    return Periphery(dac=dac_table(spec), adc=adc_table(spec, full_scale=full_scale))


def has_adc(spec: ArraySpec, tables: Periphery | None = None) -> bool:
    """Return whether outputs become codes: by an ideal ADC, or by a circuit that the array names or a table states."""
    return spec.adc.bits is not None or spec.adc.block is not None or (tables is not None and tables.adc is not None)


def ideal_stages(periphery: Periphery) -> tuple[str, ...]:
    """Return the stages that are ideal, in the order "dac", "sense", "adc".

    A converter is ideal if it only rounds and clips, or is not there; a sense amplifier if it reports its input current
    and its input resistance is the constant one of the specification.
    """
    sense = periphery.sense
    reports_input = sense is None or (sense.gain == 1 and sense.offset == 0 and sense.noise == 0 and sense.drop is None)
    ideal = {"dac": _is_ideal(periphery.dac), "sense": reports_input, "adc": _is_ideal(periphery.adc)}
    return tuple(stage for stage, holds in ideal.items() if holds)


def _is_ideal(table: ConverterTable | None) -> bool:
    return table is None or (table.inl is None and table.noise == 0)


def dac_table(spec: ArraySpec) -> ConverterTable | None:
    """Return the row drivers' DAC; None where inputs are not quantized.

    It reaches from v_ref to v_ref + v_read [V], or from 0 to 1 where its codes select `driver.gate_levels`.

    Raises:
        SpecError: The driver is a circuit.
    """
    check_no_block(spec.driver, "driver", "an ideal DAC")
    bits = spec.driver.dac_bits
    ends = spec.drive_range if spec.driver.gate_levels is None else (0.0, 1.0)
    return None if bits is None else ConverterTable(bits, *ends)


def adc_table(spec: ArraySpec, *, full_scale: float | None = None) -> ConverterTable | None:
    """Return the columns' ADC, from 0 to its full scale [A], of 1c cells [C]; None where outputs are not quantized.

    Args:
        spec: The array; adc.bits and adc.full_scale are used.
        full_scale: Current of the largest code [A], charge of 1c cells [C]; None if adc.full_scale states it.

    Raises:
        InputError: adc.full_scale is "auto" and no current is given, or it states another current than the one given.
        SpecError: The ADC is a circuit.
    """
    adc = spec.adc
    check_no_block(adc, "adc", "an ideal ADC")
    if adc.bits is None:
        return None
    unit, what = output_unit(spec), "charge" if spec.array.cell == "1c" else "current"
    if adc.full_scale == "auto":
        if full_scale is None:
            raise InputError(
                f"adc.full_scale = 'auto' takes its range from a network's outputs; here, write the {what} of "
                f"the largest code [{unit}] as adc.full_scale, or pass it as full_scale=, on the command line "
                "--full-scale"
            )
        return ConverterTable(adc.bits, 0.0, full_scale, unit=unit)
    if full_scale not in (None, adc.full_scale):
        raise InputError(
            f"full_scale = {full_scale:g} {unit}: expected None, adc.full_scale is {adc.full_scale:g} {unit}"
        )
    return ConverterTable(adc.bits, 0.0, adc.full_scale, unit=unit)
