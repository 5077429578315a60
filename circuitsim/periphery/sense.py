"""Sense amplifiers: the current that they report, and the voltage that they drop."""

from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.periphery_tables import SenseTable


def report(sense: SenseTable, i_in: Any, *, rng: np.random.Generator | None = None) -> Any:
    """Return the currents that an amplifier reports: gain · i_in + offset + noise.

    Args:
        sense: The amplifier.
        i_in: Its input currents (batch, cols), positive into the amplifier [A].
        rng: Source of its noise; needed where the amplifier has noise.

    Returns:
        Reported currents (batch, cols) [A].

    Raises:
        InputError: The amplifier has noise and no rng was given.
    """
    out = i_in * sense.gain + sense.offset
    if sense.noise == 0:
        return out
    if rng is None:
        raise InputError(f"the sense amplifier has noise ({sense.noise:g} A): pass rng")
    xp, device = array_api_compat.array_namespace(i_in), array_api_compat.device(i_in)
    return out + sense.noise * xp.asarray(rng.standard_normal(tuple(i_in.shape)), dtype=i_in.dtype, device=device)


def drop_and_slope(sense: SenseTable, current: Any) -> tuple[Any, Any]:
    """Return the voltage drop and its slope at input currents.

    The drop is linear between the points of the table, which are evenly spaced, and goes on with the same slope beyond
    the ends. It is positive where a current into the amplifier raises the end of the column above v_ref.

    Args:
        sense: An amplifier with a table of drops.
        current: Input currents (any shape), positive into the amplifier [A].

    Returns:
        Drop [V] and slope [ohm], two arrays of the shape, namespace, dtype and device of `current`.
    """
    xp, device = array_api_compat.array_namespace(current), array_api_compat.device(current)
    table_i, table_v = np.asarray(sense.current), np.asarray(sense.drop)
    low, step = float(table_i[0]), float(table_i[1] - table_i[0])
    at = xp.clip(xp.floor((current - low) * (1.0 / step)), 0.0, float(len(table_i) - 2))
    index = xp.reshape(xp.astype(at, xp.int64), (-1,))
    slopes = xp.asarray(np.diff(table_v) / step, dtype=current.dtype, device=device)
    values = xp.asarray(table_v[:-1], dtype=current.dtype, device=device)
    slope = xp.reshape(xp.take(slopes, index, axis=0), current.shape)
    value = xp.reshape(xp.take(values, index, axis=0), current.shape)
    return value + slope * (current - low - at * step), slope
