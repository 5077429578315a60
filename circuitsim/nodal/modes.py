"""What the sweeps need of a programmed array: factors of its rows and columns, and the iteration's slowest modes."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from typing import NamedTuple

import numba
import numpy as np

from circuitsim.nodal.balance import MODES
from circuitsim.nodal.kernel import kernel
from circuitsim.nodal.lanes import WIDTH, fma, load, spread, store

_SUBSPACE = WIDTH - 4  # vectors iterated to find the modes
_ITERATIONS = 2  # one would do for wires without end resistances
_NEGLIGIBLE = 1e-3  # a rate below needs no mode


class SweepPlan(NamedTuple):
    """What the sweeps read of a prepared array: its wires, and their elimination for cells of conductance g0.

    See `sweep` for the equations. Arrays are flat; cells = rows · cols, row after row.

    | field          | entries         | unit | content                                                             |
    |----------------|-----------------|------|---------------------------------------------------------------------|
    | `rows`, `cols` | 1               |      | size of the array                                                   |
    | `g0`           | cells           | S    | chord conductance of each cell                                      |
    | `g_row`        | rows · (cols+1) | S    | row segments, left end first; 0 where open, infinite where merged   |
    | `g_col`        | (rows+1) · cols | S    | column segments, top end first; likewise                            |
    | `g_right`      | rows            | S    | last segment of each row                                            |
    | `l_row`        | rows · (cols+1) |      | row segment over the pivot to its left; at the left end the segment |
    |                |                 |      | itself [S]                                                          |
    | `inv_row`      | cells           | ohm  | inverse pivots of the rows, eliminated from the left                |
    | `inv_down`     | cells           | ohm  | inverse pivots of the columns, eliminated from above                |
    | `inv_up`       | cells           | ohm  | inverse pivots of the columns, eliminated from below                |
    | `c_down`       | (rows+1) · cols |      | column segment over the pivot above it                              |
    | `c_up`         | (rows+1) · cols |      | column segment over the pivot below it                              |
    | `stiffest`     | 1               | S    | largest finite segment, which sets the rounding of wire currents    |
    | `short`        | 1               | S    | stands for an end segment of 0 ohm, which holds its node            |
    | `z`            | cells · MODES   |      | column voltages of the modes that are removed; empty for none       |
    | `rates`        | MODES           |      | factor by which a pass shrinks the error in each of these modes     |
    | `slowest`      | 1               |      | largest such factor among the modes that are left                   |
    | `coefficients` | cells · terms   |      | polynomial of each cell beyond its chord; empty for ohmic cells     |
    | `shape`        | 1               |      | index of that polynomial in `polynomial.SHAPES`; −1 for ohmic cells |
    """

    rows: int
    cols: int
    g0: np.ndarray
    g_row: np.ndarray
    g_col: np.ndarray
    g_right: np.ndarray
    l_row: np.ndarray
    inv_row: np.ndarray
    inv_down: np.ndarray
    inv_up: np.ndarray
    c_down: np.ndarray
    c_up: np.ndarray
    stiffest: float
    short: float
    z: np.ndarray
    rates: np.ndarray
    slowest: float
    coefficients: np.ndarray
    shape: int


def sweep_plan(r_row: np.ndarray, r_col: np.ndarray, g0: np.ndarray) -> SweepPlan | None:
    """Factor the rows and columns of an array and find the slowest modes of the sweeps.

    Args:
        r_row, r_col: Segment resistances, driver and sense resistance in the end segments [ohm].
        g0: Chord conductances (rows, cols) [S].

    Returns:
        The plan for ohmic cells of conductance g0; None where the sweeps cannot work: no wires at all, or a part of a
        wire without any conductance to its surroundings.
    """
    if np.all(r_row[:, :-1] == 0) and np.all(r_col[1:] == 0):
        return None
    rows, cols = g0.shape
    with np.errstate(divide="ignore"):
        g_row, g_col = 1.0 / r_row, 1.0 / r_col
    stiffest = max((float(g[np.isfinite(g)].max(initial=0.0)) for g in (g_row, g_col)), default=0.0)
    # A terminal without resistance becomes one that changes the thirteenth digit: no pivot is found by subtraction.
    short = 1e13 * max(stiffest, float(g0.sum()))
    for ends in (g_row[:, 0], g_row[:, -1], g_col[0], g_col[-1]):
        ends[np.isinf(ends)] = short
    l_row, inv_row = np.empty((rows, cols + 1)), np.empty((rows, cols))
    inv_down, inv_up = np.empty((rows, cols)), np.empty((rows, cols))
    c_down, c_up = np.zeros((rows + 1, cols)), np.zeros((rows + 1, cols))
    if not _factor(g_row, g_col, g0, l_row, inv_row, inv_down, inv_up, c_down, c_up):
        return None
    empty = np.empty(0)
    plan = SweepPlan(
        rows, cols, g0.ravel(), g_row.ravel(), g_col.ravel(), g_row[:, -1].copy(), l_row.ravel(), inv_row.ravel(),
        inv_down.ravel(), inv_up.ravel(), c_down.ravel(), c_up.ravel(), stiffest, short, empty, empty, 0.0, empty, -1,
    )  # fmt: skip
    return _with_modes(plan, r_row, r_col)


@numba.njit(cache=True)
def _share(segment, pivot):
    """Segment over pivot; all of it where the segment has no resistance."""
    return 1.0 if np.isinf(segment) else segment / pivot


@numba.njit(cache=True)
def _factor(g_row, g_col, g0, l_row, inv_row, inv_down, inv_up, c_down, c_up):
    """Eliminate every row from the left and every column from both ends; False when a pivot vanishes.

    A pivot is the next segment plus what the cell sees behind it: sums only, so that segments of any conductance,
    infinite ones included, keep every digit.
    """
    rows, cols = g0.shape
    for a in range(rows):
        l_row[a, 0], l_row[a, cols] = g_row[a, 0], 0.0
        behind = g_row[a, 0] + g0[a, 0]
        for b in range(cols):
            pivot = behind + g_row[a, b + 1]
            if not pivot > 0.0:
                return False
            inv_row[a, b] = 1.0 / pivot
            if b + 1 < cols:
                l_row[a, b + 1] = _share(g_row[a, b + 1], pivot)
                behind = g0[a, b + 1] + l_row[a, b + 1] * behind
    for b in range(cols):
        above, below = g_col[0, b] + g0[0, b], g_col[rows, b] + g0[rows - 1, b]
        for a in range(rows):
            up = rows - 1 - a
            pivot, pivot_up = above + g_col[a + 1, b], below + g_col[up, b]
            if not (pivot > 0.0 and pivot_up > 0.0):
                return False
            inv_down[a, b], inv_up[up, b] = 1.0 / pivot, 1.0 / pivot_up
            c_down[a + 1, b], c_up[up, b] = _share(g_col[a + 1, b], pivot), _share(g_col[up, b], pivot_up)
            if a + 1 < rows:
                above = g0[a + 1, b] + c_down[a + 1, b] * above
                below = g0[up - 1, b] + c_up[up, b] * below
    return True


def _with_modes(plan: SweepPlan, r_row: np.ndarray, r_col: np.ndarray) -> SweepPlan:
    """Add the slowest modes of the iteration, found by subspace iteration from those of equal cells."""
    cells = plan.rows * plan.cols
    count = min(_SUBSPACE, cells // 2)
    if count < 1:
        return plan._replace(slowest=0.5)
    x = np.zeros((cells, WIDTH))
    predicted = _modes_of_equal_cells(plan, r_row, r_col, x[:, :count])
    if not predicted[0] > _NEGLIGIBLE:
        return plan._replace(slowest=float(predicted[0]))
    b, y = np.zeros((cells, WIDTH)), np.zeros((cells, WIDTH))
    for _ in range(_ITERATIONS):
        _apply(plan, x.ravel(), b.ravel(), y.ravel())
        _orthonormal(x[:, :count], y[:, :count], b[:, :count])
    _apply(plan, x.ravel(), b.ravel(), y.ravel())
    projected = x[:, :count].T @ b[:, :count]
    rates, turn = np.linalg.eigh(0.5 * (projected + projected.T))
    rates, turn = np.clip(rates[::-1], 0.0, 1 - 1e-12), turn[:, ::-1]
    z, kept = np.zeros((cells, MODES)), np.zeros(MODES)
    z[:, : min(count, MODES)] = x[:, :count] @ turn[:, :MODES]
    kept[: min(count, MODES)] = rates[:MODES]
    return plan._replace(z=z.ravel(), rates=kept, slowest=float(rates[min(MODES, count - 1)]))


def _modes_of_equal_cells(plan: SweepPlan, r_row: np.ndarray, r_col: np.ndarray, modes: np.ndarray) -> np.ndarray:
    """Fill `modes` (cells, count) with those of an array of equal cells and segments; returns their rates (count,)."""
    count = modes.shape[1]
    phi, along_row = _wire_modes(plan.cols, ~np.isinf(r_row[0, 0]), ~np.isinf(r_row[0, -1]), count)
    theta, along_col = _wire_modes(plan.rows, ~np.isinf(r_col[-1, 0]), ~np.isinf(r_col[0, 0]), count)
    along_col = along_col[::-1]
    g0 = max(float(plan.g0.mean()), 1e-300)
    g_r, g_c = (_typical(g) for g in (plan.g_row, plan.g_col))
    row_part = g0 + 4 * g_r * np.sin(phi / 2) ** 2
    col_part = g0 + 4 * g_c * np.sin(theta / 2) ** 2
    rates = g0**2 / (col_part[:, None] * row_part[None, :])
    order = np.argsort(rates.ravel())[::-1][:count]
    j, i = np.unravel_index(order, rates.shape)
    for k in range(count):
        modes[:, k] = np.outer(along_col[:, j[k]], along_row[:, i[k]]).ravel()
    return rates.ravel()[order]


def _typical(g: np.ndarray) -> float:
    used = g[(g > 0) & (g < 1e12)]
    return float(np.median(used)) if len(used) else 0.0


def _wire_modes(n: int, near: bool, far: bool, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Wave numbers and shapes (n, count) of a wire held at its near end, its far end, or both."""
    order = np.arange(1, min(count, n) + 1)
    angle = np.pi * order / (n + 1) if near and far else np.pi * (2 * order - 1) / (2 * n + 1)
    shape = np.sin(angle * (np.arange(n) + 1)[:, None])
    return angle, shape if near else shape[::-1]


