"""Where the power of a read goes: cells, wires, drivers, sense amplifiers."""

from dataclasses import dataclass

import numpy as np

from circuitsim.errors import InputError
from circuitsim.nodal.array import is_strapped
from circuitsim.nodal.charge import ChargeArray
from circuitsim.nodal.gated import GatedArray, NodalArray
from circuitsim.results import Solution
from circuitsim.spec import by_value, check_inputs, checked, real_numbers


@by_value
@dataclass(frozen=True)
class PowerBreakdown:
    """Power that each part of an array turns into heat.

    Attributes:
        cells: (batch, rows, cols) each cell [W].
        row_wires: (batch, rows) each row wire, end segments included [W]. Where the input switches gates, row wires are
            word lines, which carry no direct current: 0.
        bit_lines: (batch, cols) each bit line that runs along a column [W]; 0 for other arrays.
        col_wires: (batch, cols) each column wire, which in a string connects the cells [W].
        drivers: (batch, rows) output resistances of each row's drivers, (batch, cols) of each column's bit-line drivers
            where the input switches gates [W].
        sense: (batch, cols) input resistances of each column's sense amplifiers [W].
    """

    cells: np.ndarray
    row_wires: np.ndarray
    bit_lines: np.ndarray
    col_wires: np.ndarray
    drivers: np.ndarray
    sense: np.ndarray

    @property
    def total(self) -> np.ndarray:
        """(batch,) all of it [W]: what drivers and sense references deliver together, the `power` of the solution."""
        lines = (self.row_wires, self.bit_lines, self.col_wires, self.drivers, self.sense)
        return self.cells.sum(axis=(1, 2)) + sum(part.sum(axis=1) for part in lines)


@checked
def power_breakdown(
    array: NodalArray, x: np.ndarray, solution: Solution, *, v_sense: np.ndarray | None = None
) -> PowerBreakdown:
    """Split the power of a read.

    Args:
        array: From `prepare`.
        x: The inputs that were read (batch, rows): volts, or 0 and 1 where the input switches gates.
        solution: Its `read` with `nodes=True`.
        v_sense: The sense voltages of that read (batch, cols) [V]; None: `sense.v_ref`.

    Raises:
        InputError: The solution has no node voltages, or `v_sense` does not apply to the array.
    """
    if isinstance(array, ChargeArray):
        raise InputError("power_breakdown with array.cell = '1c': expected a cell that carries a current at rest")
    if is_strapped(array.wires):
        raise InputError(
            "power_breakdown with wire.strap_row or wire.strap_col: the currents of straps are not among the node "
            "voltages of a solution; expected wires without straps"
        )
    x = check_inputs(array.spec, x)
    if solution.out.shape != (len(x), array.wires.cols):
        raise InputError(f"the solution has outputs of shape {solution.out.shape}: expected that of these inputs")
    v_row, v_col, i_cell = solution.v_row, solution.v_col, solution.i_cell
    if v_row is None or v_col is None or i_cell is None:
        raise InputError("the solution has no node voltages: read with nodes=True")
    cells, columns = i_cell * (v_row - v_col), np.zeros(solution.out.shape)
    if isinstance(array, GatedArray):
        if v_sense is not None:
            raise InputError("v_sense: expected None where the input switches gates")
        bit_lines, col_wires, drivers, sense = _columns(array, v_row, v_col)
        return PowerBreakdown(cells, np.zeros(x.shape), bit_lines, col_wires, drivers, sense)
    wires = array.wires
    source = x[:, :, None]
    v_ref = array.spec.sense.v_ref
    sensed = v_ref if v_sense is None else real_numbers("v_sense", v_sense, shape=columns.shape, axes="(batch, cols)")
    reference = (columns + sensed)[:, :, None]
    row_wires, drivers = _ends_apart(np.concatenate([source, v_row, source], axis=2), wires.r_row, wires.r_driver)
    along_cols = np.concatenate([reference, np.swapaxes(v_col, 1, 2), reference], axis=2)
    col_wires, sense = _ends_apart(along_cols, wires.r_col.T, wires.r_sense)
    return PowerBreakdown(cells, row_wires, columns, col_wires, drivers, sense)


def _columns(array: GatedArray, v_row: np.ndarray, v_col: np.ndarray) -> tuple[np.ndarray, ...]:
    """Heat (batch, cols) of bit lines, column wires, drivers and sense inputs of an array read along its columns."""
    wires, spec, r_bl = array.wires, array.spec, array.wires.r_bl
    upper, lower = np.swapaxes(v_row, 1, 2), np.swapaxes(v_col, 1, 2)
    bias, reference = (np.full((*upper.shape[:2], 1), v) for v in spec.drive_range[::-1])
    if r_bl is None or spec.array.input_line == "string":
        # Each segment lies between the lower end of a cell and the upper end of the next one.
        drop = np.concatenate([bias, lower], axis=2) - np.concatenate([upper, reference], axis=2)
        chain, ends = _heat(drop, wires.r_col.T, (wires.r_driver, wires.r_sense))
        return np.zeros(chain.shape), chain, ends[:, :, 0], ends[:, :, 1]
    bit_lines, drivers = _ends_apart(np.concatenate([bias, upper, bias], axis=2), r_bl.T, wires.r_driver)
    col_wires, sense = _ends_apart(np.concatenate([reference, lower, reference], axis=2), wires.r_col.T, wires.r_sense)
    return bit_lines, col_wires, drivers, sense


def _ends_apart(v: np.ndarray, r: np.ndarray, r_end: float) -> tuple[np.ndarray, np.ndarray]:
    """Heat (batch, lines) of each line's segments r (lines, n + 1) [ohm], and of r_end behind both its ends."""
    segments, ends = _heat(np.diff(v, axis=2), r, (r_end, r_end))
    return segments, ends.sum(axis=2)


def _heat(drop: np.ndarray, r: np.ndarray, r_ends: tuple[float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Heat of each line's segments (batch, lines) and of what is behind its first and last one (batch, lines, 2) [W].

    Args:
        drop: Voltage across each segment and what is behind it (batch, lines, n + 1) [V].
        r: Segments (lines, n + 1) [ohm].
        r_ends: Resistance behind the first and behind the last segment [ohm].
    """
    whole = r.copy()
    whole[:, [0, -1]] += r_ends
    conducts = np.isfinite(whole) & (whole > 0)
    current = np.where(conducts, drop / np.where(conducts, whole, 1.0), 0.0)
    segments = np.where(conducts, r, 0.0)
    ends = np.where(conducts[:, [0, -1]], r_ends, 0.0)
    return (segments * current**2).sum(axis=2), ends * current[:, :, [0, -1]] ** 2
