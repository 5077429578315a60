"""Sense amplifiers: what they report of a current, and the voltage that they drop."""

from typing import Any

import array_api_compat
import numpy as np

from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.periphery.host_arrays import check_on_host
from circuitsim.results.sense_table import SenseDynamics, SenseTable

_ROUNDING = 1e-9  # of the table's range: solved currents reach its ends to rounding
_FITTED = 257  # currents to which the straight line of an output is fitted
_EVEN = 1e-6  # relative difference of steps that count as equal


def report(sense: SenseTable, i_in: Any, *, rng: np.random.Generator | None = None) -> Any:
    """Return what an amplifier reports: its output curve, or gain · i_in + offset, and noise.

    Args:
        sense: The amplifier.
        i_in: Its input currents (batch, cols), positive into the amplifier [A].
        rng: Source of its noise; needed where the amplifier has noise.

    Returns:
        Reported values (batch, cols) [sense.unit]. The output curve is linear between its points and goes on with the
        same slope beyond the ends; `check_sense_range` refuses currents there.

    Raises:
        InputError: The amplifier has noise and no rng was given.
    """
    if sense.reported is not None:
        out = _linear(sense.current, sense.reported, i_in)[0]
    else:
        out = i_in * sense.gain + sense.offset
    if sense.noise == 0:
        return out
    if rng is None:
        raise InputError(f"the sense amplifier has noise ({sense.noise:g} {sense.unit}): pass rng")
    xp, device = array_api_compat.array_namespace(i_in), array_api_compat.device(i_in)
    return out + sense.noise * xp.asarray(rng.standard_normal(tuple(i_in.shape)), dtype=i_in.dtype, device=device)


def straight_output(sense: SenseTable) -> tuple[float, float]:
    """Return gain [unit/A] and offset [unit] of the straight line that fits the output curve of an amplifier best.

    This is what digital sums take an output for. The line is fitted from no current to the end of the table at which
    the larger currents are.
    """
    if sense.reported is None or sense.current is None:
        return sense.gain, sense.offset
    low, high = float(sense.current[0]), float(sense.current[-1])
    current = np.linspace(0.0, high if high >= -low else low, _FITTED)
    gain, offset = np.polyfit(current, np.interp(current, sense.current, sense.reported), 1)
    return float(gain), float(offset)


def output_noise(sense: SenseTable, current: np.ndarray, conductance: np.ndarray) -> np.ndarray:
    """Return the standard deviation of an amplifier's output within its noise band [unit].

    Args:
        sense: The amplifier; without dynamics its `noise` holds everywhere.
        current: Column currents (batch, cols) [A].
        conductance: Conductances of the columns (cols,) [S].

    Returns:
        (batch, cols), linear between the currents of the table and between the logarithms of its conductances; beyond
        both, the values at their ends.

    Raises:
        InputError: `current` is no NumPy array.
    """
    check_on_host("current", current)
    if sense.dynamics is None:
        return np.full(current.shape, sense.noise)
    return np.hypot(_in_time(sense.dynamics, "noise_rms", current, conductance), sense.noise)


def settling_times(
    sense: SenseTable, current: np.ndarray, conductance: np.ndarray, change: np.ndarray, band: float
) -> np.ndarray:
    """Return how long outputs take to settle within a band after a step from rest [s].

    The table states the time to a band of its own; with one time constant the time to another follows from it.

    Args:
        sense: The amplifier, with dynamics.
        current: Column currents (batch, cols) [A].
        conductance: Conductances of the columns (cols,) [S].
        change: Change of the outputs from rest (batch, cols) [unit].
        band: Half width of the band [unit].

    Returns:
        (batch, cols), interpolated as in `output_noise`; 0 where an output changes by less than the band.

    Raises:
        InputError: `current` or `change` is no NumPy array.

    Valid for: an amplifier that ends with one time constant; one that slews for most of the time takes longer to a
        wider band than this says, and less to a narrower one.
    """
    check_on_host("current", current)
    check_on_host("change", change)
    assert sense.dynamics is not None
    steps = np.log(np.maximum(np.abs(change) / band, 1.0)) / np.log(1 / sense.dynamics.band)
    return _in_time(sense.dynamics, "settling", current, conductance) * steps


