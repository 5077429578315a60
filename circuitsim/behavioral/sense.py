"""Currents of a tile into sense amplifiers whose input voltage is not proportional to the current."""

from dataclasses import replace
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.sense_kernels import curve_grid, curve_values, newton_step, start_grid
from circuitsim.behavioral.tile import Tile
from circuitsim.errors import InputError
from circuitsim.periphery.sense import drop_and_slope, report
from circuitsim.results.sense_table import SenseTable

_PASSES = 3  # over the columns; their coupling is weak, and each pass divides the error by more than 20
_STEPS = 12  # of Newton's method on the curve of the amplifier, kept between bounds: a cascode's is steep near zero
_FIRST_STEPS, _COUPLINGS = 2, 2  # steps of the compiled read, on u, in which the curve is smooth
_LEAST_COMPILED = 2048  # outputs; laying the curve out costs as much as a few hundred of them
_LEAST_SLOPE = 1e-3  # of the current that a column takes, per ampere into its amplifier
_POINTS = 64  # currents at which the reference resistance is fitted


def reference_resistance(sense: SenseTable, i_largest: float) -> float:
    """Return the resistance through zero that fits the drop of an amplifier best up to a current [ohm].

    Args:
        sense: An amplifier with a table of drops.
        i_largest: Magnitude of the largest column current [A]; the table may end before.
    """
    assert sense.current is not None and sense.drop is not None
    low, high = float(sense.current[0]), float(sense.current[-1])
    end = high if high >= -low else low
    current = np.linspace(0.0, np.sign(end) * min(abs(end), i_largest), _POINTS)
    drop = np.interp(current, sense.current, sense.drop)
    return max(float(current @ drop / (current @ current)), 0.0)


def sensed_outputs(tile: Tile, i_out: Any) -> Any:
    """Return what the sense amplifiers of a tile report of its currents (batch, cols) [A]; ideal ones report these."""
    return i_out if tile.sense is None else reported_outputs(tile.sense, i_out)


def reported_outputs(sense: SenseTable, i_out: Any) -> Any:
    """Return what an amplifier without noise reports of currents (batch, cols) [A]; compiled for NumPy arrays."""
    if not isinstance(i_out, np.ndarray) or sense.current is None or i_out.size < _LEAST_COMPILED:
        return report(replace(sense, noise=0.0), i_out)
    grid, current = curve_grid(sense, i_out.dtype), np.ascontiguousarray(i_out).reshape(-1)
    out = np.empty_like(current)
    curve_values(current, grid.i_scale, grid.bend, grid.low, grid.inverse, grid.out, out)
    return out.reshape(i_out.shape)


def settle(tile: Tile, i_out: Any, sense: SenseTable, *, slope: Any = None) -> Any:
    """Return the currents into sense amplifiers whose input voltage is not proportional to the current.

    The tile contains the constant resistance `tile.r_sense`. The voltage that the amplifier drops beyond it lowers the
    currents through the admittance of the columns, I = I0 − (drop(I) − r_sense·I) @ w_portᵀ. The same voltage moves the
    level of its column, and with it the residual currents of the cells.

    Args:
        tile: The tile, programmed with a sense resistance within the amplifier's.
        i_out: Currents at the constant resistance (batch, cols) [A].
        sense: The amplifier.
        slope: What one volt at the sense nodes adds to the residual currents (batch, cols) [S]; None: nothing.

    Returns:
        Currents (batch, cols) [A].

    Raises:
        InputError: The tile has no admittance of its columns.
    """
    if sense.current is None or sense.drop is None:
        return i_out
    if tile.w_port is None:
        raise InputError(
            f"grade = {tile.grade}: the tile has no admittance of its columns; expected one programmed from a model "
            "with a sense amplifier, or of another grade"
        )
    xp, device = array_api_compat.array_namespace(i_out), array_api_compat.device(i_out)
    own = np.diag(tile.w_port)

    def put(array: np.ndarray) -> Any:
        return xp.asarray(np.ascontiguousarray(array), dtype=i_out.dtype, device=device)

    others, admittance = put((tile.w_port - np.diag(own)).T), put(own)
    if slope is not None:
        admittance = xp.maximum(admittance - slope, 0.0 * admittance)
    if isinstance(i_out, np.ndarray) and i_out.size >= _LEAST_COMPILED:
        return _settle_compiled(sense, i_out, others, np.broadcast_to(admittance, i_out.shape), tile.r_sense)
    wanted, current, extra = i_out, i_out, None
    for _ in range(_PASSES):
        if extra is not None:
            wanted = i_out - extra @ others
        current, extra = meet_curve(sense, wanted, current, admittance, tile.r_sense)
    return current


def _settle_compiled(
    sense: SenseTable, i_out: np.ndarray, others: np.ndarray, admittance: np.ndarray, r_sense: float
) -> np.ndarray:
    """As `settle`, on the even grid of `CurveGrid`; it starts from the solution for the mean admittance."""
    grid, r_in = curve_grid(sense, i_out.dtype), i_out.dtype.type(r_sense)
    flat, y = (np.ascontiguousarray(each).reshape(-1) for each in (i_out, admittance))
    u, extra = np.empty_like(flat), np.empty_like(flat)
    start = start_grid(grid, float(y.mean()), r_sense)
    curve_values(flat, grid.i_scale, grid.bend, grid.low, grid.inverse, start, u)
    shape = (grid.i_scale, grid.bend, grid.low, grid.inverse, grid.drop)
    for _ in range(_FIRST_STEPS):
        newton_step(flat, y, r_in, *shape, u, extra)
    for _ in range(_COUPLINGS):
        wanted = (i_out - extra.reshape(i_out.shape) @ others).reshape(-1)
        newton_step(wanted, y, r_in, *shape, u, extra)
    return (grid.i_scale * u * (np.abs(u) + 2 * grid.bend)).reshape(i_out.shape)


def meet_curve(sense: SenseTable, wanted: Any, start: Any, admittance: Any, r_sense: float) -> tuple[Any, Any]:
    """Solve i + admittance·(drop(i) − r_sense·i) = wanted for each column; return i and the voltage beyond r_sense·i.

    Args:
        sense: An amplifier with a table of drops.
        wanted: Currents without the drop beyond r_sense·i (batch, cols) [A].
        start: Where the search starts, of the same shape [A].
        admittance: What the column loses per volt at its amplifier, (cols,) or (batch, cols) [S].
        r_sense: Resistance that `wanted` contains [ohm].

    The left side rises with a slope of at least 1 − admittance·r_sense, which bounds the solution from both sides.
    """
    xp = array_api_compat.array_namespace(wanted)
    current, least = start, 1.0 - admittance * r_sense
    least = xp.maximum(least, 0.0 * least + _LEAST_SLOPE)
    drop, slope = drop_and_slope(sense, current)
    miss = current + admittance * (drop - r_sense * current) - wanted
    low, high = xp.minimum(current, current - miss / least), xp.maximum(current, current - miss / least)
    for _ in range(_STEPS):
        low, high = xp.where(miss < 0, current, low), xp.where(miss > 0, current, high)
        newton = current - miss / (1.0 + admittance * (slope - r_sense))
        inside = (newton >= low) & (newton <= high)
        current = xp.where(inside, newton, (low + high) / 2)
        drop, slope = drop_and_slope(sense, current)
        miss = current + admittance * (drop - r_sense * current) - wanted
    return current, drop - r_sense * current
