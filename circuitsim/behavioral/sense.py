"""Sense amplifiers: input resistance that depends on the current, gain, offset, noise."""

from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.tile import Tile
from circuitsim.errors import InputError
from circuitsim.results.converter import SenseTable

_STEPS = 4  # Newton steps on the diagonal; the coupling between columns is weak and each step divides the error by > 20


def settle(tile: Tile, i_out: Any, sense: SenseTable) -> Any:
    """Return the currents into sense amplifiers whose input voltage is no multiple of the current.

    The tile contains the constant resistance `tile.r_sense`; what the amplifier drops beyond it acts back through the
    admittance of the columns, I = I0 − (drop(I) − r_sense·I) @ w_portᵀ.

    Args:
        tile: The tile, of grade 2 or 3, programmed with a sense resistance within the amplifier's.
        i_out: Currents at the constant resistance (batch, cols) [A].
        sense: The amplifier.

    Returns:
        Currents (batch, cols) [A].

    Raises:
        InputError: The tile is one product and has no admittance of its columns.
    """
    if sense.current is None or sense.drop is None:
        return i_out
    if tile.w_port is None:
        raise InputError("grade = 1: a current-dependent sense resistance needs a tile of grade 2 or 3")
    xp = array_api_compat.array_namespace(i_out)
    coupling = xp.asarray(np.ascontiguousarray(tile.w_port.T), dtype=i_out.dtype)
    own = xp.asarray(np.ascontiguousarray(np.diag(tile.w_port)), dtype=i_out.dtype)
    found = i_out
    for _ in range(_STEPS):
        drop, slope = _interpolate(xp, sense, found)
        miss = found - i_out + (drop - tile.r_sense * found) @ coupling
        found = found - miss / (1.0 + own * (slope - tile.r_sense))
    return found


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


def _interpolate(xp: Any, sense: SenseTable, current: Any) -> tuple[Any, Any]:
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
