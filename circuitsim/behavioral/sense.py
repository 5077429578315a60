"""Currents of a tile into sense amplifiers whose input voltage is not proportional to the current."""

import functools
import math
from dataclasses import replace
from typing import Any

import array_api_compat
import numpy as np

from circuitsim.behavioral.sense_kernels import ColumnCurve, EvenCurve, curve_values, even_curve, meet_columns
from circuitsim.behavioral.tile import Tile
from circuitsim.errors import InputError
from circuitsim.nodal.lanes import WIDTH
from circuitsim.periphery.sense import drop_and_slope, report
from circuitsim.results.sense_table import SenseTable

_CLOSE, _MOST_PASSES = 1e-5, 60  # what passes over the columns leave of their coupling, and how many there are at most
_EXACT = 2e-6  # of the largest current or of the span of the outputs, by which a grid may miss a table
_STEPS = 12  # of Newton's method on the curve of the amplifier, kept between bounds: a cascode's is steep near zero
_LEAST_COMPILED = 2048  # outputs; laying the curve out costs as much as a few hundred of them
_LEAST_SLOPE = 1e-3  # of the current that a column takes, per ampere into its amplifier
_POINTS = 64  # currents at which the reference resistance is fitted
_ROOM = 1.25  # by which settled currents may exceed those at a constant resistance
_BLOCK = 192  # vectors at a time: intermediate results stay in the processor's cache


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
    if (
        not isinstance(i_out, np.ndarray)
        or sense.current is None
        or sense.reported is None
        or i_out.size < _LEAST_COMPILED
    ):
        return report(replace(sense, noise=0.0), i_out)
    curve = _output_curve(sense, _marks(sense), _reach(i_out), i_out.dtype)
    if curve is None:
        return report(replace(sense, noise=0.0), i_out)
    out = np.empty(i_out.size + WIDTH, i_out.dtype)
    curve_values(i_out.size, _with_room(i_out), *curve, out)
    return out[: i_out.size].reshape(i_out.shape)


