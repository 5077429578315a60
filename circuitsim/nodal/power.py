"""Where the power of a read goes: cells, wires, drivers, sense amplifiers."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.nodal.array import PreparedArray
from circuitsim.results import Solution


@dataclass(frozen=True)
class PowerBreakdown:
    """Power that each part of an array turns into heat.

    Attributes:
        cells: (batch, rows, cols) each cell [W].
        row_wires: (batch, rows) each row wire, end segments included [W].
        col_wires: (batch, cols) each column wire [W].
        drivers: (batch, rows) output resistances of each row's drivers [W].
        sense: (batch, cols) input resistances of each column's sense amplifiers [W].
    """

    cells: np.ndarray
    row_wires: np.ndarray
    col_wires: np.ndarray
    drivers: np.ndarray
    sense: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """(batch,) all of it [W]: what the rows' sources deliver less what the sense amplifiers' references take."""
        lines = (self.row_wires, self.col_wires, self.drivers, self.sense)
        return self.cells.sum(axis=(1, 2)) + sum(part.sum(axis=1) for part in lines)


def power_breakdown(array: PreparedArray, v_in: np.ndarray, solution: Solution) -> PowerBreakdown:
    """Split the power of a read.

    Args:
        array: From `prepare`.
        v_in: The inputs that were read (batch, rows) [V].
        solution: Its `read` with `nodes=True`.

    Raises:
        InputError: The solution has no node voltages.
    """
    if solution.v_row is None or solution.v_col is None or solution.i_cell is None:
        raise InputError("the solution has no node voltages: read with nodes=True")
    wires, v_ref = array.wires, array.spec.sense.v_ref
    batch, cols = len(v_in), wires.cols
    source = np.asarray(v_in, float)[:, :, None]
    sense = np.full((batch, cols, 1), v_ref)
    along_rows = np.concatenate([source, solution.v_row, source], axis=2)
    along_cols = np.concatenate([sense, np.swapaxes(solution.v_col, 1, 2), sense], axis=2)
    row_wires, drivers = _line(along_rows, wires.r_row, wires.r_driver)
    col_wires, amplifiers = _line(along_cols, wires.r_col.T, wires.r_sense)
    u = solution.v_row - solution.v_col
    return PowerBreakdown(solution.i_cell * u, row_wires, col_wires, drivers, amplifiers)


def _line(v: np.ndarray, r: np.ndarray, r_end: float) -> tuple[np.ndarray, np.ndarray]:
    """Heat (batch, lines) of each line's segments r (lines, n + 1) and of r_end behind both its ends."""
    whole = r.copy()
    whole[:, [0, -1]] += r_end
    conducts = np.isfinite(whole) & (whole > 0)
    current = np.where(conducts, np.diff(v, axis=2) / np.where(conducts, whole, 1.0), 0.0)
    segments = np.where(conducts, r, 0.0)
    ends = np.where(conducts[:, [0, -1]], r_end, 0.0)
    return (segments * current**2).sum(axis=2), (ends * current[:, :, [0, -1]] ** 2).sum(axis=2)
