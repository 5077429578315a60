"""Read an array by its bit lines: by sweeps where the wiring allows, by the reference solver everywhere else."""

from dataclasses import fields, replace
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.errors import InputError, NotConvergedError
from circuitsim.nodal.array import (
    MATRIX_TOLERANCE,
    MOST_PASSES,
    PreparedArray,
    TerminalMatrices,
    compact_cells,
    dense_lines,
)
from circuitsim.nodal.blocks import SweepResult, sweep_batch
from circuitsim.nodal.grid import end_resistances
from circuitsim.nodal.judgement import check_balance, output_error, share_of_error
from circuitsim.nodal.line_iteration import solve_lines
from circuitsim.nodal.newton import NodeSolution, solve_nodes
from circuitsim.nodal.surface import cell_law, check_voltages
from circuitsim.nodal.terminals import convergence, with_references
from circuitsim.nodal.voltage_boxes import VoltageBox, driven_box, in_eighths
from circuitsim.results import Provenance, Solution, content_digest
from circuitsim.spec import real_numbers
from circuitsim.spec.matrices import check_inputs

_POINTS_AT_ONCE = 2**20


def read_bit_lines(
    array: PreparedArray, x: ArrayLike, v_sense: ArrayLike | None, *, nodes: bool, tol: float, threads: int
) -> Solution:
    """Solve the DC read of an array whose inputs are voltages of its bit lines; see `reading.read`."""
    v_in = check_inputs(array.spec, x)
    if v_sense is None:
        return _read(array, v_in, None, nodes=nodes, tol=tol, threads=threads)
    v_sense = _sense_voltages(v_sense, (len(v_in), array.wires.cols))
    solution = _read(array, v_in, v_sense - array.spec.sense.v_ref, nodes=nodes, tol=tol, threads=threads)
    given = {**array.given, "v_sense": content_digest(v_sense)}
    return replace(solution, provenance=replace(solution.provenance, given=given))


def _read(
    array: PreparedArray, v_in: np.ndarray, pull: np.ndarray | None, *, nodes: bool, tol: float, threads: int
) -> Solution:
    """Solve checked inputs (batch, rows) [V] with sense nodes `pull` (batch, cols) [V] above v_ref; None: at v_ref."""
    solution = _solve(array, v_in, pull, nodes=nodes, tol=tol, threads=threads)
    assert solution.i_row is not None
    v_largest = np.abs(_terminals(array, v_in, pull)).max(axis=1)
    check_balance("nodal", array.spec, array.wires, v_largest, solution.i_row, solution.out)
    return solution


def _solve(
    array: PreparedArray, v_in: np.ndarray, pull: np.ndarray | None, *, nodes: bool, tol: float, threads: int
) -> Solution:
    """Choose the method: the matrix of an ohmic array, sweeps, or the reference solver for what sweeps leave."""
    v_ref = array.spec.sense.v_ref
    if array.matrices is not None and pull is None and not nodes and tol >= MATRIX_TOLERANCE:
        return _by_matrix(array, array.matrices, v_in, tol, threads)
    swept, fit_error = _sweep(array, v_in - v_ref, pull, tol, nodes, threads)
    if swept is None:
        every = np.arange(len(v_in))
        return _from_nodes(array, v_in, pull, _reference(array, v_in, pull, tol, every), tol, nodes, threads)
    solution = _from_sweep(array, v_in, pull, swept, fit_error, tol, threads)
    left = np.flatnonzero(swept.passes < 0)
    if len(left) == 0:
        return solution
    v_left, pull_left = v_in[left], None if pull is None else pull[left]
    rest = _reference(array, v_left, pull_left, tol, left)
    return _merge(array, solution, _from_nodes(array, v_left, pull_left, rest, tol, nodes, threads), left)


def _terminals(array: PreparedArray, v_in: np.ndarray, pull: np.ndarray | None) -> np.ndarray:
    """Voltages of all sources and sense nodes (batch, rows + cols) [V]."""
    v_sense = np.full((len(v_in), array.wires.cols), array.spec.sense.v_ref)
    return np.hstack([v_in, v_sense if pull is None else v_sense + pull])


def _cell_error(
    array: PreparedArray, v_in: np.ndarray, pull: np.ndarray | None, out: np.ndarray, fit_error: float
) -> np.ndarray:
    """Error of the outputs by the surface of the cell and its fit [A], relative to the largest output (batch,)."""
    share = share_of_error(array.surface, np.ptp(_terminals(array, v_in, pull), axis=1))
    of_cells, cells = array.column_error
    return output_error(share * of_cells + fit_error * cells, out)


def _sense_voltages(v_sense: ArrayLike, shape: tuple[int, int]) -> np.ndarray:
    v_sense = real_numbers("v_sense", v_sense)
    if v_sense.shape != shape or not np.all(np.isfinite(v_sense)):
        raise InputError(
            f"v_sense has shape {v_sense.shape}: expected finite voltages of shape (batch, cols) = {shape}"
        )
    return v_sense


