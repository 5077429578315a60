"""DACs whose output resistance depends on the code: the voltages of the rows, by a fixed point on their currents."""

from collections.abc import Callable

import numpy as np

from circuitsim.errors import InputError, NotConvergedError
from circuitsim.periphery import drive
from circuitsim.results.periphery_tables import ConverterTable

PASSES = 60
CLOSE = 1e-9  # of the range of the DAC, by which rows may still move


def row_voltages(
    dac: ConverterTable,
    codes: np.ndarray,
    read_rows: Callable[[np.ndarray], np.ndarray],
    *,
    v_rest: float | None = None,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Return the voltages that rows take behind the output resistances of their DACs.

    They solve v = level(code) − r_out(code) · i_row(v). Each pass moves a row by its residual over 1 + r · G, where G
    is the conductance that the row shows when all rows are at full scale.

    Args:
        dac: The DAC; without `r_out` its levels are returned.
        codes: Codes (batch, rows), whole numbers.
        read_rows: Currents (batch, rows) that drivers without resistance deliver into the array at voltages
            (batch, rows) [A], such as `i_row` of a nodal read.
        v_rest: Voltage of a row at which no current flows if all rows are there [V]; None: the lowest level.
        rng: Source of the DAC's noise; needed where it has noise.

    Returns:
        Voltages (batch, rows) [V].

    Raises:
        InputError: The shapes of codes and currents differ.
        NotConvergedError: The rows still move after `PASSES` passes; names the row.
    """
    level = np.asarray(drive(dac, codes, rng=rng))
    if dac.r_out is None:
        return level
    r_out = dac.r_out[np.asarray(codes).astype(int)]
    rest, span = (dac.low if v_rest is None else v_rest), dac.high - dac.low
    full = np.full((1, level.shape[1]), dac.high)
    current = np.asarray(read_rows(full))
    if current.shape != full.shape:
        raise InputError(f"read_rows gives currents of shape {current.shape}: expected {full.shape}")
    weight = 1.0 + r_out * np.maximum(current / (dac.high - rest), 0.0)
    v, move = level, np.zeros_like(level)
    for _ in range(PASSES):
        move = (level - r_out * read_rows(v) - v) / weight
        v = np.clip(v + move, min(rest, dac.low), max(rest, dac.high))
        if np.abs(move).max() <= CLOSE * span:
            return v
    vector, row = np.unravel_index(int(np.abs(move).argmax()), move.shape)
    raise NotConvergedError(
        f"the rows behind the DAC {dac.block!r} do not settle: row {row} of vector {vector} still moves by "
        f"{np.abs(move).max():.3g} V after {PASSES} passes; expected an output resistance {r_out.max():.3g} ohm below "
        "that of the rows"
    )
