"""What the sweeps need of a programmed array: factors of its rows and columns, and the iteration's slowest modes."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from typing import NamedTuple

import numpy as np

from circuitsim.nodal.kernel import bare_kernel
from circuitsim.nodal.lanes import NARROW, WIDTH, fma, load_like, store, take_like, zeros_for

MODES = 4  # modes removed, at most

_SUBSPACE = WIDTH - 4  # vectors iterated to find the modes
_ITERATIONS = 2  # one would do for wires without end resistances
_NEGLIGIBLE = 1e-3  # a rate below needs no mode
_ONE_IS_ENOUGH = 0.02  # up to this largest rate the next modes are as fast as what a cell's bend leaves


class SweepPlan(NamedTuple):
    """What the sweeps read of a prepared array: its wires, and their elimination for cells of conductance g0.

    See `sweep` for the equations. Arrays are flat; cells = rows · cols, row after row.

    | field          | entries          | unit | content                                                            |
    |----------------|------------------|------|--------------------------------------------------------------------|
    | `rows`, `cols` | 1                |      | size of the array                                                  |
    | `g_row`        | rows · (cols+1)  | S    | row segments, left end first; 0 where open, infinite where merged  |
    | `g_col`        | (rows+1) · cols  | S    | column segments, top end first; likewise                           |
    | `down`, `up`   | cells · PER_CELL |      | what a pass down or up reads of each cell, see below               |
    | `stiffest`     | 1                | S    | largest finite segment, which sets the rounding of wire currents   |
    | `short`        | 1                | S    | stands for an end segment of 0 ohm, which holds its node           |
    | `more`         | cells · (MODES−1)|      | modes that are removed besides `Z`, where one is not enough        |
    | `rates`        | MODES            |      | factor by which a pass shrinks the error in each removed mode      |
    | `slowest`      | 1                |      | largest such factor among the modes that are left                  |
    | `law`          |                  |      | its length tells the polynomial of a cell; empty for ohmic cells   |
    | `forward`      | cells · terms    |      | polynomial of each cell beyond its chord, see `polynomial`         |
    | `reverse`      | cells · terms    |      | what it adds for reverse currents                                  |

    | entry of a cell | unit | content                                                                   |
    |-----------------|------|---------------------------------------------------------------------------|
    | `G0`            | S    | chord conductance                                                         |
    | `L_LEFT`        |      | row segment over the pivot to its left; at the left end the segment [S]   |
    | `L_RIGHT`       |      | that of the next cell; 0 behind the last one                              |
    | `INVERSE_ROW`   | ohm  | inverse pivot of the row, eliminated from the left                        |
    | `INVERSE`       | ohm  | inverse pivot of the column, eliminated from where the pass goes to       |
    | `C_X`           |      | column segment to the row before over the pivot of this cell              |
    | `C_Y`           |      | the same segment over the pivot of the cell before, eliminated to there   |
    | `Z`             |      | column voltage of the slowest mode; 0 where none is removed               |
    """

    rows: int
    cols: int
    g_row: np.ndarray
    g_col: np.ndarray
    down: np.ndarray
    up: np.ndarray
    stiffest: float
    short: float
    more: np.ndarray
    rates: np.ndarray
    slowest: float
    law: tuple[float, ...]
    forward: np.ndarray
    reverse: np.ndarray

    @property
    def z(self) -> np.ndarray:
        """The modes that are removed: column voltages (cells, modes), orthonormal in T_c; empty where none is slow."""
        kept = int(np.count_nonzero(self.rates))
        slowest = self.down.reshape(-1, PER_CELL)[:, Z]
        if kept <= 1:
            return slowest if kept else np.empty(0)
        return np.column_stack([slowest, self.more.reshape(-1, MODES - 1)])[:, :kept]


PER_CELL = 8
G0, L_LEFT, L_RIGHT, INVERSE_ROW, INVERSE, C_X, C_Y, Z = range(PER_CELL)


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
    along, from_above, from_below = (
        _eliminated(*lines) for lines in ((g_row.T, g0.T), (g_col, g0), (g_col[::-1], g0[::-1]))
    )
    if along is None or from_above is None or from_below is None:
        return None
    l_row, inv_row = (part.T for part in along)
    (c_down, inv_down), (c_up, inv_up) = from_above, (part[::-1] for part in from_below)
    down, up = np.zeros((rows, cols, PER_CELL)), np.zeros((rows, cols, PER_CELL))
    for steps in (down, up):
        steps[:, :, G0], steps[:, :, INVERSE_ROW] = g0, inv_row
        steps[:, 0, L_LEFT], steps[:, 1:, L_LEFT], steps[:, :-1, L_RIGHT] = g_row[:, 0], l_row[:, 1:-1], l_row[:, 1:-1]
    down[:, :, INVERSE], down[:, :, C_X], down[1:, :, C_Y] = inv_up, c_up[:-1], c_down[1:-1]
    up[:, :, INVERSE], up[:, :, C_X], up[:-1, :, C_Y] = inv_down, c_down[1:], c_up[1:-1]
    empty = np.empty(0)
    plan = SweepPlan(
        rows, cols, g_row.ravel(), g_col.ravel(), down.ravel(), up.ravel(), stiffest, short,
        empty, np.zeros(MODES), 0.0, (), empty, empty,
    )  # fmt: skip
    return _with_modes(plan, g0, r_row, r_col)


def _eliminated(segments: np.ndarray, g0: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Eliminate lines of cells (cells, lines) [S] between segments (cells + 1, lines) [S] from the first cell on.

    Returns:
        Each segment over the pivot before it (cells + 1, lines), and inverse pivots (cells, lines) [ohm]; None when a
        pivot vanishes.
    """
    share, inverse = np.zeros(segments.shape), np.empty(g0.shape)
    if not _eliminate(np.ascontiguousarray(segments), np.ascontiguousarray(g0), share, inverse):
        return None
    return share, inverse


