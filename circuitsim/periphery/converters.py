"""Converters at the edge of an array: codes to voltages, currents to codes."""

import functools
import math
import warnings
from collections.abc import Callable
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import ClippingWarning, InputError
from circuitsim.periphery.host_arrays import check_on_host
from circuitsim.periphery.lookup import edge_grid, look_up, look_up_levels
from circuitsim.results.periphery_tables import ConverterTable

_LEAST_LAID_OUT = 4096  # inputs, from which on laying out the edges of an ADC pays
_BLOCK = 256  # vectors at a time: intermediate results stay in the processor's cache

MUCH_CLIPPING = 0.01
"""Fraction of the outputs above which clipping is reported; the automatic ranges of networks clip 0.0002."""


def nearest_codes(table: ConverterTable, v: Any) -> Any:
    """Return the codes (any shape, float) whose ideal voltages are nearest to `v` [V]; end codes outside the range."""
    xp = array_api_compat.array_namespace(v)
    return xp.clip(xp.round((v - table.low) * (1.0 / table.lsb)), 0.0, float(2**table.bits - 1))


def drive(table: ConverterTable, codes: Any, *, rng: np.random.Generator | None = None) -> Any:
    """Return the output voltages of a DAC.

    Args:
        table: The DAC.
        codes: Codes (any shape), whole numbers as floats, or as integers, which become float64.
        rng: Source of its noise; needed where the table has noise.

    Returns:
        Voltages of the same shape [V].

    Raises:
        InputError: The table has noise and no rng was given, or its INL is not (2^bits,) or falls by more than 1 LSB.
    """
    xp, device = array_api_compat.array_namespace(codes), array_api_compat.device(codes)
    if xp.isdtype(codes.dtype, "integral"):  # an INL of fractions of an LSB would be cut to whole ones
        codes = xp.astype(codes, xp.float64)
    if table.inl is None:
        return _with_noise(codes * table.lsb + table.low, table.noise, rng)
    deviation = xp.asarray(_inl(table, 2**table.bits, "code"), dtype=codes.dtype, device=device)
    levels = (xp.arange(2**table.bits, dtype=codes.dtype, device=device) + deviation) * table.lsb + table.low
    if isinstance(codes, np.ndarray):
        volts = np.empty(codes.size, codes.dtype)
        if look_up_levels(np.ascontiguousarray(codes).reshape(-1), levels, volts):
            return _with_noise(volts.reshape(codes.shape), table.noise, rng)
    flat = xp.reshape(xp.astype(codes, xp.int64), (-1,))
    return _with_noise(xp.reshape(xp.take(levels, flat, axis=0), codes.shape), table.noise, rng)


def slot_levels(table: ConverterTable) -> tuple[float, np.ndarray]:
    """Return the outputs of a driver in the slots of a code's bits: of a bit of 0, and of a 1 (bits,) in each slot [V].

    The table states what shift and add makes of the slots, so that the code of one bit tells the voltage of its slot.
    """
    levels, powers = table.levels, 2 ** np.arange(table.bits)
    off = float(levels[0])
    return off, off + (levels[powers] - off) * (2**table.bits - 1) / powers


def drive_nearest(table: ConverterTable | None, v: Any, *, rng: np.random.Generator | None = None) -> Any:
    """Return the DAC's output voltages nearest to `v` (any shape) [V]; without a DAC, `v` itself."""
    return v if table is None else drive(table, nearest_codes(table, v), rng=rng)


def convert(table: ConverterTable, analog: Any, *, rng: np.random.Generator | None = None) -> Any:
    """Return the codes of an ADC; `convert_and_count` also counts the currents that it clips.

    Args:
        table: The ADC.
        analog: Currents (batch, cols) [A].
        rng: Source of its noise; needed where the table has noise.

    Returns:
        Codes (batch, cols), whole numbers as floats; currents outside the range get the end codes.

    Raises:
        InputError: The table has noise and no rng was given, or its INL is not (2^bits − 1,) or falls by more than
            1 LSB.

    Warns:
        ClippingWarning: More than one output in a hundred lies outside the range.
    """
    codes, outside = convert_and_count(table, analog, rng=rng)
    _warn_of_clipping(table, outside, math.prod(codes.shape))
    return codes


