"""What the sweeps need of a programmed array: factors of its rows and columns, and the iteration's slowest modes."""

from typing import NamedTuple

import numpy as np

from circuitsim.nodal.lanes import NARROW, WIDTH
from circuitsim.nodal.plan_kernels import MODES, PER_CELL, ModeRoom, Z, factor_lines, find_modes, hold_ends

_SUBSPACE = WIDTH - 4  # vectors iterated to find the modes
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


class SweptWires(NamedTuple):
    """What the plans of all arrays between the same wires have in common.

    Attributes:
        rows, cols: Size of the arrays.
        g_row, g_col: Segments as in `SweepPlan`, except that end segments of 0 ohm are infinite still.
        stiffest: As in `SweepPlan`.
        merged: Whether an end segment has 0 ohm, so that `SweepPlan.short` stands for it.
        along_col, along_row: Shapes (rows, count), (cols, count) of the modes of equal cells along each wire, flat.
        phi, theta: (count,) their wave numbers along a row and along a column.
    """

    rows: int
    cols: int
    g_row: np.ndarray
    g_col: np.ndarray
    stiffest: float
    merged: bool
    along_col: np.ndarray
    along_row: np.ndarray
    phi: np.ndarray
    theta: np.ndarray


class ModeStarts(NamedTuple):
    """From which modes of equal cells the search for those of each of many arrays starts, the slowest first.

    Attributes:
        short: (arrays,) as in `SweepPlan` [S].
        predicted: (arrays,) largest rate of equal cells.
        places: (arrays, vectors, 2) wave number along the column and along the row.
        wanted: (arrays,) modes to remove: none, one, found in narrow lanes, or `MODES`.
    """

    short: np.ndarray
    predicted: np.ndarray
    places: np.ndarray
    wanted: np.ndarray


def sweep_plan(r_row: np.ndarray, r_col: np.ndarray, g0: np.ndarray) -> SweepPlan | None:
    """Factor the rows and columns of an array and find the slowest modes of the sweeps.

    Args:
        r_row, r_col: Segment resistances, driver and sense resistance in the end segments [ohm].
        g0: Chord conductances (rows, cols) [S].

    Returns:
        The plan for ohmic cells of conductance g0; None where the sweeps cannot work: no wires at all, or a part of a
        wire without any conductance to its surroundings.
    """
    wires = swept_wires(r_row, r_col)
    if wires is None:
        return None
    rows, cols, cells = *g0.shape, g0.size
    starts = mode_starts(wires, g0[None])
    (g_row, g_col), (down, up) = map(np.empty_like, (wires.g_row, wires.g_col)), np.empty((2, cells * PER_CELL))
    hold_ends(wires, float(starts.short[0]), g_row, g_col)
    if not factor_lines(rows, cols, g_row, g_col, g0.flatten(), np.empty(cols), down, up):
        return None
    empty, rates, wanted, slowest = np.empty(0), np.zeros(MODES), int(starts.wanted[0]), float(starts.predicted[0])
    more = np.empty(cells * (MODES - 1)) if min(wanted, starts.places.shape[1]) > 1 else empty
    if wanted > 0:
        wide = NARROW if wanted == 1 else WIDTH
        room = mode_room(cells, wide)
        slowest = find_modes((0.0,) * wide, wires, down, up, starts.places[0], wanted, room, more, rates)
    return SweepPlan(
        rows,
        cols,
        g_row,
        g_col,
        down,
        up,
        wires.stiffest,
        float(starts.short[0]),
        more,
        rates,
        slowest,
        (),
        empty,
        empty,
    )


