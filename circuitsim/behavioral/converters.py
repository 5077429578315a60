"""Converters of a tile: numbers to voltages, currents to codes."""

import warnings
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import ClippingWarning, InputError
from circuitsim.results.converter import ConverterTable

CLIPPED = 0.01  # share of the outputs above which clipping is no longer a rare event


def drive_codes(table: ConverterTable, v: Any) -> Any:
    """Return the codes (any shape, float) whose ideal voltages are nearest; outside the range the end codes."""
    xp = array_api_compat.array_namespace(v)
    return xp.clip(xp.round((v - table.low) * (1.0 / table.lsb)), 0.0, float(2**table.bits - 1))


def drive(table: ConverterTable, codes: Any, *, rng: np.random.Generator | None = None) -> Any:
    """Return the voltages a DAC puts out.

    Args:
        table: The DAC.
        codes: Codes (any shape), whole numbers as floats.
        rng: Source of its noise; needed where the table has noise.

    Returns:
        Voltages of the same shape [V].

    Raises:
        InputError: The table has noise or an INL of another length, and no rng or a wrong table came with it.
    """
    xp = array_api_compat.array_namespace(codes)
    levels = codes
    if table.inl is not None:
        deviation = xp.asarray(_inl(table, 2**table.bits), dtype=codes.dtype)
        flat = xp.reshape(xp.astype(codes, xp.int64), (-1,))
        levels = codes + xp.reshape(xp.take(deviation, flat, axis=0), codes.shape)
    return _with_noise(levels * table.lsb + table.low, table.noise, rng)


def convert(table: ConverterTable, analog: Any, *, rng: np.random.Generator | None = None) -> Any:
    """Return the codes of an ADC.

    Args:
        table: The ADC.
        analog: Currents (batch, cols) [A].
        rng: Source of its noise; needed where the table has noise.

    Returns:
        Codes (batch, cols), whole numbers as floats; currents outside the range get the end codes.

    Raises:
        InputError: The table has noise or an INL of another length, and no rng or a wrong table came with it.

    Warns:
        ClippingWarning: More than one output in a hundred lies outside the range.
    """
    xp = array_api_compat.array_namespace(analog)
    top = 2**table.bits - 1
    steps = (_with_noise(analog, table.noise, rng) - table.low) * (1.0 / table.lsb)
    if table.inl is None:
        rounded = xp.round(steps)
        codes = xp.clip(rounded, 0.0, float(top))
        outside = codes != rounded
    else:
        transitions = xp.asarray(np.arange(top) + 0.5 + _inl(table, top), dtype=analog.dtype)
        found = xp.searchsorted(transitions, xp.reshape(steps, (-1,)))
        codes = xp.astype(xp.reshape(found, analog.shape), analog.dtype)
        outside = (steps < -0.5) | (steps > top + 0.5)
    _warn_of_clipping(table, float(xp.mean(xp.astype(outside, analog.dtype))) if outside.shape[0] else 0.0)
    return codes


def decode(table: ConverterTable, codes: Any) -> Any:
    """Return what codes stand for [V] or [A]."""
    return codes * table.lsb + table.low


def _warn_of_clipping(table: ConverterTable, share: float) -> None:
    if share > CLIPPED:
        warnings.warn(
            f"the ADC's range of {table.low:g} to {table.high:g} A clips {100 * share:.2g} % of the outputs: widen it",
            ClippingWarning,
            stacklevel=3,
        )


def _inl(table: ConverterTable, expected: int) -> np.ndarray:
    inl = np.asarray(table.inl)
    if inl.shape != (expected,):
        raise InputError(f"converter: inl has shape {inl.shape}: expected ({expected},) for {table.bits} bits here")
    if expected > 1 and np.any(np.diff(inl) < -1):
        raise InputError("converter: inl falls by more than 1 LSB from one code to the next: expected a monotonic one")
    return inl


def _with_noise(values: Any, sigma: float, rng: np.random.Generator | None) -> Any:
    if sigma == 0:
        return values
    if rng is None:
        raise InputError(f"the converter has noise ({sigma:g}): pass rng")
    xp = array_api_compat.array_namespace(values)
    return values + sigma * xp.asarray(rng.standard_normal(tuple(values.shape)), dtype=values.dtype)
