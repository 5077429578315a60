"""Read a prepared array: by sweeps where the wiring allows, by the reference solver everywhere else."""

from dataclasses import fields, replace

import numpy as np

from circuitsim.errors import InputError, NotConvergedError
from circuitsim.nodal.array import (
    MATRIX_TOLERANCE,
    MOST_PASSES,
    TOLERANCE,
    PreparedArray,
    TerminalMatrices,
    compact_cells,
    terminal_matrices,
    voltage_box,
)
from circuitsim.nodal.blocks import SweepResult, sweep_batch
from circuitsim.nodal.compact import VoltageBox
from circuitsim.nodal.linear import linear_network, solve
from circuitsim.nodal.modes import sweep_plan
from circuitsim.nodal.network import end_resistances
from circuitsim.nodal.newton import NodeSolution, solve_nodes
from circuitsim.nodal.surface import cell_law, check_voltages, chord
from circuitsim.results import Convergence, Provenance, Solution
from circuitsim.spec.arrays import check_inputs

_POINTS_AT_ONCE = 2**20


def read(
    array: PreparedArray,
    v_in: np.ndarray,
    *,
    v_sense: np.ndarray | None = None,
    nodes: bool = False,
    tol: float = TOLERANCE,
    threads: int = 1,
) -> Solution:
    """Solve the DC read of a prepared array.

    Args:
        array: From `prepare`.
        v_in: Voltages of the ideal sources behind the row drivers (batch, rows) [V].
        v_sense: Voltage of each ideal sense node (batch, cols) [V]; None: `sense.v_ref` for all.
        nodes: Also return node voltages and cell currents.
        tol: Largest current that may be unbalanced at a node, relative to the vector's largest terminal current.
        threads: Threads to use; no bit of the result depends on it.

    Returns:
        Column currents, row currents, power and the balance of each vector.

    Raises:
        InputError: A shape does not fit, or a value is not finite.
        OutsideRangeError: A cell's voltages are outside its surface; names the cell, the voltages and the range.
        NotConvergedError: A vector does not balance; says by how much, where, and what to try.

    Valid for: quasi-static reads that do not disturb the state.
    """
    v_in = check_inputs(array.spec, v_in)
    v_ref = array.spec.sense.v_ref
    pull = None if v_sense is None else _sense_voltages(v_sense, (len(v_in), array.wires.cols)) - v_ref
    if array.matrices is not None and pull is None and not nodes and tol >= MATRIX_TOLERANCE:
        return _by_matrix(array, array.matrices, v_in, tol, threads)
    swept, fit_error = _sweep(array, v_in - v_ref, pull, tol, nodes, threads)
    if swept is None:
        return _solution(array, v_in, _reference(array, v_in, pull, tol, np.arange(len(v_in))), tol, nodes, threads)
    found = _from_sweep(array, v_in, swept, fit_error, tol, threads)
    left = np.flatnonzero(swept.passes < 0)
    if len(left) == 0:
        return found
    rest = _reference(array, v_in[left], None if pull is None else pull[left], tol, left)
    return _merge(found, _solution(array, v_in[left], rest, tol, nodes, threads), left)


def _sense_voltages(v_sense: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    v_sense = np.asarray(v_sense, float)
    if v_sense.shape != shape or not np.all(np.isfinite(v_sense)):
        raise InputError(
            f"v_sense has shape {v_sense.shape}: expected finite voltages of shape (batch, cols) = {shape}"
        )
    return v_sense


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
        power=(v_in * i_row).sum(axis=1),
        convergence=_convergence(i_row, i_out, np.abs(drive) @ matrices.residual, passes),
    )


def _sweep(
    array: PreparedArray, drive: np.ndarray, pull: np.ndarray | None, tol: float, nodes: bool, threads: int
) -> tuple[SweepResult | None, float]:
    """Solve by sweeps, with the error of the cells' fit [A]; None where only the reference will do."""
    if array.plan is None or (pull is not None and np.any(end_resistances(array.wires)[1][[0, -1]] == 0)):
        return None, 0.0  # a held column's current is found from a voltage relative to v_ref
    if array.surface is None:
        return sweep_batch(array.plan, drive, pull, tol=tol, most=MOST_PASSES, nodes=nodes, threads=threads), 0.0
    terminals = drive if pull is None else np.hstack([drive, pull])
    v_low, v_high = min(float(terminals.min()), 0.0), max(float(terminals.max()), 0.0)
    prepared = array.cells
    if prepared is None or not prepared[0].box.holds(v_low, v_high):
        prepared = compact_cells(array, voltage_box(array, v_low, v_high))
    for wide in (False, True):
        if prepared is None:
            return None, 0.0
        box = prepared[0].box
        found = sweep_batch(prepared[1], drive, pull, tol=tol, most=MOST_PASSES, nodes=nodes, threads=threads)
        if wide or box.reaches(found.w_low, found.w_high):
            return found, prepared[0].error * array.surface.i_full_scale
        prepared = compact_cells(array, VoltageBox(box.v_low, box.v_high, box.v_low, box.v_high))
    raise AssertionError("unreachable")