def settle(tile: Tile, i_out: Any, sense: SenseTable, *, slope: Any = None) -> Any:
    """Return the currents into sense amplifiers whose input voltage is not proportional to the current.

    The tile contains the constant resistance `tile.r_sense`. The voltage that the amplifier drops beyond it lowers the
    currents through the admittance of the columns, I = I0 − (drop(I) − r_sense·I) @ w_portᵀ. The same voltage moves the
    level of its column, and with it the residual currents of the cells. Columns are solved one by one, in passes over
    their coupling: as many as leave at most 1e-5 of what the amplifiers change.

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
    own = np.diag(tile.w_port)
    coupling = (tile.w_port - np.diag(own)).T
    passes = _passes(own, coupling)
    if isinstance(i_out, np.ndarray) and i_out.size >= _LEAST_COMPILED:
        curve = _voltage_curve(sense, _marks(sense), _reach(i_out), float(own.mean()), tile.r_sense, i_out.dtype)
        if curve is not None:
            return _settle_compiled(curve, i_out, slope, own, coupling, passes)
    xp, device = array_api_compat.array_namespace(i_out), array_api_compat.device(i_out)

    def put(array: np.ndarray) -> Any:
        return xp.asarray(np.ascontiguousarray(array), dtype=i_out.dtype, device=device)

    others, admittance = put(coupling), put(own)
    if slope is not None:
        admittance = xp.maximum(admittance - slope, 0.0 * admittance)
    current, extra = meet_curve(sense, i_out, i_out, admittance, tile.r_sense)
    for _ in range(passes - 1):
        current, extra = meet_curve(sense, i_out - extra @ others, current, admittance, tile.r_sense)
    return current


def _passes(own: np.ndarray, coupling: np.ndarray) -> int:
    """Return how many passes over the columns leave at most `_CLOSE` of what the amplifiers change.

    A volt beyond the constant resistance at column l takes coupling_lo from the current of column o. This current moves
    the voltage of column o by at most 1 / own_o, whatever its curve is, so that each pass multiplies the error by at
    most the largest sum over l of |coupling_lo| / own_o.
    """
    share = float((np.abs(coupling).sum(axis=0) / own).max())
    if share <= 0:
        return 1
    return min(max(math.ceil(math.log(_CLOSE) / math.log(share)), 2), _MOST_PASSES) if share < 1 else _MOST_PASSES


def _reach(i_out: np.ndarray) -> float:
    """Return a current [A] that settled outputs stay below: a power of two, so that many reads share a grid."""
    largest = max(float(i_out.max()), -float(i_out.min()))
    return 2.0 ** math.ceil(math.log2(_ROOM * largest)) if 0 < largest < np.inf else np.inf


def _marks(sense: SenseTable) -> bytes:
    """Return what tells a table whose arrays were changed from the old one."""
    return b"".join(np.asarray(part).tobytes() for part in (sense.current, sense.drop, sense.reported))


def _reached(sense: SenseTable, reach: float) -> np.ndarray:
    """Return the currents of the table, in rising order, up to those that outputs reach [A]."""
    assert sense.current is not None
    low, high = max(float(sense.current[0]), -reach), min(float(sense.current[-1]), reach)
    inside = (sense.current > low) & (sense.current < high)
    return np.concatenate([[low], sense.current[inside], [high]]) if inside.any() else sense.current


@functools.lru_cache(maxsize=16)
def _output_curve(sense: SenseTable, marks: bytes, reach: float, dtype: np.dtype) -> EvenCurve | None:
    """Return what an amplifier reports over its current, or None where no even grid holds it."""
    assert sense.current is not None and sense.reported is not None
    current = _reached(sense, reach)
    reported = np.interp(current, sense.current, sense.reported)
    return even_curve(current, reported, dtype, close=_EXACT * float(np.ptp(reported)))


@functools.lru_cache(maxsize=64)
def _voltage_curve(
    sense: SenseTable, marks: bytes, reach: float, mean: float, r_sense: float, dtype: np.dtype
) -> ColumnCurve | None:
    """Return the voltage beyond r_sense·i over i + mean·voltage, or None where no even grid holds it."""
    assert sense.current is not None and sense.drop is not None
    current = _reached(sense, reach)
    extra = np.interp(current, sense.current, sense.drop) - r_sense * current
    over = current + mean * extra
    close = _EXACT * float(np.abs(current[[0, -1]]).max()) / mean
    curve = even_curve(over, extra, dtype, close=close) if np.all(np.diff(over) > 0) else None
    return None if curve is None else ColumnCurve(dtype.type(mean), *curve)


def _settle_compiled(
    curve: ColumnCurve, i_out: np.ndarray, slope: Any, own: np.ndarray, coupling: np.ndarray, passes: int
) -> np.ndarray:
    """As `settle`, on an even grid, by one step of Newton's method for each column and pass."""
    dtype, (batch, cols), size = i_out.dtype, i_out.shape, min(_BLOCK, len(i_out))
    others, columns = np.ascontiguousarray(coupling, dtype), _with_room(np.tile(own.astype(dtype), size))
    extra, lost = (np.zeros(size * cols + WIDTH, dtype) for _ in range(2))
    given, out = _with_room(i_out), np.empty(i_out.size + WIDTH, dtype)
    sloped, none = given[:0] if slope is None else _with_room(slope), given[:0]
    for start in range(0, batch, _BLOCK):
        count = min(_BLOCK, batch - start) * cols
        extra[:] = 0.0
        meet_columns(start * cols, count, given, columns, sloped, none, *curve, extra, out)
        for _ in range(passes - 1):
            np.matmul(extra[:count].reshape(-1, cols), others, out=lost[:count].reshape(-1, cols))
            meet_columns(start * cols, count, given, columns, sloped, lost, *curve, extra, out)
    return out[: i_out.size].reshape(i_out.shape)


def _with_room(values: np.ndarray) -> np.ndarray:
    """Return values as a flat array behind which kernels may read until their lanes are full."""
    flat = np.ascontiguousarray(values).reshape(-1)
    return flat if flat.size % WIDTH == 0 else np.append(flat, np.zeros(WIDTH, flat.dtype))


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
