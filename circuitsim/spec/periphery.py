"""Row drivers, sense amplifiers and analog-to-digital converters."""

from itertools import pairwise
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from circuitsim.errors import InputError
from circuitsim.spec.base import Whole
from circuitsim.spec.block import BlockSpec, refused_kinds
from circuitsim.spec.dimensions import (
    DIMENSIONS,
    Current,
    Duration,
    PositiveResistance,
    PositiveVoltage,
    Resistance,
    Voltage,
    beyond_circuits,
)
from circuitsim.units import parse_quantity

MOST_GATE_LEVELS = 256
"""Each level is a cell of its own to the array solver."""


def _full_scale(value: object) -> object:
    """The word auto, or a current."""
    if value == "auto":
        return value
    try:
        number = parse_quantity(value)
    except InputError as error:
        raise ValueError(f"{error}, or 'auto'") from None
    if number <= 0:
        raise PydanticCustomError("greater_than", "Input should be greater than 0, or 'auto'")
    if said := beyond_circuits(number, "A"):
        raise ValueError(f"got {said}")
    return number


class DriverSpec(BlockSpec):
    """The driver of each row: ideal, or a block."""

    OF_IDEAL: ClassVar[tuple[str, ...]] = ("r_out", "gate_levels", "t_rise")

    kind: Literal["ideal"] | None = Field(
        default="ideal", description="Ideal driver: a source behind r_out; not beside model, folder or file"
    )
    r_out: Resistance = Field(default=0.0, description="Output resistance [ohm]")
    v_read: PositiveVoltage = Field(
        description="Amplitude of a full-scale input above sense.v_ref [V]: the driver of a row puts out v_ref for an "
        "input of zero and v_ref + v_read at full scale. g is the conductance with v_read across the device"
    )
    dac_bits: Whole | None = Field(
        default=None, ge=1, le=24, examples=[8], description="Resolution of the input DAC [bit]; absent: ideal"
    )
    input_code: Literal["amplitude", "pulse_width", "bit_serial"] = Field(
        default="amplitude",
        description="Coding of the inputs. 'amplitude': a voltage. 'pulse_width': a fraction of t_read from 0 to 1; "
        "the output is a charge. 'bit_serial': a code is read bit by bit, the lowest first, with rows at v_ref or "
        "v_ref + v_read, and the codes of the ADC are shifted and added; inputs of a single read are voltages",
    )
    gate_levels: tuple[Voltage, ...] | None = Field(
        default=None,
        description="Voltages that a DAC puts on the gates [V], rising, for input_line = 'wl': n of them; input x = "
        "k / (n - 1) selects the k-th, from 0. The first one is the gate of a row without input, the last one the "
        "gate voltage of a selected row, access.v_gate (device.v_gate of cells with a gate of their own). With "
        "dac_bits, n = 2^dac_bits and code k selects the k-th. The current of a cell is as linear in x as these "
        "voltages make it. Absent: gates are off, 0 V, or on",
    )
    t_read: Duration = Field(default=10e-9, description="Duration of one read and of the longest pulse [s]")
    t_rise: Duration | None = Field(
        default=None,
        examples=["0.1n"],
        description="Time in which the input of a row rises, and falls after a pulse, up to t_read [s]; absent: a "
        "hundredth of t_read. Reads in time feel it, and codes with circuits around the array",
    )

    @property
    def edge(self) -> float:
        """Time in which inputs rise and fall [s]."""
        return self.usual_edge if self.t_rise is None else self.t_rise

    @property
    def usual_edge(self) -> float:
        """Time in which inputs rise and fall unless t_rise is given [s]: short against the read."""
        return 0.01 * self.t_read

    @model_validator(mode="after")
    def _rises_within_the_read(self) -> Self:
        if self.t_rise is not None and self.t_rise > self.t_read:
            raise ValueError(f"t_rise = {self.t_rise:g} s, expected at most t_read = {self.t_read:g} s")
        return self

    @model_validator(mode="after")
    def _levels_fit(self) -> Self:
        levels, bits = self.gate_levels, self.dac_bits
        if levels is None:
            return self
        if self.input_code != "amplitude":
            raise ValueError(
                f"input_code = {self.input_code!r} with gate_levels: bits and pulses switch gates off or on; expected "
                "input_code = 'amplitude', or no gate_levels"
            )
        if not 2 <= len(levels) <= MOST_GATE_LEVELS:
            raise ValueError(f"gate_levels has {len(levels)} voltages: expected 2 to {MOST_GATE_LEVELS} of them")
        for low, high in pairwise(levels):
            if not low < high:
                raise ValueError(f"gate_levels has {high:g} V after {low:g} V: expected voltages that rise")
        if bits is not None and 2**bits != len(levels):
            raise ValueError(
                f"dac_bits = {bits} with {len(levels)} gate_levels: expected {2**bits} of them (2^dac_bits), or no "
                "dac_bits"
            )
        return self