def convert_and_count(table: ConverterTable, analog: Any, *, rng: np.random.Generator | None = None) -> tuple[Any, int]:
    """Return the codes of an ADC and how many currents lie more than half an LSB outside its range.

    Arguments and errors as in `convert`; it does not warn.
    """
    analog = _with_noise(analog, table.noise, rng)
    batch, codes_of = analog.shape[0], _decision(table, analog)
    if batch <= _BLOCK:
        return _codes(table, codes_of, analog)
    blocks = (analog[n : min(n + _BLOCK, batch), ...] for n in range(0, batch, _BLOCK))
    parts = [_codes(table, codes_of, block) for block in blocks]
    codes = array_api_compat.array_namespace(analog).concat([part for part, _ in parts], axis=0)
    return codes, sum(count for _, count in parts)


def _codes(table: ConverterTable, codes_of: Callable[[Any], Any], analog: Any) -> tuple[Any, int]:
    """Codes of noiseless currents, and how many currents lie outside the range."""
    xp, top = array_api_compat.array_namespace(analog), 2**table.bits - 1
    steps = (analog if table.low == 0 else analog - table.low) * (1.0 / table.lsb)
    codes = codes_of(steps)
    if math.prod(steps.shape) == 0 or (float(xp.min(steps)) >= -0.5 and float(xp.max(steps)) <= top + 0.5):
        return codes, 0
    outside = xp.astype((steps < -0.5) | (steps > top + 0.5), xp.int64)
    return xp.clip(codes, 0.0, float(top)), int(xp.sum(outside))


def _decision(table: ConverterTable, analog: Any) -> Callable[[Any], Any]:
    """Return how an ADC decides on the codes of inputs [LSB above low] of the kind of `analog`."""
    xp, device = array_api_compat.array_namespace(analog), array_api_compat.device(analog)
    if table.inl is None:
        return xp.round
    if isinstance(analog, np.ndarray) and analog.size >= _LEAST_LAID_OUT:
        return functools.partial(_look_up, *_laid_out(table, np.asarray(table.inl).tobytes(), analog.dtype))
    if table.decide == "search":
        return lambda steps: _searched(table, steps)
    top = 2**table.bits - 1
    transitions = xp.asarray(np.arange(top) + 0.5 + _inl(table, top, "transition"), dtype=analog.dtype, device=device)
    return lambda steps: xp.astype(
        xp.reshape(xp.searchsorted(transitions, xp.reshape(steps, (-1,))), steps.shape), steps.dtype
    )


@functools.lru_cache(maxsize=16)
def _laid_out(table: ConverterTable, inl: bytes, dtype: np.dtype) -> tuple[Any, ...]:
    """Lay out the decisions of an ADC for many inputs; see `look_up`. `inl` tells a changed array from the old one."""
    top = 2**table.bits - 1
    edges = np.unique(np.arange(top) + 0.5 + _inl(table, top, "threshold"))
    between = np.concatenate([[edges[0] - 1.0], (edges[1:] + edges[:-1]) / 2, [edges[-1] + 1.0]])
    if table.decide == "search":
        codes = _searched(table, between)
    else:
        codes = np.searchsorted(np.sort(np.arange(top) + 0.5 + _inl(table, top, "transition")), between)
    below, ends, low, per_step, most = edge_grid(edges, dtype)
    return below, ends, dtype.type(low), dtype.type(per_step), most, codes.astype(dtype)


