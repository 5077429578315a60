"""Row drivers, sense amplifiers and analog-to-digital converters."""

from typing import Annotated, Literal

from pydantic import Field

from circuitsim.spec.base import NonNegative, Part, Positive, Quantity, Whole, reserved


class DriverSpec(Part):
    """The driver of each row."""

    kind: Literal["ideal"] = Field(default="ideal", description="Driver circuit; 'ideal' is a source behind r_out")
    r_out: NonNegative = Field(default=0.0, description="Output resistance [ohm]")
    v_read: Positive = Field(
        description="Amplitude of a full-scale input above sense.v_ref [V]: the driver of a row puts out v_ref for an "
        "input of zero and v_ref + v_read at full scale. g is the conductance with v_read across the device"
    )
    dac_bits: Whole | None = Field(default=None, ge=1, le=24, description="Resolution of the input DAC; absent: ideal")
    input_code: Annotated[Literal["amplitude", "pulse_width"], reserved("bit_serial")] = Field(
        default="amplitude",
        description="Coding of the inputs. 'amplitude': a voltage. 'pulse_width': a fraction of t_read from 0 to 1; "
        "the output is a charge",
    )
    t_read: Positive = Field(default=10e-9, description="Duration of one read and of the longest pulse [s]")


class SenseSpec(Part):
    """The sense amplifier of each column, which holds the column at v_ref and measures its current.

    Voltages of drivers and sense amplifiers are relative to 0 V, the bulk of the cells.
    """

    kind: Annotated[Literal["virtual_ground"], reserved("tia", "regulated_cascode", "integrator")] = Field(
        default="virtual_ground", description="Sense circuit"
    )
    r_in: NonNegative = Field(default=0.0, description="Input resistance [ohm]")
    v_ref: Quantity = Field(default=0.0, description="Voltage at which the column is held [V]; rows rest there too")


class AdcSpec(Part):
    """The converter of column currents to codes."""

    kind: Annotated[Literal["ideal"], reserved("sar", "flash", "ramp", "cco")] = Field(
        default="ideal", description="Converter; 'ideal' rounds and clips"
    )
    bits: Whole | None = Field(default=None, ge=1, le=24, description="Resolution; absent: no quantization")
    full_scale: Literal["auto"] | Positive = Field(
        default="auto",
        description="Current of the largest code [A]; 'auto': each layer of a network takes the one with the least rms"
        " error of rounding and clipping on calibration images",
    )