def _in_time(dynamics: SenseDynamics, name: str, current: np.ndarray, conductance: np.ndarray) -> np.ndarray:
    """Interpolate a figure (currents, conductances) of an amplifier in time at currents (batch, cols) of columns."""
    order = np.argsort(dynamics.current)
    known, column = getattr(dynamics, name)[order], np.log(dynamics.conductance)
    at = np.clip(np.log(np.maximum(conductance, 1e-30)), column[0], column[-1])
    place = np.clip(np.searchsorted(column, at, side="right") - 1, 0, len(column) - 2)
    share = (at - column[place]) / (column[place + 1] - column[place])
    by_column = known[:, place] * (1 - share) + known[:, place + 1] * share  # (currents, cols)
    found = [np.interp(current[:, j], dynamics.current[order], by_column[:, j]) for j in range(current.shape[1])]
    return np.stack(found, axis=1)


def drop_and_slope(sense: SenseTable, current: Any) -> tuple[Any, Any]:
    """Return the voltage drop and its slope at input currents.

    The drop is linear between the points of the table and goes on with the same slope beyond the ends. It is positive
    where a current into the amplifier raises the end of the column above v_ref.

    Args:
        sense: An amplifier with a table of drops.
        current: Input currents (any shape), positive into the amplifier [A].

    Returns:
        Drop [V] and slope [ohm], two arrays of the shape, namespace, dtype and device of `current`.
    """
    return _linear(sense.current, sense.drop, current)


def check_sense_range(sense: SenseTable, current: np.ndarray, *, slack: float = _ROUNDING) -> None:
    """Refuse currents (batch, cols) [A] at which an amplifier was not characterized, by more than a share of its range.

    Raises:
        OutsideRangeError: Names vector, column, current and range.
        InputError: `current` is no NumPy array.
    """
    check_on_host("current", current)
    if sense.current is None:
        return
    low, high = float(sense.current[0]), float(sense.current[-1])
    beyond = slack * (high - low)
    bad = (current < low - beyond) | (current > high + beyond)
    if np.any(bad):
        vector, column = (int(k) for k in np.argwhere(bad)[0])
        raise OutsideRangeError(
            f"vector {vector}, column {column}: {current[vector, column]:.4g} A flow into the sense amplifier "
            f"{sense.block!r}, whose table holds from {low:.4g} to {high:.4g} A; expected inputs on the side of v_ref "
            "that its polarity takes and smaller currents, or a larger sense.i_max if the circuit carries more"
        )


def _linear(points: Any, values: Any, at: Any) -> tuple[Any, Any]:
    """Interpolate `values` (n,) over rising `points` (n,) linearly; the value and its slope, of any array library."""
    xp, device = array_api_compat.array_namespace(at), array_api_compat.device(at)
    points, values = np.asarray(points), np.asarray(values)
    low, steps = float(points[0]), np.diff(points)
    step = float(steps[0])
    even = bool(np.all(np.abs(steps - step) <= _EVEN * abs(step)))

    def put(array: np.ndarray) -> Any:
        return xp.asarray(array, dtype=at.dtype, device=device)

    if even:
        place = xp.clip(xp.floor((at - low) * (1.0 / step)), 0.0, float(len(points) - 2))
        index = xp.reshape(xp.astype(place, xp.int64), (-1,))
        beyond = at - low - place * step
    else:
        flat = xp.searchsorted(put(points), xp.reshape(at, (-1,)), side="right")
        index = xp.clip(xp.astype(flat, xp.int64) - 1, 0, len(points) - 2)
        beyond = at - xp.reshape(xp.take(put(points), index, axis=0), at.shape)
    slope = xp.reshape(xp.take(put(np.diff(values) / (step if even else steps)), index, axis=0), at.shape)
    value = xp.reshape(xp.take(put(values[:-1]), index, axis=0), at.shape)
    return value + slope * beyond, slope