def _power(
    array: PreparedArray, v_in: np.ndarray, pull: np.ndarray | None, i_row: np.ndarray, i_out: np.ndarray
) -> np.ndarray:
    v_ref = array.spec.sense.v_ref
    return with_references((v_in * i_row).sum(axis=1), v_ref if pull is None else v_ref + pull, i_out)


def _by_matrix(
    array: PreparedArray, matrices: TerminalMatrices, v_in: np.ndarray, tol: float, threads: int
) -> Solution:
    """An ohmic array is a matrix: what is left unbalanced adds up from what its columns left."""
    drive = v_in - array.spec.sense.v_ref
    i_out, i_row = drive @ matrices.w, drive @ matrices.y
    passes = np.full(len(v_in), matrices.passes)
    return Solution(
        out=i_out,
        provenance=_provenance(array, tol, threads, "matrix"),
        i_row=i_row,
        power=_power(array, v_in, None, i_row, i_out),
        convergence=convergence(i_row, i_out, np.abs(drive) @ matrices.residual, passes),
        cell_error=np.zeros(len(v_in)),
    )


def _sweep(
    array: PreparedArray, drive: np.ndarray, pull: np.ndarray | None, tol: float, nodes: bool, threads: int
) -> tuple[SweepResult | None, float]:
    """Solve by sweeps, with the error of the cells' fit [A]; None where only the reference will do."""
    if array.lines is not None:
        return _by_lines(array, drive, pull, tol, nodes)
    if array.plan is None or (pull is not None and np.any(end_resistances(array.wires)[1][[0, -1]] == 0)):
        return None, 0.0  # a held column's current is swept from a voltage relative to v_ref
    run = partial(sweep_batch, drive=drive, pull=pull, tol=tol, most=MOST_PASSES, nodes=nodes, threads=threads)
    if array.surface is None:
        return run(array.plan), 0.0
    terminals = drive if pull is None else np.hstack([drive, pull])
    v_low, v_high = min(float(terminals.min()), 0.0), max(float(terminals.max()), 0.0)
    needed = array.box_of(drive, pull)
    prepared = array.cells
    if prepared is None or not prepared[0].box.holds(v_low, v_high) or not prepared[0].box.reaches(*needed.columns):
        prepared = compact_cells(array, needed if pull is not None else _shared_box(array, v_low, v_high))
    if prepared is None:
        return None, 0.0
    box, swept = prepared[0].box, run(prepared[1])
    if not box.reaches(swept.w_low, swept.w_high):
        prepared = compact_cells(array, box.with_all_columns())
        if prepared is None:
            return None, 0.0
        swept = run(prepared[1])
    return swept, prepared[0].error * array.surface.i_max


def _shared_box(array: PreparedArray, v_low: float, v_high: float) -> VoltageBox:
    """Return what cells reach for inputs relative to v_ref [V], rounded so that reads share few fits.

    Near threshold none may be good enough, and each takes long.
    """
    return driven_box(array.column_response, *in_eighths(v_low, v_high, array.driven_range))


def _by_lines(
    array: PreparedArray, drive: np.ndarray, pull: np.ndarray | None, tol: float, nodes: bool
) -> tuple[SweepResult | None, float]:
    """Solve with dense lines, for straps and rows that are switched off; as `_sweep`."""
    asleep = drive == 0 if array.skips else None
    terminals = drive if pull is None else np.hstack([drive, pull])
    v_low, v_high = min(float(terminals.min()), 0.0), max(float(terminals.max()), 0.0)
    needed = array.box_of(drive, pull)
    prepared = array.dense
    if prepared is None or not prepared[0].holds(v_low, v_high) or not prepared[0].reaches(*needed.columns):
        prepared = dense_lines(array, needed)
    if prepared is None:
        return None, 0.0
    run = partial(solve_lines, drive=drive, pull=pull, asleep=asleep, tol=tol, most=MOST_PASSES, nodes=nodes)
    box, found = prepared[0], run(prepared[2])
    if not box.reaches(found.w_low, found.w_high):
        prepared = dense_lines(array, box.with_all_columns())
        if prepared is None:
            return None, 0.0
        found = run(prepared[2])
    return found, prepared[1]