def _look_up(
    below: np.ndarray, ends: np.ndarray, low: Any, per_step: Any, most: int, codes: np.ndarray, steps: np.ndarray
) -> np.ndarray:
    """Return the codes of inputs [LSB above low] by what `_laid_out` made."""
    found = np.empty(steps.size, steps.dtype)
    look_up(np.ascontiguousarray(steps).reshape(-1), below, ends, low, per_step, most, codes, found)
    return found.reshape(steps.shape)


def convert_columns(
    table: ConverterTable, inl: np.ndarray, analog: np.ndarray, *, rng: np.random.Generator | None = None
) -> np.ndarray:
    """Return the codes of columns whose ADCs differ in their INL alone.

    Args:
        table: What they have in common; its own INL does not count.
        inl: (cols, 2^bits − 1) INL of each [LSB]; of converters that are not searched it falls by at most 1 LSB.
        analog: Inputs (batch, cols) [unit of the table].
        rng: Source of their noise, column after column; needed where the table has noise.

    Returns:
        Codes (batch, cols), whole numbers as floats; inputs outside the range get the end codes.

    Raises:
        InputError: The table has noise and no rng was given, or `analog` is no NumPy array.
    """
    check_on_host("analog", analog)
    steps = (_with_noise(analog.T, table.noise, rng).T - table.low) * (1.0 / table.lsb)
    edges = np.arange(inl.shape[1]) + 0.5 + inl
    if table.decide == "sorted":
        edges = np.sort(edges, axis=1)
    code, column = np.zeros(steps.shape, dtype=np.int64), np.arange(len(edges))
    for bit in range(table.bits - 1, -1, -1):  # a bit stays if the input is higher
        tried = code + 2**bit
        code = np.where(steps > edges[column, tried - 1], tried, code)
    return code.astype(float)


def _searched(table: ConverterTable, steps: Any) -> Any:
    """Codes of inputs [LSB above low] by binary search from the highest bit on: a bit stays if the input is higher."""
    xp, device = array_api_compat.array_namespace(steps), array_api_compat.device(steps)
    top = 2**table.bits - 1
    thresholds = xp.asarray(np.arange(top) + 0.5 + _inl(table, top, "threshold"), dtype=steps.dtype, device=device)
    code = xp.zeros(steps.shape, dtype=xp.int64, device=device)
    for bit in range(table.bits - 1, -1, -1):
        tried = code + 2**bit
        level = xp.reshape(xp.take(thresholds, xp.reshape(tried - 1, (-1,)), axis=0), steps.shape)
        code = xp.where(steps > level, tried, code)
    return xp.astype(code, steps.dtype)


def decode(table: ConverterTable, codes: Any) -> Any:
    """Return the voltages [V] or currents [A] that codes (any shape) represent."""
    return codes * table.lsb + table.low


def _warn_of_clipping(table: ConverterTable, outside: int, count: int) -> None:
    share = outside / max(count, 1)
    if share > MUCH_CLIPPING:
        warnings.warn(
            f"the ADC's range of {table.low:g} to {table.high:g} {table.unit} clips {100 * share:.3g} % of the "
            "outputs: widen it",
            ClippingWarning,
            stacklevel=3,
        )


def _inl(table: ConverterTable, expected: int, each: str) -> np.ndarray:
    inl = np.asarray(table.inl)
    if inl.shape != (expected,):
        raise InputError(
            f"converter: inl has shape {inl.shape}: expected ({expected},), one value per {each} of {table.bits} bits"
        )
    if table.decide == "sorted" and expected > 1 and np.any(np.diff(inl) < -1):
        raise InputError(
            f"converter: inl falls by more than 1 LSB from one {each} to the next: expected no larger fall"
        )
    return inl


def _with_noise(values: Any, sigma: float, rng: np.random.Generator | None) -> Any:
    if sigma == 0:
        return values
    if rng is None:
        raise InputError(f"the converter has noise ({sigma:g}): pass rng")
    xp, device = array_api_compat.array_namespace(values), array_api_compat.device(values)
    return values + sigma * xp.asarray(rng.standard_normal(tuple(values.shape)), dtype=values.dtype, device=device)