class SenseSpec(BlockSpec):
    """The sense amplifier of each column, which holds the column at v_ref and measures its current: ideal, or a block.

    Voltages of drivers and sense amplifiers are relative to 0 V, the bulk of the cells.
    """

    DEFAULT_KIND: ClassVar[str] = "virtual_ground"
    OF_IDEAL: ClassVar[tuple[str, ...]] = ("r_in",)
    OF_BLOCK: ClassVar[tuple[str, ...]] = (*BlockSpec.OF_BLOCK, "load", "i_max")

    kind: Annotated[
        Literal["virtual_ground"] | None, refused_kinds("tia", "regulated_cascode", "sc_integrator", "integrator")
    ] = Field(
        default="virtual_ground",
        description="Ideal amplifier: the column behind r_in at v_ref; not beside model, folder or file",
    )
    r_in: Resistance = Field(default=0.0, description="Input resistance [ohm]")
    v_ref: Voltage = Field(default=0.0, description="Voltage at which the column is held [V]; rows rest there too")
    load: PositiveResistance | None = Field(
        default=None,
        description="Resistance between the output of the block and ground [ohm]; absent: that of the card",
    )
    i_max: Current | None = Field(
        default=None,
        description="Largest column current for which the block is characterized [A]; absent: rows · g_max · v_read",
    )


class AdcSpec(BlockSpec):
    """The converter of column currents, or charges of 1c cells, to codes: ideal, or a block."""

    OF_IDEAL: ClassVar[tuple[str, ...]] = ("full_scale",)
    OF_BLOCK: ClassVar[tuple[str, ...]] = (*BlockSpec.OF_BLOCK, "v_ref")

    kind: Annotated[Literal["ideal"] | None, refused_kinds("sar", "flash", "ramp", "cco")] = Field(
        default="ideal", description="Ideal converter, which rounds and clips; not beside model, folder or file"
    )
    bits: Whole | None = Field(
        default=None,
        ge=1,
        le=24,
        examples=[8],
        description="Resolution [bit]; absent: no quantization. A circuit with a digital word has the bits of its "
        "word, and another number is refused. Behind a circuit that counts (flash, ramp, oscillator) the width of its "
        "counter, 2 to 12, to be stated: what a count is worth is up to the circuit, so that fewer bits end the range "
        "earlier and leave the steps as they are",
    )
    v_ref: PositiveVoltage | None = Field(
        default=None, description="Voltage at the port ref of the block [V]; absent: that of the card, or its supply"
    )
    full_scale: Annotated[
        Literal["auto"] | float,
        BeforeValidator(_full_scale, json_schema_input_type=Literal["auto"] | float | str),
        DIMENSIONS["A"],
    ] = Field(
        default="auto",
        description="Current of the largest code [A], or charge of 1c cells [C]; 'auto': each layer of a network takes "
        "the one with the least rms error of rounding and clipping on calibration images",
    )
