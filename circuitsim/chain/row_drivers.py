"""Drivers with an output resistance: the voltages of the rows, by a fixed point on their currents."""

from collections.abc import Callable

import numpy as np

from circuitsim.errors import InputError, NotConvergedError
from circuitsim.periphery import drive
from circuitsim.results.periphery_tables import ConverterTable

PASSES = 60
CLOSE = 1e-9  # of the range of the driver, by which rows may still move
HELD_BACK = 1e-4  # of it, by which an end of `reach` may hold a row back: a column lies microvolts below v_ref

ReadRows = Callable[[np.ndarray], np.ndarray]
"""Currents (batch, rows) that drivers without resistance deliver into the array at voltages (batch, rows) [A]."""


def row_voltages(
    dac: ConverterTable,
    codes: np.ndarray,
    read_rows: ReadRows,
    *,
    v_rest: float | None = None,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Return the voltages that rows take behind the output resistances of their DACs; see `loaded_rows`.

    Args:
        dac: The DAC; without `r_out` its levels are returned.
        codes: Codes (batch, rows), whole numbers.
        read_rows: Currents of the rows, such as `i_row` of a nodal read.
        v_rest: Voltage of a row at which no current flows if all rows are there [V]; None: the lowest level.
        rng: Source of the DAC's noise; needed where it has noise.

    Returns:
        Voltages (batch, rows) [V].

    Raises:
        InputError: The shapes of codes and currents differ.
        NotConvergedError: As `loaded_rows`.
    """
    level = np.asarray(drive(dac, codes, rng=rng))
    if dac.r_out is None:
        return level
    r_out, rest = dac.r_out[np.asarray(codes).astype(int)], dac.low if v_rest is None else v_rest
    slope = row_conductances(read_rows, level.shape[1], rest, dac.high)
    return loaded_rows(level, r_out, read_rows, slope, reach=(min(rest, dac.low), max(rest, dac.high)), name=dac.block)


def row_conductances(read_rows: ReadRows, rows: int, v_rest: float, v_full: float) -> np.ndarray:
    """Return the conductances (rows,) that rows show when all of them are at full scale [S]; 0 where none is seen.

    Args:
        read_rows: Currents of the rows.
        rows: Number of rows.
        v_rest, v_full: Voltages of rows at rest and at full scale [V].

    Raises:
        InputError: The currents have another shape than the voltages.
    """
    full = np.full((1, rows), v_full)
    current = np.asarray(read_rows(full))
    if current.shape != full.shape:
        raise InputError(f"read_rows gives currents of shape {current.shape}: expected {full.shape}")
    return np.maximum(current[0] / (v_full - v_rest), 0.0)


def loaded_rows(
    level: np.ndarray,
    r_out: np.ndarray,
    read_rows: ReadRows,
    slope: np.ndarray,
    *,
    reach: tuple[float, float],
    name: str,
) -> np.ndarray:
    """Return the voltages (batch, rows) of rows behind resistances [V].

    They solve v = level − r_out · i_row(v). Each pass moves a row by its residual over 1 + r_out · slope.

    Args:
        level: (batch, rows) voltages of the drivers without load [V].
        r_out: (batch, rows) their output resistances [ohm].
        read_rows: Currents of the rows.
        slope: (rows,) conductances of the rows, from `row_conductances` [S].
        reach: Smallest and largest voltage that a row can take [V]; it is held there if it would pass by less than
            `HELD_BACK` of them.
        name: Name of the driver, for the message.

    Raises:
        NotConvergedError: The rows still move after `PASSES` passes; names the row.
    """
    v, move, span = level, np.zeros_like(level), reach[1] - reach[0]
    for _ in range(PASSES):
        move = (level - r_out * read_rows(v) - v) / (1.0 + r_out * slope)
        before, v = v, np.clip(v + move, *reach)
        if np.abs(v - before).max() <= CLOSE * span and np.abs(move).max() <= HELD_BACK * span:
            return v
    vector, row = np.unravel_index(int(np.abs(move).argmax()), move.shape)
    raise NotConvergedError(
        f"the rows behind the driver {name!r} do not settle: row {row} of vector {vector} still moves by "
        f"{np.abs(move).max():.3g} V after {PASSES} passes; expected an output resistance {r_out.max():.3g} ohm below "
        "that of the rows"
    )
