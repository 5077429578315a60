"""The deck in which one cell is written: its switching model, its transistor, and drivers with a pulse a slot."""

import numpy as np

from circuitsim.devices import access_card, device_card
from circuitsim.devices.card import Card
from circuitsim.errors import InputError, OutsideRangeError, SpecError
from circuitsim.netlist.cell import CELL, cell_text
from circuitsim.programming.pulses import PulseTiming
from circuitsim.spec import Abilities, ArraySpec, Only, check_able
from circuitsim.spec.technique import TechniqueSpec

READ = ("v(bl)", "v(xcell.st)", "i(bbl)")
# The drivers of lines are those of the deck, and reads are against 0 V.
_WRITTEN: Abilities = {
    "bl": {
        "sense.v_ref": Only((0.0,), "pulses and reads are against 0 V"),
        "driver.input_code": Only(("amplitude",), "a cell is read by one voltage"),
        **{f"{part}.block": Only((None,), "its own sources drive the lines") for part in ("driver", "sense", "adc")},
        **{
            f"technique.{name}": Only((field.default,), "it writes the cells of the matrix alone")
            for name, field in TechniqueSpec.model_fields.items()
        },
    }
}
AMPLITUDES = ("v_bl", "v_sl", "v_gate")
"""Fields of a pulse; each is a source of the deck of the same name."""


def write_deck(spec: ArraySpec, timing: PulseTiming, pulses: int) -> str:
    """Write the deck of one 1T1R cell for up to so many slots.

    The wires of the array and the resistances of its drivers are left out. Each slot multiplies the sources `v_bl`,
    `v_sl` and `v_gate` by the shape of the write pulse; then the bit line has the read voltage, and the gate that of a
    selected row.

    Raises:
        SpecError: The cell is not 1T1R, or its device has no switching model.
    """
    device, access, cell = switching_card(spec), access_card(spec), cell_text(spec, switching=True)
    assert device.dynamic is not None
    edge, period = f"{timing.t_edge:g}", f"{timing.t_slot:g}"
    lines = [
        f"* one cell of {device.name} and {access.name}, written and read in slots of {period} s",
        *cell.includes,
        cell.subckt,
        f"vwrite write 0 pulse(0 1 {edge} {edge} {edge} {timing.t_write:g} {period})",
        f"vread read 0 pulse(0 1 {timing.t_read_begin:g} {edge} {edge} {timing.t_read:g} {period})",
        *(f"{key} amp_{key} 0 0" for key in AMPLITUDES),
        f"bbl bl 0 v = v(amp_v_bl)*v(write) + {spec.driver.v_read!r}*v(read)",
        "bsl sl 0 v = v(amp_v_sl)*v(write)",
        f"bwl wl 0 v = v(amp_v_gate)*v(write) + {spec.v_gate!r}*v(read)",
        f"xcell bl wl sl 0 {CELL} g={device.dynamic.maximum!r}",
        f".temp {spec.array.temperature_c:g}",
        ".save v(bl) v(sl) v(xcell.st) i(bbl) i(bsl) v(write)",
        f".tran {timing.t_slot / 30:g} {pulses * timing.t_slot:.17g}",
        ".end",
    ]
    return "\n".join(lines) + "\n"


def check_above_0(name: str, values: np.ndarray, unit: str) -> None:
    """Refuse values that are not finite and above 0; the sentence names the first one and its place.

    Raises:
        InputError: There is such a value.
    """
    for place in np.argwhere(~(np.isfinite(values) & (values > 0))).tolist():
        value = float(values[tuple(place)])
        raise InputError(f"{name}{place} = {value:g} {unit}: expected a finite number above 0 {unit}")


def check_wanted(spec: ArraySpec, targets: np.ndarray, tolerance: float) -> None:
    """Refuse conductances and a tolerance [S] that cannot be written to.

    Raises:
        InputError: One of them is not finite or not above 0, or the tolerance is the whole range.
        OutsideRangeError: A target is outside the device's range.
    """
    check_above_0("targets", targets, "S")
    low, high = spec.device.g_min, spec.device.g_max
    for place in np.argwhere((targets < low) | (targets > high))[:1].tolist():
        raise OutsideRangeError(
            f"targets{place} = {targets[tuple(place)]:g} S: expected device.g_min = {low:g} S to device.g_max = "
            f"{high:g} S"
        )
    if not 0 < tolerance < high - low:
        raise InputError(
            f"tolerance = {tolerance!r} S: expected a conductance above 0, below the range of {high - low:g} S"
        )


def check_able_to_write(spec: ArraySpec) -> None:
    """Refuse keys that ask for what writing does not simulate.

    Raises:
        SpecError: There is such a key.
    """
    check_able(spec, _WRITTEN, "writing in a loop")


def switching_card(spec: ArraySpec, cell: str = "1t1r") -> Card:
    """The device's card, which must have a switching model.

    Raises:
        SpecError: The cell is another one, the card has no switching model, or a key asks for what writing does not
            simulate.
    """
    if spec.array.cell != cell:
        raise SpecError(f"array.cell = {spec.array.cell!r}: expected {cell!r}, the cell that this way of writing needs")
    check_able_to_write(spec)
    card = device_card(spec)
    if card.dynamic is None:
        raise SpecError(
            f"[device]: {card.name!r} has no switching model ([dynamic] in its device.toml): expected a device that "
            "can be written"
        )
    return card
