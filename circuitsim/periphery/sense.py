"""Sense amplifiers: what they report of a current, and what voltage they drop."""

from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.converter import SenseTable


def report(sense: SenseTable, i_in: Any, *, rng: np.random.Generator | None = None) -> Any:
    """Return what the amplifier reports of its input currents (batch, cols) [A]: gain, offset, noise.

    Raises:
        InputError: The amplifier has noise and no rng was given.
    """
    out = i_in if sense.gain == 1 and sense.offset == 0 else i_in * sense.gain + sense.offset
    if sense.noise == 0:
        return out
    if rng is None:
        raise InputError(f"the sense amplifier has noise ({sense.noise:g} A): pass rng")
    xp = array_api_compat.array_namespace(i_in)
    return out + sense.noise * xp.asarray(rng.standard_normal(tuple(i_in.shape)), dtype=i_in.dtype)


def drop_and_slope(xp: Any, sense: SenseTable, current: Any) -> tuple[Any, Any]:
    """Drop [V] and its slope [ohm], linear between the points and beyond the ends."""
    table_i, table_v = np.asarray(sense.current), np.asarray(sense.drop)
    low, step = float(table_i[0]), float(table_i[1] - table_i[0])
    at = xp.clip(xp.floor((current - low) * (1.0 / step)), 0.0, float(len(table_i) - 2))
    index = xp.reshape(xp.astype(at, xp.int64), (-1,))
    slopes = xp.asarray(np.diff(table_v) / step, dtype=current.dtype)
    values = xp.asarray(table_v[:-1], dtype=current.dtype)
    slope = xp.reshape(xp.take(slopes, index, axis=0), current.shape)
    value = xp.reshape(xp.take(values, index, axis=0), current.shape)
    return value + slope * (current - low - at * step), slope