@bare_kernel
def _eliminate(segments, g0, share, inverse):
    """Fill `share` and `inverse`, see `_eliminated`; False when a pivot vanishes.

    A pivot is the next segment plus what the cell sees behind it: sums only, so that segments of any conductance,
    infinite ones included, keep every digit.
    """
    cells, lines = g0.shape
    for j in range(lines):
        behind = segments[0, j] + g0[0, j]
        for k in range(cells):
            following = segments[k + 1, j]
            pivot = behind + following
            if not pivot > 0.0:
                return False
            inverse[k, j] = 1.0 / pivot
            # All of a segment that has no resistance.
            share[k + 1, j] = following / pivot if following < np.inf else 1.0
            if k + 1 < cells:
                behind = g0[k + 1, j] + share[k + 1, j] * behind
    return True


def _with_modes(plan: SweepPlan, g0: np.ndarray, r_row: np.ndarray, r_col: np.ndarray) -> SweepPlan:
    """Add the slowest modes of the iteration, found by subspace iteration from those of equal cells."""
    cells = plan.rows * plan.cols
    if cells < 2:
        return plan._replace(slowest=0.5)
    predicted, modes = _modes_of_equal_cells(plan, float(g0.mean()), r_row, r_col, min(_SUBSPACE, cells // 2))
    if not predicted[0] > _NEGLIGIBLE:
        return plan._replace(slowest=float(predicted[0]))
    width, removed = (WIDTH, MODES) if predicted[0] > _ONE_IS_ENOUGH else (NARROW, 1)
    count = min(width, len(modes))
    x, b, y = (np.zeros((cells, width)) for _ in range(3))
    for k in range(count):
        x[:, k] = np.outer(*modes[k]).ravel()
    lanes, flat = (0.0,) * width, [each.ravel() for each in (x, b, y)]
    for _ in range(_ITERATIONS):
        _apply(lanes, plan.down, plan.up, plan.rows, plan.cols, *flat)
        _orthonormal(x[:, :count], y[:, :count], b[:, :count])
    _apply(lanes, plan.down, plan.up, plan.rows, plan.cols, *flat)
    projected = x[:, :count].T @ b[:, :count]
    rates, turn = np.linalg.eigh(0.5 * (projected + projected.T))
    rates, turn = np.clip(rates[::-1], 0.0, 1 - 1e-12), turn[:, ::-1]
    kept = min(count, removed)
    z, shrinks = np.zeros((cells, MODES)), np.zeros(MODES)
    z[:, :kept], shrinks[:kept] = x[:, :count] @ turn[:, :kept], rates[:kept]
    for steps in (plan.down, plan.up):
        steps.reshape(cells, PER_CELL)[:, Z] = z[:, 0]
    more = z[:, 1:].ravel() if kept > 1 else plan.more
    return plan._replace(more=more, rates=shrinks, slowest=float(rates[min(kept, count - 1)]))


def _modes_of_equal_cells(
    plan: SweepPlan, mean: float, r_row: np.ndarray, r_col: np.ndarray, count: int
) -> tuple[np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Return the slowest modes of an array of equal cells and segments: their rates, their shapes along each wire."""
    phi, along_row = _wire_modes(plan.cols, ~np.isinf(r_row[0, 0]), ~np.isinf(r_row[0, -1]), count)
    theta, along_col = _wire_modes(plan.rows, ~np.isinf(r_col[-1, 0]), ~np.isinf(r_col[0, 0]), count)
    along_col = along_col[::-1]
    g0 = max(mean, 1e-300)
    g_r, g_c = (_typical(g) for g in (plan.g_row, plan.g_col))
    row_part = g0 + 4 * g_r * np.sin(phi / 2) ** 2
    col_part = g0 + 4 * g_c * np.sin(theta / 2) ** 2
    rates = g0**2 / (col_part[:, None] * row_part[None, :])
    order = np.argsort(rates.ravel())[::-1][:count]
    modes = [(along_col[:, j], along_row[:, i]) for j, i in zip(*np.unravel_index(order, rates.shape), strict=True)]
    return rates.ravel()[order], modes


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


@bare_kernel
def _apply(lanes, down, up, rows, cols, x, b, y):
    """b = G·T_r⁻¹·G·x and y = T_c⁻¹·b for as many vectors as `lanes` has numbers: a sweep without neighbours' news."""
    wide, zero = len(lanes), zeros_for(lanes)
    for a in range(rows):
        carry = zero
        for c in range(a * cols, (a + 1) * cols):
            at = c * PER_CELL
            fed = take_like(zero, down, at + G0) * load_like(zero, x, c * wide)
            carry = fma(take_like(zero, down, at + L_LEFT), carry, fed)
            store(b, c * wide, carry)
        voltage = zero
        for c in range((a + 1) * cols - 1, a * cols - 1, -1):
            at = c * PER_CELL
            back = take_like(zero, down, at + INVERSE_ROW) * load_like(zero, b, c * wide)
            voltage = fma(take_like(zero, down, at + L_RIGHT), voltage, back)
            right = take_like(zero, down, at + G0) * voltage
            store(b, c * wide, right)
            before = load_like(zero, y, max(c - cols, 0) * wide)  # C_Y is 0 in the first row
            store(y, c * wide, fma(take_like(zero, down, at + C_Y), before, right))
    for c in range(rows * cols - 1, -1, -1):
        at = c * PER_CELL
        value = take_like(zero, up, at + INVERSE) * load_like(zero, y, c * wide)
        if c < (rows - 1) * cols:
            value = fma(take_like(zero, up, at + C_X), load_like(zero, y, (c + cols) * wide), value)
        store(y, c * wide, value)
