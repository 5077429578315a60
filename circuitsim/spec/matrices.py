"""Check conductances and inputs once, before any work; derive driver and gate voltages from inputs."""

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError, OutsideRangeError, SpecError
from circuitsim.spec.array import ArraySpec
from circuitsim.spec.gate_levels import between_levels, gate_voltage_levels, level_numbers
from circuitsim.spec.real_numbers import real_numbers

# Decimal text and unit conversions round programmed values: a few rounding errors do not put them outside a range.
_ROUNDING = 1e-12


def check_arrays(
    spec: ArraySpec, g: ArrayLike, x: ArrayLike, *, g_range: tuple[float, float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return conductances and inputs as float64 arrays that fit the specification.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S], or capacitances [F] of 1c cells; 0 is an open cell.
        x: Inputs (batch, rows): voltages [V]; 0 or 1 if the input is on the gates, or k / (n − 1) for the k-th of n
            `driver.gate_levels`; 0 to 1 for pulse widths.
        g_range: Conductances [S] that cells may have besides 0, see `circuitsim.devices.programmable_range`; None:
            g_min to g_max of the specification.

    Raises:
        InputError: A shape does not fit, a value is NaN or infinite, a conductance is negative, or an input on gates or
            of pulse widths is not in its range.
        OutsideRangeError: A conductance is neither 0 nor within `g_range`.
        SpecError: A technique changes the size of the array.
    """
    return check_conductances(spec, g, g_range=g_range), check_inputs(spec, x)


def check_conductances(spec: ArraySpec, g: ArrayLike, *, g_range: tuple[float, float] | None = None) -> np.ndarray:
    """Return conductances (rows, cols) [S] as a float64 copy, read-only; `check_arrays` lists the errors."""
    if spec.technique.changes_size:
        raise SpecError(
            "[technique] changes the size of the array: solve it with circuitsim.solve, or lay it out with "
            "circuitsim.spec.lay_out"
        )
    g = real_numbers("g", g, shape=spec.shape, axes="(rows, cols)").copy()  # the caller may change his array later
    unit = f" {state_unit(spec)}"
    _refuse_first("g", g, ~np.isfinite(g), unit, "a finite conductance")
    _refuse_first("g", g, g < 0, unit, "a conductance >= 0")
    low, high = g_range or (spec.device.g_min, spec.device.g_max)
    outside = (g != 0) & ((g < low * (1 - _ROUNDING)) | (g > high * (1 + _ROUNDING)))
    expected = f"0 (an open cell) or device.g_min = {low:g}{unit} to device.g_max = {high:g}{unit}"
    _refuse_first("g", g, outside, unit, expected, OutsideRangeError)
    g.setflags(write=False)  # what is prepared of it would not follow
    return g


def check_voltage_range(v_range: tuple[float, float] | None) -> None:
    """Refuse a range of voltages [V] that is empty or not finite; None passes.

    Raises:
        InputError: The range is empty or not finite.
    """
    if v_range is not None and not -np.inf < v_range[0] < v_range[1] < np.inf:
        raise InputError(f"v_range = {v_range} V: expected a finite lower and a higher end")


def drive_voltages(spec: ArraySpec, x: np.ndarray) -> np.ndarray:
    """Return the voltages (batch, rows) [V] of the row drivers for checked inputs.

    The voltage is x on bit lines, x · v_gate on gates, and (1 − x) · v_gate on the bypass transistors of a string of
    1t1r cells; with `driver.gate_levels` it is that of the level that x selects. If the pulse width codes the input,
    every pulse has the height of a full-scale input: v_ref + v_read on bit lines, x = 1 on gates.
    """
    if spec.driver.input_code == "pulse_width":
        x = np.full(x.shape, spec.drive_range[1] if spec.array.input_line == "bl" else 1.0)
    if spec.array.input_line == "bl" or spec.v_gate is None:
        return x
    if spec.driver.gate_levels is not None:
        return np.array(gate_voltage_levels(spec))[level_numbers(spec, x)]
    return (1 - x if has_bypass(spec) else x) * spec.v_gate


def has_bypass(spec: ArraySpec) -> bool:
    """Tell whether the transistors are in parallel with the devices, so that input 0 switches their gates on."""
    return spec.array.input_line == "string" and spec.array.cell == "1t1r"


def full_scale_inputs(spec: ArraySpec) -> np.ndarray:
    """Return the inputs (rows,) with every row fully on: v_ref + v_read on bit lines, 1 on gates and for pulses."""
    return np.full(spec.array.rows, spec.drive_range[1] if input_unit(spec) == "V" else 1.0)


def input_unit(spec: ArraySpec) -> str:
    """Return the unit of the inputs x: "V" for amplitudes on bit lines, "1" for shares: gates and pulse widths."""
    return "V" if spec.array.input_line == "bl" and spec.driver.input_code != "pulse_width" else "1"


def resting_input(spec: ArraySpec) -> float:
    """Return the input of an unused row: `sense.v_ref` [V] for amplitudes on bit lines, no pulse or no gate else."""
    return spec.sense.v_ref if input_unit(spec) == "V" else 0.0


def device_voltages(spec: ArraySpec, x: np.ndarray) -> np.ndarray:
    """Return the voltages (batch, rows) [V] that inputs put across the devices of an array without wires.

    They are x − v_ref on bit lines and x · v_read on gates; multiplied by conductances they give the ideal currents,
    of gates with several levels those that are linear in x.
    """
    return x - spec.sense.v_ref if input_unit(spec) == "V" else x * spec.driver.v_read


def state_unit(spec: ArraySpec) -> str:
    """Return the unit of the programmed values g: "F" for the capacitances of 1c cells, "S" for conductances."""
    return "F" if spec.array.cell == "1c" else "S"


def output_unit(spec: ArraySpec) -> str:
    """Return the unit of the columns' outputs without circuits: "C" for 1c cells, "A" for cells that carry a current.

    Pulse widths are read as charges; their ADCs take the mean current over `driver.t_read`.
    """
    return "C" if spec.array.cell == "1c" else "A"


def gate_voltages(spec: ArraySpec, x: np.ndarray) -> np.ndarray | None:
    """Return the word-line voltages (batch, rows) [V]; None if the input is not on the bit lines or cells have no gate.

    With `technique.skip_zero_rows` the gates of rows at rest are off: 0 V.
    """
    if spec.v_gate is None or spec.array.input_line != "bl":
        return None
    on = x != resting_input(spec) if spec.technique.skip_zero_rows else np.ones(x.shape, dtype=bool)
    return np.where(on, spec.v_gate, 0.0)


def check_inputs(spec: ArraySpec, x: ArrayLike, *, name: str = "x") -> np.ndarray:
    """Return inputs (batch, rows) as float64; `check_arrays` gives their unit and the errors, which say `name`."""
    x = real_numbers(name, x)
    volts = input_unit(spec) == "V"
    if x.ndim != 2 or x.shape[1] != spec.array.rows or x.shape[0] == 0:
        raise InputError(f"{name} has shape {x.shape}, expected (batch, rows) = (1 or more, {spec.array.rows})")
    _refuse_first(name, x, ~np.isfinite(x), *((" V", "a finite voltage") if volts else ("", "a finite number")))
    if spec.driver.input_code == "pulse_width":
        _refuse_first(name, x, (x < 0) | (x > 1), "", "0 to 1, a share of t_read (driver.input_code = 'pulse_width')")
    elif spec.driver.gate_levels is not None:
        last = len(spec.driver.gate_levels) - 1
        expected = f"k / {last} with a whole number k from 0 to {last}: the driver has {last + 1} levels (gate_levels)"
        _refuse_first(name, x, between_levels(spec, x), "", expected)
    elif spec.array.input_line != "bl":
        line = spec.array.input_line
        _refuse_first(
            name, x, (x != 0) & (x != 1), "", f"0 or 1: the input switches gates (array.input_line = {line!r})"
        )
    return x


def _refuse_first(
    name: str, values: np.ndarray, bad: np.ndarray, unit: str, expected: str, error: type[InputError] = InputError
) -> None:
    if bad.any():
        index = tuple(int(k) for k in np.argwhere(bad)[0])
        raise error(f"{name}{list(index)} = {values[index]:g}{unit}, expected {expected}")
