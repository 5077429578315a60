"""Arrays whose lines are dense: rows and columns solved in turn, for straps and for rows whose gates are off.

With chord conductances g0 and n = i − g0·(v_r − v_c) beyond them, as in `sweep`, every row and every column is solved
exactly for the currents that the other side brings. `LineInverses` holds any linear line, so straps cost nothing more;
n holds any cell, so that a vector may switch rows off. Each vector is accelerated by its own last steps (Anderson).
"""

from dataclasses import dataclass

import numpy as np

from circuitsim.nodal.blocks import SweepResult
from circuitsim.nodal.lanes import WIDTH
from circuitsim.nodal.line_cells import CellTerms, currents_beyond
from circuitsim.nodal.line_inverses import LineInverses

_REMEMBERED = 3  # steps by which a vector is accelerated
_FIRST = 2  # passes before that: lines that hardly matter need no more
_LARGEST_BLOCK, _POINTS = 64, 2**20  # vectors at once, and cells of all of them


@dataclass(frozen=True, eq=False)
class DenseLines:
    """An array as its lines and the cells between them.

    Attributes:
        rows: The lines at the cells' upper ends, with chord conductances to ground.
        cols: The same of the columns at their lower ends.
        g0: (rows, cols) chord conductances [S].
        on: The cells beyond their chord; None: ohmic cells.
        off: The same of rows whose gates are off; None: no row is switched off.
        along_columns: The upper lines are bit lines along the columns, not rows.
    """

    rows: LineInverses
    cols: LineInverses
    g0: np.ndarray
    on: CellTerms | None = None
    off: CellTerms | None = None
    along_columns: bool = False

    def upper(self, into: np.ndarray, terminal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Solve the upper lines for currents into their cells (rows, cols, batch) [A] and terminals (lines, batch) [V].

        Returns:
            Voltages (rows, cols, batch) [V], and the current that each terminal delivers (lines, batch) [A].
        """
        if self.along_columns:
            return _across(self.rows, into, terminal)
        return self.rows.voltages(into, terminal), self.rows.delivered(into, terminal)

    def lower(self, into: np.ndarray, terminal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Solve the columns at the cells' lower ends; as `upper`."""
        return _across(self.cols, into, terminal)


def _across(lines: LineInverses, into: np.ndarray, terminal: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Solve lines that run along the columns."""
    into = np.swapaxes(into, 0, 1)
    return np.swapaxes(lines.voltages(into, terminal), 0, 1), lines.delivered(into, terminal)


@dataclass(frozen=True)
class _Pass:
    """What a pass leaves: voltages (rows, cols, batch), terminal currents, and the largest unbalanced current."""

    v_row: np.ndarray
    v_col: np.ndarray
    extra: np.ndarray
    i_row: np.ndarray
    i_out: np.ndarray
    residual: np.ndarray
    balanced: np.ndarray


def solve_lines(
    lines: DenseLines,
    drive: np.ndarray,
    pull: np.ndarray | None = None,
    *,
    asleep: np.ndarray | None = None,
    tol: float,
    most: int,
    nodes: bool = False,
) -> SweepResult:
    """Solve a batch of vectors.

    Args:
        lines: The prepared array.
        drive: Source voltages less v_ref (batch, rows) [V].
        pull: Sense voltages less v_ref (batch, cols) [V]; None: 0.
        asleep: (batch, rows) whether the gates of a row are off; None: all are on.
        tol: Largest unbalanced current at a node, relative to the vector's largest terminal current; all nodes together
            miss no more than as much of the sum of the row currents.
        most: Largest number of passes.
        nodes: Also return what is inside.
    """
    batch, (rows, cols) = len(drive), lines.g0.shape
    pull = np.zeros((batch, cols)) if pull is None else pull
    size = max(WIDTH, min(_LARGEST_BLOCK, _POINTS // (rows * cols) // WIDTH * WIDTH, -(-batch // WIDTH) * WIDTH))
    parts = []
    for first in range(0, batch, size):
        mine = slice(first, min(first + size, batch))
        sign = None if asleep is None else np.where(_filled(asleep[mine], size), -1.0, 1.0)
        done, passes = _block(lines, _filled(drive[mine], size), _filled(pull[mine], size), sign, tol, most)
        parts.append((done, passes, mine.stop - mine.start))
    return _result(lines, parts, nodes)


def _filled(vectors: np.ndarray, size: int) -> np.ndarray:
    """Return vectors (batch, n) as (n, size), filled up with the first one: it costs no pass of its own."""
    more = np.broadcast_to(vectors[:1], (size - len(vectors), vectors.shape[1]))
    return np.ascontiguousarray(np.concatenate([vectors, more]).T)


def _block(
    lines: DenseLines, drive: np.ndarray, pull: np.ndarray, sign: np.ndarray | None, tol: float, most: int
) -> tuple[_Pass, np.ndarray]:
    """Solve vectors (n, batch) side by side; return the last pass and the passes used, negative where they fail."""
    shape = (*lines.g0.shape, drive.shape[1])
    v = np.zeros((2, *shape))
    v[0] = drive[None] if lines.along_columns else drive[:, None]
    steps: list[tuple[np.ndarray, np.ndarray]] = []
    before: tuple[np.ndarray, np.ndarray] | None = None
    extra = currents_beyond(lines.on, lines.off, sign, *v)
    count = 0
    while True:
        done, count = _pass(lines, drive, pull, sign, v, extra, tol), count + 1
        if done.balanced.all() or count >= most:
            return done, np.where(done.balanced, count, -count)
        reached = np.stack([done.v_row, done.v_col])
        missing = reached - v
        if before is not None:
            steps = [*steps, (missing - before[0], reached - before[1])][-_REMEMBERED:]
        before = missing, reached
        if count > _FIRST and steps:
            v = reached - _mixed(steps, missing)
            extra = currents_beyond(lines.on, lines.off, sign, *v)
        else:
            v, extra = reached, done.extra


def _mixed(steps: list[tuple[np.ndarray, np.ndarray]], missing: np.ndarray) -> np.ndarray:
    """Return the sum of past changes of the result that cancels most of what is missing, vector by vector."""
    count = len(steps)
    gram, right = np.empty((missing.shape[-1], count, count)), np.empty((missing.shape[-1], count, 1))
    for j, (change, _) in enumerate(steps):
        right[:, j, 0] = np.einsum("xabl,xabl->l", change, missing)
        for k in range(j + 1):
            gram[:, j, k] = gram[:, k, j] = np.einsum("xabl,xabl->l", change, steps[k][0])
    size = np.einsum("ljj->lj", gram)
    gram += 1e-14 * np.maximum(size.max(axis=1), 1e-300)[:, None, None] * np.eye(count)
    share = np.linalg.solve(gram, right)[:, :, 0].T
    return np.sum([weight * result for weight, (_, result) in zip(share, steps, strict=True)], axis=0)


def _pass(
    lines: DenseLines,
    drive: np.ndarray,
    pull: np.ndarray,
    sign: np.ndarray | None,
    v: np.ndarray,
    extra: np.ndarray,
    tol: float,
) -> _Pass:
    """Solve all rows for the columns' voltages, then all columns for the rows', and see what is left unbalanced."""
    g0 = lines.g0[:, :, None]
    into_rows = g0 * v[1] - extra
    v_row, i_row = lines.upper(into_rows, drive)
    v_col, taken = lines.lower(g0 * v_row + extra, pull)
    i_out = -taken
    after = currents_beyond(lines.on, lines.off, sign, v_row, v_col)
    more = after - extra
    residual = np.maximum(np.abs(more), np.abs(g0 * (v[1] - v_col) + more)).max(axis=(0, 1))
    largest = np.maximum(np.abs(i_row).max(axis=0), np.abs(i_out).max(axis=0))
    off = np.abs(i_row.sum(axis=0) - i_out.sum(axis=0))
    rounding = 4 * np.finfo(float).eps * lines.g0.max() * max(np.abs(drive).max(), np.abs(pull).max())
    balanced = (residual <= np.maximum(tol * largest, rounding)) & (
        off <= np.maximum(tol * np.abs(i_row).sum(axis=0), rounding * lines.g0.size)
    )
    return _Pass(v_row, v_col, after, i_row, i_out, residual, balanced)


def _result(lines: DenseLines, parts: list[tuple[_Pass, np.ndarray, int]], nodes: bool) -> SweepResult:
    """Put the vectors of all blocks one after another, batch first."""

    def joined(name: str) -> np.ndarray:
        return np.concatenate([np.moveaxis(getattr(done, name), -1, 0)[:count] for done, _, count in parts])

    v_row, v_col, extra = (joined(name) for name in ("v_row", "v_col", "extra")) if nodes else (None, None, None)
    return SweepResult(
        i_row=joined("i_row"),
        i_out=joined("i_out"),
        residual=joined("residual"),
        passes=np.concatenate([passes[:count] for _, passes, count in parts]),
        w_low=min(float(done.v_col.min()) for done, _, _ in parts),
        w_high=max(float(done.v_col.max()) for done, _, _ in parts),
        v_row=v_row,
        v_col=v_col,
        i_cell=None if v_row is None or v_col is None else lines.g0 * (v_row - v_col) + extra,
    )