def _reference(
    array: PreparedArray, v_in: np.ndarray, pull: np.ndarray | None, tol: float, names: np.ndarray
) -> NodeSolution:
    v_sense = np.full((len(v_in), array.wires.cols), array.spec.sense.v_ref)
    given = np.hstack([v_in, v_sense if pull is None else v_sense + pull])

    def law(v_bl: np.ndarray, v_sl: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        # Cell after cell, the batch innermost: one contraction of the surface serves all vectors.
        on_cells = (np.moveaxis(v, 0, -1) for v in (v_bl, v_sl))
        found = cell_law(array.surface, array.g[:, :, None], *on_cells)
        current, along_bl, along_sl = (np.moveaxis(value, -1, 0) for value in found[:3])
        return current, along_bl, along_sl

    # A few vectors at a time: every cell of each is held in a dozen arrays.
    few = max(1, _POINTS_AT_ONCE // array.g.size)
    parts = [
        solve_nodes(array.factored, law, given[first : first + few], tol=tol, names=names[first : first + few])
        for first in range(0, len(given), few)
    ]
    return NodeSolution(*(np.concatenate([getattr(part, key.name) for part in parts]) for key in fields(NodeSolution)))


def _solution(
    array: PreparedArray, v_in: np.ndarray, found: NodeSolution, tol: float, nodes: bool, threads: int
) -> Solution:
    """Name the parts of a reference solution, once every cell is known to be inside its surface."""
    network = array.factored.network
    v_row, v_col = found.v[:, network.row_node], found.v[:, network.col_node]
    if array.surface is not None:
        check_voltages(array.surface, array.g, v_row, v_col)
    i_row, i_out = found.i_terminal[:, : network.rows], -found.i_terminal[:, network.rows :]
    return Solution(
        out=i_out,
        provenance=_provenance(array, tol, threads, "newton"),
        i_row=i_row,
        v_row=v_row if nodes else None,
        v_col=v_col if nodes else None,
        i_cell=found.i_cell if nodes else None,
        power=(v_in * i_row).sum(axis=1),
        convergence=_convergence(i_row, i_out, found.residual, found.iterations),
    )


def _from_sweep(
    array: PreparedArray, v_in: np.ndarray, found: SweepResult, fit_error: float, tol: float, threads: int
) -> Solution:
    if not np.all(np.isfinite(found.i_out[found.passes > 0])):
        raise NotConvergedError("the solution is not finite: check the wire resistances for extreme ratios")
    v_ref = array.spec.sense.v_ref
    return Solution(
        out=found.i_out,
        provenance=_provenance(array, tol, threads, "sweep"),
        i_row=found.i_row,
        v_row=None if found.v_row is None else found.v_row + v_ref,
        v_col=None if found.v_col is None else found.v_col + v_ref,
        i_cell=found.i_cell,
        power=(v_in * found.i_row).sum(axis=1),
        # A cell's fit error is current that the characterized cell would leave unbalanced.
        convergence=_convergence(found.i_row, found.i_out, found.residual + fit_error, np.abs(found.passes)),
    )


def _merge(found: Solution, rest: Solution, where: np.ndarray) -> Solution:
    """Put vectors solved by the reference into a solution."""

    def put(old: np.ndarray | None, new: np.ndarray | None) -> np.ndarray | None:
        if old is None or new is None:
            return None
        merged = old.copy()
        merged[where] = new
        return merged

    arrays = {name: put(getattr(found, name), getattr(rest, name)) for name in _PER_VECTOR}
    old, new = found.convergence, rest.convergence
    assert old is not None and new is not None
    balance = {name: put(getattr(old, name), getattr(new, name)) for name in _BALANCE}
    return replace(found, **arrays, convergence=replace(old, **balance))


_PER_VECTOR = ("out", "i_row", "v_row", "v_col", "i_cell", "power")
_BALANCE = ("residual", "kirchhoff", "sweeps")


def _convergence(i_row: np.ndarray, i_out: np.ndarray, residual: np.ndarray, sweeps: np.ndarray) -> Convergence:
    largest = np.maximum(np.abs(i_row).max(axis=1), np.abs(i_out).max(axis=1))
    unbalanced = np.abs(i_row.sum(axis=1) - i_out.sum(axis=1))
    return Convergence(_relative(residual, largest), _relative(unbalanced, np.abs(i_row).sum(axis=1)), sweeps)


def effective_matrix(array: PreparedArray, *, threads: int = 1) -> np.ndarray:
    """Return the matrix that the array is: i_out = v_in @ w.

    For ohmic cells it is exact at any input. For characterized cells it is the small-signal matrix with every terminal
    at `sense.v_ref`: the limit of small inputs.

    Returns:
        (rows, cols) [S], wires, driver and sense resistances included.
    """
    if array.matrices is not None:
        return array.matrices.w
    if array.surface is None:
        plan, slopes = array.plan, array.g
    else:
        v_ref = array.spec.sense.v_ref
        slopes = chord(array.surface, array.g, v_ref, v_ref)
        plan = sweep_plan(*end_resistances(array.wires), slopes)
    matrices = None if plan is None else terminal_matrices(plan, threads=threads)
    if matrices is not None:
        return matrices.w
    inputs = np.eye(array.wires.rows)
    return solve(linear_network(array.wires, slopes), inputs).i_out


def _relative(value: np.ndarray, scale: np.ndarray) -> np.ndarray:
    return value / np.where(scale > 0, scale, 1.0)


def _provenance(array: PreparedArray, tol: float, threads: int, method: str) -> Provenance:
    surface = array.surface
    return Provenance(
        level="nodal",
        spec_digest=array.spec_digest,
        files_digest=None if surface is None else surface.provenance.files_digest,
        deck_digest=None if surface is None else surface.provenance.deck_digest,
        ngspice=None if surface is None else surface.provenance.ngspice,
        options={"tol": f"{tol:g}", "method": method},
        threads=threads,
    )
