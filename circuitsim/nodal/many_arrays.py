"""Solve linear arrays between the same wires for one volt at each input, one array after another in one compiled call.

The numbers are those of `blocks.sweep_batch`, bit for bit. What a plan takes besides its factors is prepared once, its
memory serves all arrays, and the interpreter lock is free meanwhile.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from circuitsim.nodal import modes, plan_kernels, sweep
from circuitsim.nodal.array import is_strapped
from circuitsim.nodal.balance import MODE_ENTRIES, SCRATCH_ROWS, BlockBuffers
from circuitsim.nodal.blocks import aligned_parts
from circuitsim.nodal.grid import end_resistances
from circuitsim.nodal.kernel import bare_kernel
from circuitsim.nodal.lanes import NARROW, WIDTH, to_blocks
from circuitsim.nodal.modes import SweepPlan, SweptWires, mode_room, mode_starts, swept_wires
from circuitsim.nodal.plan_kernels import MODES, PER_CELL, ModeRoom, factor_lines, find_modes, hold_ends
from circuitsim.nodal.sweep import solve_block
from circuitsim.spec import WireGrid


class _Blocks(NamedTuple):
    """Blocks of inputs in lanes of one width: their drives (blocks, rows · width), (width,) largest drive, memory."""

    drives: np.ndarray
    highest: np.ndarray
    buffers: BlockBuffers


class _Room(NamedTuple):
    """Memory of one array after another: parts of its `SweepPlan`, and of the search for modes by its width."""

    g_row: np.ndarray
    g_col: np.ndarray
    behind: np.ndarray
    down: np.ndarray
    up: np.ndarray
    more: np.ndarray
    rates: np.ndarray
    nothing: np.ndarray
    wide: ModeRoom
    narrow: ModeRoom


def output_matrices(wires: WireGrid, g: np.ndarray, *, tol: float, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the output currents (arrays, inputs, cols) [S] per volt at each input, and whether they settled (arrays,).

    Args:
        wires: Segment resistances [ohm] of every array.
        g: Cell conductances (arrays, rows, cols) [S].
        tol, most: As in `blocks.sweep_batch`.

    Arrays that did not settle, and all of them where sweeps do not apply (see `sweep_plan`), are left to the reference
    solver: their matrices hold nothing.
    """
    many, rows, cols = g.shape
    w, passes = np.empty((many, rows, cols)), np.zeros(many, int)
    between = None if is_strapped(wires) else swept_wires(*end_resistances(wires))
    if between is None:
        return w, passes > 0
    starts = mode_starts(between, g)
    rest = rows % WIDTH if rows % WIDTH <= NARROW else 0
    unit = np.eye(rows)
    _solve_arrays(
        (0.0,) * WIDTH, (0.0,) * NARROW, between, starts, np.ascontiguousarray(g).reshape(many, -1), tol, most,
        _room(between, starts.wanted), _blocks(unit[: rows - rest], cols, WIDTH),
        _blocks(unit[rows - rest :], cols, NARROW), w, passes,
    )  # fmt: skip
    return w, passes > 0


def _room(wires: SweptWires, wanted: np.ndarray) -> _Room:
    """Return the memory that arrays need which want so many modes."""
    cells, several = wires.rows * wires.cols, bool((wanted > 1).any())
    down, up, more = aligned_parts(cells * PER_CELL, cells * PER_CELL, cells * (MODES - 1))
    return _Room(
        np.empty(len(wires.g_row)), np.empty(len(wires.g_col)), np.empty(wires.cols), down, up, more, np.empty(MODES),
        np.empty(0), mode_room(cells if several else 0, WIDTH), mode_room(cells, NARROW),
    )  # fmt: skip


def _blocks(drive: np.ndarray, cols: int, width: int) -> _Blocks:
    """Return inputs (batch, rows) [V] as blocks of lanes."""
    rows, (batch, nothing) = drive.shape[1], (len(drive), np.empty(0))
    drives, cells = to_blocks(drive, width), rows * cols * width
    highest = np.abs(drives.reshape(len(drives), rows, width)).max(axis=1)
    sizes = (rows * width, cols * width, 3 * width, cells, cells, SCRATCH_ROWS * cols * width, MODE_ENTRIES * width)
    i_row, i_out, checks, y, v_row, scratch, kept = aligned_parts(*(size if batch else 0 for size in sizes))
    return _Blocks(drives, highest, BlockBuffers(i_row, i_out, checks, y, v_row, nothing, nothing, scratch, kept))


def _kernel(function: Callable[..., Any]) -> Any:
    return bare_kernel(function, modes, plan_kernels, sweep)


@_kernel
def _solve_arrays(lanes, few, wires, starts, g, tol, most, room, blocks, few_blocks, w, passes):
    """Fill w (arrays, inputs, cols) and passes; the latter 0 where lines cannot be factored, negative if not settled.

    Args:
        lanes, few: Tuples of as many numbers as the vectors of `blocks` and of `few_blocks` have side by side.
        wires: `SweptWires`.
        starts: `ModeStarts`.
        g: (arrays, cells) [S].
        tol, most: As in `solve_block`.
        room: `_Room`.
        blocks, few_blocks: `_Blocks` of the first and of the last inputs.
    """
    rows, cols, count = wires.rows, wires.cols, starts.places.shape[1]
    for n in range(len(g)):
        short, wanted, slowest = starts.short[n], starts.wanted[n], starts.predicted[n]
        room.rates[:] = 0.0
        hold_ends(wires, short, room.g_row, room.g_col)
        if not factor_lines(rows, cols, room.g_row, room.g_col, g[n], room.behind, room.down, room.up):
            continue
        more = room.more if min(wanted, count) > 1 else room.nothing
        if wanted > 1:
            slowest = find_modes(
                lanes, wires, room.down, room.up, starts.places[n], wanted, room.wide, more, room.rates
            )
        elif wanted == 1:
            slowest = find_modes(
                few, wires, room.down, room.up, starts.places[n], wanted, room.narrow, more, room.rates
            )
        plan = SweepPlan(
            rows, cols, room.g_row, room.g_col, room.down, room.up, wires.stiffest, short, more, room.rates, slowest,
            (), room.nothing, room.nothing,
        )  # fmt: skip
        passes[n] = _solve_inputs(plan, lanes, tol, most, blocks, w[n], 0)
        if passes[n] >= 0 and len(few_blocks.drives) > 0:
            first = len(blocks.drives) * len(lanes)
            passes[n] = _solve_inputs(plan, few, tol, most, few_blocks, w[n], first)


@bare_kernel
def _solve_inputs(plan, lanes, tol, most, blocks, w, first):
    """Fill w (inputs, cols) from the input `first` on; return the passes of the last block, negative if not settled."""
    wide, count, nothing = len(lanes), 0, blocks.buffers.v_col
    for block in range(len(blocks.drives)):
        count = solve_block(
            plan, lanes, blocks.drives[block], nothing, blocks.highest[block], tol, most, blocks.buffers
        )
        if count < 0:
            return count
        begin = first + block * wide
        for lane in range(min(wide, len(w) - begin)):
            for b in range(plan.cols):
                w[begin + lane, b] = blocks.buffers.i_out[b * wide + lane]
    return count