def _orthonormal(x: np.ndarray, y: np.ndarray, b: np.ndarray) -> None:
    """Turn y = T_c⁻¹b into vectors x that are orthonormal in T_c, the largest first; the rest of x is 0."""
    product = y.T @ b
    size = np.diag(product)
    scale = np.where(size > 0, 1.0 / np.sqrt(np.where(size > 0, size, 1.0)), 0.0)
    values, turn = np.linalg.eigh(product * np.outer(scale, scale))
    good = values > 1e-12 * values[-1]
    x[:] = 0.0
    x[:, : good.sum()] = (y @ (scale[:, None] * turn[:, good] / np.sqrt(values[good])))[:, ::-1]


@kernel
def _apply(plan, x, b, y):
    """b = G·T_r⁻¹·G·x and y = T_c⁻¹·b for WIDTH vectors: one sweep without the neighbours' news."""
    rows, cols = plan.rows, plan.cols
    for a in range(rows):
        row, wire = a * cols, a * (cols + 1)
        carry = spread(0.0)
        for j in range(cols):
            c = (row + j) * WIDTH
            carry = fma(spread(plan.l_row[wire + j]), carry, spread(plan.g0[row + j]) * load(x, c))
            store(b, c, carry)
        voltage = spread(0.0)
        for j in range(cols - 1, -1, -1):
            c = (row + j) * WIDTH
            back = spread(plan.inv_row[row + j]) * load(b, c)
            # l_row is 0 behind the last cell
            voltage = fma(spread(plan.l_row[wire + j + 1]), voltage, back)
            right = spread(plan.g0[row + j]) * voltage
            store(b, c, right)
            if a > 0:
                right = fma(spread(plan.c_down[row + j]), load(y, c - cols * WIDTH), right)
            store(y, c, right)
    for a in range(rows - 1, -1, -1):
        for j in range(cols):
            c = a * cols + j
            value = spread(plan.inv_down[c]) * load(y, c * WIDTH)
            if a < rows - 1:
                value = fma(spread(plan.c_down[c + cols]), load(y, (c + cols) * WIDTH), value)
            store(y, c * WIDTH, value)