def _reference(
    array: PreparedArray, v_in: np.ndarray, pull: np.ndarray | None, tol: float, names: np.ndarray
) -> NodeSolution:
    given = _terminals(array, v_in, pull)
    # A few vectors at a time: every cell of each is held in a dozen arrays. Each has its own laws where rows are off.
    few = 1 if array.skips else max(1, _POINTS_AT_ONCE // array.g.size)
    parts = [
        solve_nodes(
            array.factored,
            partial(_laws, array, array.skips & (v_in[first] == array.spec.sense.v_ref)),
            given[first : first + few],
            tol=tol,
            names=names[first : first + few],
        )
        for first in range(0, len(given), few)
    ]
    return NodeSolution(*(np.concatenate([getattr(part, key.name) for part in parts]) for key in fields(NodeSolution)))


def _laws(
    array: PreparedArray, asleep: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Currents and slopes of all cells at voltages (batch, rows, cols), with the gates of rows (rows,) off."""
    found = np.zeros((3, *v_bl.shape))
    for surface, rows in ((array.surface, ~asleep), (array.off, asleep)):
        if not rows.any() or (surface is None and rows is asleep):
            continue
        # Cell after cell, the batch innermost: one contraction of the surface serves all vectors.
        on_cells = (np.moveaxis(v[:, rows], 0, -1) for v in (v_bl, v_sl))
        values = cell_law(surface, array.g[rows][:, :, None], *on_cells)
        found[:, :, rows] = np.moveaxis(np.array(values[:3]), -1, 1)
    return found[0], found[1], found[2]


def _from_nodes(
    array: PreparedArray,
    v_in: np.ndarray,
    pull: np.ndarray | None,
    solved: NodeSolution,
    tol: float,
    nodes: bool,
    threads: int,
) -> Solution:
    """Name the parts of a reference solution, once every cell is known to be inside its surface."""
    grid = array.factored.grid
    v_row, v_col = solved.v[:, grid.row_node], solved.v[:, grid.col_node]
    asleep = array.skips & (v_in == array.spec.sense.v_ref)
    for surface, rows in ((array.surface, ~asleep), (array.off, asleep)):
        if surface is not None:
            check_voltages(surface, np.where(rows[:, :, None], array.g, 0.0) if array.skips else array.g, v_row, v_col)
    i_row, i_out = solved.i_terminal[:, : grid.rows], -solved.i_terminal[:, grid.rows :]
    return Solution(
        out=i_out,
        provenance=_provenance(array, tol, threads, "newton"),
        i_row=i_row,
        v_row=v_row if nodes else None,
        v_col=v_col if nodes else None,
        i_cell=solved.i_cell if nodes else None,
        power=_power(array, v_in, pull, i_row, i_out),
        convergence=convergence(i_row, i_out, solved.residual, solved.iterations),
        cell_error=_cell_error(array, v_in, pull, i_out, 0.0),
    )


def _from_sweep(
    array: PreparedArray,
    v_in: np.ndarray,
    pull: np.ndarray | None,
    swept: SweepResult,
    fit_error: float,
    tol: float,
    threads: int,
) -> Solution:
    """Name the parts of a swept solution, absolute voltages included."""
    if not np.all(np.isfinite(swept.i_out[swept.passes > 0])):
        raise NotConvergedError("the solution is not finite: check the wire resistances for extreme ratios")
    v_ref = array.spec.sense.v_ref
    return Solution(
        out=swept.i_out,
        provenance=_provenance(array, tol, threads, _method(array)),
        i_row=swept.i_row,
        v_row=None if swept.v_row is None else swept.v_row + v_ref,
        v_col=None if swept.v_col is None else swept.v_col + v_ref,
        i_cell=swept.i_cell,
        power=_power(array, v_in, pull, swept.i_row, swept.i_out),
        # A cell's fit error is current that the characterized cell would leave unbalanced.
        convergence=convergence(swept.i_row, swept.i_out, swept.residual + fit_error, np.abs(swept.passes)),
        cell_error=_cell_error(array, v_in, pull, swept.i_out, fit_error),
    )


def _method(array: PreparedArray) -> str:
    """Return what solves an array of characterized cells, as its solutions name it."""
    return "sweep" if array.lines is None else "lines"


def _merge(array: PreparedArray, solution: Solution, rest: Solution, where: np.ndarray) -> Solution:
    """Put vectors solved by the reference into a solution, whose provenance then says how many they are."""

    def put(old: np.ndarray | None, new: np.ndarray | None) -> np.ndarray | None:
        if old is None or new is None:
            return None
        merged = old.copy()
        merged[where] = new
        return merged

    arrays = {name: put(getattr(solution, name), getattr(rest, name)) for name in _PER_VECTOR}
    old, new = solution.convergence, rest.convergence
    assert old is not None and new is not None
    balance = {name: put(getattr(old, name), getattr(new, name)) for name in _BALANCE}
    method = f"{_method(array)}, newton for {len(where)} of {len(solution.out)} vectors"
    provenance = replace(solution.provenance, options=dict(solution.provenance.options, method=method))
    return replace(solution, **arrays, provenance=provenance, convergence=replace(old, **balance))


_PER_VECTOR = ("out", "i_row", "v_row", "v_col", "i_cell", "power", "cell_error")
_BALANCE = ("kirchhoff", "residual", "iterations")


def _provenance(array: PreparedArray, tol: float, threads: int, method: str) -> Provenance:
    surface = array.surface
    return Provenance(
        level="nodal",
        spec_digest=array.spec_digest,
        files_digest=None if surface is None else surface.provenance.files_digest,
        deck_digest=None if surface is None else surface.provenance.deck_digest,
        ngspice=None if surface is None else surface.provenance.ngspice,
        options={"tol": f"{tol:g}", "method": method},
        given=array.given,
        threads=threads,
    )
