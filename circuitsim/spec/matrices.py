"""Conductances and inputs, checked once, at the edge."""

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError, OutsideRangeError, SpecError
from circuitsim.spec.array import ArraySpec

# Programmed values pass through decimal text and unit changes: a few rounding errors are not "outside".
_ROUNDING = 1e-12


def check_arrays(
    spec: ArraySpec, g: ArrayLike, x: ArrayLike, *, g_range: tuple[float, float] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return conductances and inputs as float64 arrays that fit the specification.

    Args:
        spec: The array.
        g: Conductances (rows, cols) [S], or capacitances [F] of 1c cells; 0 is an open cell.
        x: Inputs (batch, rows): voltages [V], 0 and 1 where the input lies on the gates, 0 to 1 for pulse widths.
        g_range: Conductances [S] that cells may take besides 0, `circuitsim.devices.programmable_range`; None: g_min
            to g_max of the specification.

    Raises:
        InputError: A shape does not fit, or a value is negative, NaN or infinite, or a gate input is not 0 or 1.
        OutsideRangeError: A conductance is neither 0 nor within `g_range`.
    """
    return check_conductances(spec, g, g_range=g_range), check_inputs(spec, x)


def check_conductances(spec: ArraySpec, g: ArrayLike, *, g_range: tuple[float, float] | None = None) -> np.ndarray:
    """Return conductances (rows, cols) [S] as a float64 copy; see `check_arrays` for what is refused."""
    if spec.technique.changes_size:
        raise SpecError(
            "[technique] draws other arrays than rows x cols: solve it with circuitsim.solve, or lay it out with "
            "circuitsim.spec.lay_out"
        )
    g = real_numbers("g", g).copy()  # what was programmed does not follow later changes of the caller's array
    if g.shape != spec.shape:
        raise InputError(f"g has shape {g.shape}, expected (rows, cols) = {spec.shape}")
    unit = f" {state_unit(spec)}"
    _refuse_first("g", g, ~np.isfinite(g), unit, "a finite conductance")
    _refuse_first("g", g, g < 0, unit, "a conductance >= 0")
    low, high = g_range or (spec.device.g_min, spec.device.g_max)
    outside = (g != 0) & ((g < low * (1 - _ROUNDING)) | (g > high * (1 + _ROUNDING)))
    expected = f"0 (an open cell) or device.g_min = {low:g}{unit} to device.g_max = {high:g}{unit}"
    _refuse_first("g", g, outside, unit, expected, OutsideRangeError)
    return g


def check_voltage_range(v_range: tuple[float, float] | None) -> None:
    """Refuse a range of voltages [V] that is empty or has no ends; None is no range.

    Raises:
        InputError: Names the range.
    """
    if v_range is not None and not -np.inf < v_range[0] < v_range[1] < np.inf:
        raise InputError(f"v_range = {v_range} V: expected a finite lower and a higher end")


def drive_voltages(spec: ArraySpec, x: np.ndarray) -> np.ndarray:
    """Voltages (batch, rows) [V] of the input drivers for checked inputs.

    x itself on bit lines, x · v_gate on gates, (1 − x) · v_gate on the bypass transistors of a string of 1t1r cells.
    Pulses that code by their width have the height of x = v_read or x = 1.
    """
    if spec.driver.input_code == "pulse_width":
        x = np.full(x.shape, spec.driver.v_read if spec.array.input_line == "bl" else 1.0)
    if spec.array.input_line == "bl" or spec.v_gate is None:
        return x
    return (1 - x if has_bypass(spec) else x) * spec.v_gate


def has_bypass(spec: ArraySpec) -> bool:
    """Whether the gates belong to transistors beside the devices: a gate that is on means input 0."""
    return spec.array.input_line == "string" and spec.array.cell == "1t1r"


def full_scale_inputs(spec: ArraySpec) -> np.ndarray:
    """Inputs (rows,) with everything on: v_read on bit lines, 1 on gates and for pulse widths."""
    return np.full(spec.array.rows, spec.driver.v_read if input_unit(spec) == "V" else 1.0)


def input_unit(spec: ArraySpec) -> str:
    """Unit of the inputs x: "V" for amplitudes on bit lines, "1" for gate bits and for pulse widths."""
    return "V" if spec.array.input_line == "bl" and spec.driver.input_code == "amplitude" else "1"


def state_unit(spec: ArraySpec) -> str:
    """Unit of what is programmed, g: "F" for the capacitances of 1c cells, "S" for conductances."""
    return "F" if spec.array.cell == "1c" else "S"


def gate_voltages(spec: ArraySpec, x: np.ndarray) -> np.ndarray | None:
    """Word-line voltages (batch, rows) [V] where the input lies on the bit lines; None for cells without a gate.

    With `technique.skip_zero_rows` the gates of rows that lie at `sense.v_ref` are off.
    """
    if spec.v_gate is None or spec.array.input_line != "bl":
        return None
    on = x != spec.sense.v_ref if spec.technique.skip_zero_rows else np.ones(x.shape, dtype=bool)
    return np.where(on, spec.v_gate, 0.0)


def check_inputs(spec: ArraySpec, x: ArrayLike) -> np.ndarray:
    """Return inputs (batch, rows) as float64; see `check_arrays` for unit and for what is refused."""
    x = real_numbers("x", x)
    volts = input_unit(spec) == "V"
    if x.ndim != 2 or x.shape[1] != spec.array.rows or x.shape[0] == 0:
        raise InputError(f"x has shape {x.shape}, expected (batch, rows) = (1 or more, {spec.array.rows})")
    _refuse_first("x", x, ~np.isfinite(x), *((" V", "a finite voltage") if volts else ("", "a finite number")))
    if spec.driver.input_code == "pulse_width":
        _refuse_first("x", x, (x < 0) | (x > 1), "", "0 to 1, a share of t_read (driver.input_code = 'pulse_width')")
    elif spec.array.input_line != "bl":
        line = spec.array.input_line
        _refuse_first(
            "x", x, (x != 0) & (x != 1), "", f"0 or 1: the input switches gates (array.input_line = {line!r})"
        )
    return x


def real_numbers(name: str, values: ArrayLike) -> np.ndarray:
    """Return an argument as float64; `name` stands in the sentence that refuses it.

    Raises:
        InputError: Values are masked, complex or no numbers.
    """
    if np.ma.is_masked(values):
        raise InputError(f"{name} has masked values, expected a number for every entry")
    try:
        if np.iscomplexobj(values):
            raise TypeError
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} cannot be read as an array of real numbers") from None


def _refuse_first(
    name: str, values: np.ndarray, bad: np.ndarray, unit: str, expected: str, error: type[InputError] = InputError
) -> None:
    if bad.any():
        where = tuple(int(k) for k in np.argwhere(bad)[0])
        raise error(f"{name}{list(where)} = {values[where]:g}{unit}, expected {expected}")
