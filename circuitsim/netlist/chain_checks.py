"""Which arrays and parts make a chain from codes to codes."""

from collections.abc import Mapping

from circuitsim.blocks import Block
from circuitsim.errors import InputError, SpecError
from circuitsim.spec import ArraySpec, checked


def check_chain(spec: ArraySpec, blocks: Mapping[str, Block]) -> None:
    """Refuse an array whose parts do not fit each other.

    Raises:
        SpecError: Names the key, and what fits.
        InputError: A supply or a reference is 0 V.
    """
    sense, adc = blocks.get("sense"), blocks.get("adc")
    _check_array(spec)
    for block in blocks.values():
        if "vdd" in block.roles and not (block.v_supply or 0) > 0:
            raise InputError(f"{block.name!r}: {block.v_supply} V at the port 'vdd'; expected a supply > 0")
    check_integration(spec, sense)
    check_row_side(spec, below=sense is not None and sense.polarity == "out_of")
    if adc is not None:
        current = adc.input is not None and adc.input.quantity == "current"
        if current != (sense is None):
            takes, gives = ("currents", "voltages") if current else ("voltages", "currents")
            raise SpecError(
                f"adc: {adc.name} converts {takes}, and the sense amplifiers put out {gives}; expected a circuit in "
                "[sense] for a converter of voltages, and none for currents"
            )


@checked
def check_integration(spec: ArraySpec, sense: Block | None) -> None:
    """Refuse pulse widths before an amplifier that does not integrate them.

    Raises:
        SpecError: Names the amplifier, and what integrates.
    """
    if spec.driver.input_code == "pulse_width" and (sense is None or not sense.clocked):
        said = "the ideal amplifier" if sense is None else sense.name
        raise SpecError(
            f"driver.input_code = 'pulse_width': {said} does not integrate over a pulse; name an amplifier with the "
            "phase 'integrate' in [sense], such as model = 'sc_integrator'"
        )


@checked
def check_row_side(spec: ArraySpec, *, below: bool) -> None:
    """Refuse sense amplifiers that take the currents of rows below v_ref alone, where rows are driven above it.

    DAC codes drive rows from v_ref up to v_ref + v_read, and bit lines lie there where inputs switch gates. Inputs that
    are voltages, without a DAC, may lie below v_ref.

    Args:
        spec: The array.
        below: Its sense amplifiers take the currents of rows below v_ref alone, as their card or their table states.

    Raises:
        SpecError: Names the amplifier, and what fits.
    """
    part, gates = spec.sense, spec.array.input_line != "bl"
    codes = spec.driver.dac_bits is not None or spec.driver.block is not None
    if not below or not (gates or codes):
        return
    source = "bit lines lie at" if gates else "DAC codes drive rows up to"
    instead = "" if gates else ", or voltages below v_ref as inputs, without driver.dac_bits and driver.model"
    raise SpecError(
        f"sense.{part.sources[0]} = {part.block!r}: it takes the currents of rows below sense.v_ref, which flow out of "
        f"it, and {source} v_ref + v_read; expected an amplifier that takes currents into it, such as model = "
        f"'regulated_cascode_p' or 'tia'{instead}"
    )


def _check_array(spec: ArraySpec) -> None:
    if spec.technique.changes_size:
        raise SpecError(
            "[technique] draws other arrays, and a deck holds the chain of one; circuitsim.convert_codes runs a deck "
            "for each of them and joins their codes"
        )
    if spec.array.cell == "1c":
        raise SpecError("array.cell = '1c': its output is a charge, expected a cell whose current the columns carry")
    off_or_on = spec.array.input_line != "bl" and spec.driver.gate_levels is None
    if off_or_on and spec.driver.input_code != "bit_serial":
        raise SpecError(
            f"array.input_line = {spec.array.input_line!r}: gates take bits, expected driver.input_code = "
            "'bit_serial', or driver.gate_levels on word lines"
        )
