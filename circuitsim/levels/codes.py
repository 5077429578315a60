"""Codes to codes: the converters of a specification around an array at any level."""

from numpy.typing import ArrayLike

from circuitsim import chain
from circuitsim.chain import Reading
from circuitsim.errors import SpecError
from circuitsim.levels.can import Level
from circuitsim.levels.reading import prepare, read
from circuitsim.results import Certificate, TileModel
from circuitsim.spec import ArraySpec, input_unit, real_numbers


def convert_codes(
    spec: ArraySpec,
    g: ArrayLike,
    codes: ArrayLike,
    level: Level = "nodal",
    *,
    model: TileModel | None = None,
    certificate: Certificate | None = None,
    strict: bool = False,
    full_scale: float | None = None,
) -> Reading:
    """Read an array from DAC codes to ADC codes.

    Args:
        spec: The array; `driver.dac_bits` and `adc.bits` must be stated.
        g: Conductances (rows, cols) [S].
        codes: DAC codes (batch, rows), whole numbers from 0 to 2^dac_bits − 1.
        level, model, certificate, strict: As in `solve`.
        full_scale: Current of the largest ADC code [A] where `adc.full_scale` is "auto".

    Returns:
        Voltages, currents and codes (batch, cols) stage by stage, and which stages were ideal.

    Raises:
        InputError: There is no DAC or ADC, its full scale is unknown, or `codes` holds something else than codes.
        SpecError: The DAC's voltages are not the inputs of this array, or its outputs are not currents.
        InputError, SpecError, OutsideRangeError, SimulatorError, NotConvergedError: As `solve`.

    Warns:
        ClippingWarning: The ADC clips more than one output in a hundred.
    """
    _check_converters_fit(spec)
    array = prepare(spec, g, level, model=model, certificate=certificate, strict=strict)
    return chain.read_codes(spec, real_numbers("codes", codes), lambda v: read(array, v).i_out, full_scale=full_scale)


def _check_converters_fit(spec: ArraySpec) -> None:
    """Refuse an array between whose DAC and ADC there is something else than voltages in, currents out."""
    if input_unit(spec) != "V":
        key, value, expected = ("array.input_line", spec.array.input_line, "bl")
        if spec.driver.input_code != "amplitude":
            key, value, expected = ("driver.input_code", spec.driver.input_code, "amplitude")
        raise SpecError(f"{key} = {value!r}: a DAC drives bit lines by their voltage, expected {expected!r}")
    if spec.array.cell == "1c":
        raise SpecError("array.cell = '1c': its output is a charge, expected a cell whose current an ADC converts")
