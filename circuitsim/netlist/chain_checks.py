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


def _check_array(spec: ArraySpec) -> None:
    if spec.technique.changes_size:
        raise SpecError(
            "[technique] draws other arrays, and a deck holds the chain of one; circuitsim.convert_codes runs a deck "
            "for each of them and joins their codes"
        )
    if spec.array.cell == "1c":
        raise SpecError("array.cell = '1c': its output is a charge, expected a cell whose current the columns carry")
    if spec.array.input_line != "bl" and spec.driver.input_code != "bit_serial":
        raise SpecError(
            f"array.input_line = {spec.array.input_line!r}: gates take bits, expected driver.input_code = 'bit_serial'"
        )