def swept_wires(r_row: np.ndarray, r_col: np.ndarray) -> SweptWires | None:
    """Return what the plans of all arrays between these wires have in common; None where there are no wires at all.

    Arguments as in `sweep_plan`.
    """
    if np.all(r_row[:, :-1] == 0) and np.all(r_col[1:] == 0):
        return None
    rows, cols = len(r_row), r_col.shape[1]
    with np.errstate(divide="ignore"):
        g_row, g_col = 1.0 / r_row, 1.0 / r_col
    stiffest = max((float(g[np.isfinite(g)].max(initial=0.0)) for g in (g_row, g_col)), default=0.0)
    count = min(_SUBSPACE, rows * cols // 2)
    phi, along_row = _wire_modes(cols, ~np.isinf(r_row[0, 0]), ~np.isinf(r_row[0, -1]), count)
    theta, along_col = _wire_modes(rows, ~np.isinf(r_col[-1, 0]), ~np.isinf(r_col[0, 0]), count)
    merged = any(np.isinf(ends).any() for ends in (g_row[:, 0], g_row[:, -1], g_col[0], g_col[-1]))
    return SweptWires(
        rows, cols, g_row.ravel(), g_col.ravel(), stiffest, merged, np.ascontiguousarray(along_col[::-1]).ravel(),
        np.ascontiguousarray(along_row).ravel(), phi, theta,
    )  # fmt: skip


def mode_starts(wires: SweptWires, g0: np.ndarray) -> ModeStarts:
    """Return where to start for chord conductances g0 (arrays, rows, cols) [S]: for each, at modes of equal cells."""
    many, cells = len(g0), wires.rows * wires.cols
    total = g0.reshape(many, -1).sum(1)
    # A terminal without resistance becomes one that changes the thirteenth digit: no pivot is found by subtraction.
    short = 1e13 * np.maximum(wires.stiffest, total)
    if cells < 2:
        return ModeStarts(short, np.full(many, 0.5), np.zeros((many, 0, 2), int), np.zeros(many, int))
    mean = np.maximum(total / cells, 1e-300)[:, None]
    g_r, g_c = _typical(wires, short)
    row_part, col_part = (
        mean + 4 * g[:, None] * np.sin(angle / 2) ** 2 for g, angle in ((g_r, wires.phi), (g_c, wires.theta))
    )
    rates = mean[:, :, None] ** 2 / (col_part[:, :, None] * row_part[:, None, :])
    rates, count = rates.reshape(many, -1), min(_SUBSPACE, cells // 2)
    order = np.argsort(rates, axis=1)[:, ::-1][:, :count]
    places = np.stack(np.unravel_index(order, (len(wires.theta), len(wires.phi))), axis=2)
    predicted = np.take_along_axis(rates, order[:, :1], 1)[:, 0]
    wanted = np.where(predicted > _ONE_IS_ENOUGH, MODES, 1) * (predicted > _NEGLIGIBLE)
    return ModeStarts(short, predicted, places, wanted)


def _typical(wires: SweptWires, short: np.ndarray) -> np.ndarray:
    """Return the median conductance of the segments of rows and columns (2, arrays) [S], those that hold a node apart.

    Args:
        wires: The wires.
        short: (arrays,) what stands for an end segment of 0 ohm [S].
    """

    def medians(held: float) -> list[float]:
        replaced = (np.where(np.isinf(g), held, g) for g in (wires.g_row, wires.g_col))
        used = [g[(g > 0) & (g < 1e12)] for g in replaced]
        return [float(np.median(g)) if len(g) else 0.0 for g in used]

    if not wires.merged or short.min() >= 1e12:
        return np.repeat(np.array(medians(np.inf))[:, None], len(short), axis=1)
    return np.array([medians(float(held)) for held in short]).T


def mode_room(cells: int, wide: int) -> ModeRoom:
    """Return the memory in which `find_modes` searches with so many vectors side by side."""
    (x, b, y), (product, scaled, turn) = np.empty((3, cells * wide)), np.empty((3, wide * wide))
    return ModeRoom(x, b, y, product, scaled, turn, np.empty(wide))


def _wire_modes(n: int, near: bool, far: bool, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Wave numbers and shapes (n, count) of a wire held at its near end, its far end, or both."""
    order = np.arange(1, min(count, n) + 1)
    angle = np.pi * order / (n + 1) if near and far else np.pi * (2 * order - 1) / (2 * n + 1)
    shape = np.sin(angle * (np.arange(n) + 1)[:, None])
    return angle, shape if near else shape[::-1]
