"""Row drivers, sense amplifiers and analog-to-digital converters."""

from typing import Annotated, Literal

from pydantic import Field

from circuitsim.spec.base import NonNegative, Part, Positive, Quantity, reserved


class DriverSpec(Part):
    """What drives each row."""

    kind: Literal["ideal"] = Field(default="ideal", description="Driver circuit; 'ideal' is a source behind r_out")
    r_out: NonNegative = Field(default=0.0, description="Output resistance [ohm]")
    v_read: Positive = Field(description="Read voltage: full-scale amplitude, and where g is defined [V]")
    dac_bits: int | None = Field(default=None, ge=1, le=24, description="Resolution of the input; absent: ideal")
    input_code: Annotated[Literal["amplitude", "pulse_width"], reserved("bit_serial")] = Field(
        default="amplitude",
        description="How a number becomes a drive; 'pulse_width': the input is a share of t_read, the output a charge",
    )
    t_read: Positive = Field(default=10e-9, description="Duration of one read, and the longest pulse [s]")


class SenseSpec(Part):
    """What holds each column at v_ref and measures its current."""

    kind: Annotated[Literal["virtual_ground"], reserved("tia", "regulated_cascode", "integrator")] = Field(
        default="virtual_ground", description="Sense circuit"
    )
    r_in: NonNegative = Field(default=0.0, description="Input resistance [ohm]")
    v_ref: Quantity = Field(default=0.0, description="Voltage the column is held at [V]")


class AdcSpec(Part):
    """What turns a column current into a code."""

    kind: Annotated[Literal["ideal"], reserved("sar", "flash", "ramp", "cco")] = Field(
        default="ideal", description="Converter; 'ideal' rounds and clips"
    )
    bits: int | None = Field(default=None, ge=1, le=24, description="Resolution; absent: no quantization")
    full_scale: Literal["auto"] | Positive = Field(
        default="auto", description="Current of the largest code [A]; 'auto': inner 99.98 % of the calibration outputs"
    )
