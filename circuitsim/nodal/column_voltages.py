"""Substitute the columns of a row of cells back, from the side that a pass of the sweeps comes from."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from typing import NamedTuple

import numba
import numpy as np

from circuitsim.nodal.lanes import fma_at, load_like, store, zeros_for
from circuitsim.nodal.plan_kernels import C_X, INVERSE, MODES, PER_CELL, Z


class SweptArray(NamedTuple):
    """What the steps of a sweep read of `modes.SweepPlan`, whatever the law of the cells."""

    rows: int
    cols: int
    g_row: np.ndarray
    g_col: np.ndarray
    stiffest: float
    short: float
    more: np.ndarray
    rates: np.ndarray
    slowest: float


@numba.njit(inline="always")
def amplitudes_of(lanes, modes):
    """Amplitudes that are added to the column voltages, by name: an array of them would be loaded at every cell."""
    wide, zero = len(lanes), zeros_for(lanes)
    return (
        load_like(zero, modes, 0), load_like(zero, modes, wide),
        load_like(zero, modes, 2 * wide), load_like(zero, modes, 3 * wide),
    )  # fmt: skip


@numba.njit(inline="always")
def column_voltage(array, lanes, steps, c, b, amplitudes, buffers):
    """Voltage of the column wire at a cell, of the vectors in lanes.

    Args:
        array: `SweptArray` or `SweepPlan`.
        lanes: See `sweep`.
        steps: `plan.down` or `plan.up`.
        c, b: The cell and its column.
        amplitudes: From `amplitudes_of`.
        buffers: `BlockBuffers`; in its first row of scratch the voltages without modes go from row to row.
    """
    wide, zero = len(lanes), zeros_for(lanes)
    at, j = c * PER_CELL, b * wide
    column = fma_at(steps, at + C_X, load_like(zero, buffers.scratch, j), zero)
    column = fma_at(steps, at + INVERSE, load_like(zero, buffers.y, c * wide), column)
    store(buffers.scratch, j, column)
    column = fma_at(steps, at + Z, amplitudes[0], column)
    if len(array.more) > 0:
        z = c * (MODES - 1)
        column = fma_at(array.more, z, amplitudes[1], column)
        column = fma_at(array.more, z + 1, amplitudes[2], column)
        column = fma_at(array.more, z + 2, amplitudes[3], column)
    return column
