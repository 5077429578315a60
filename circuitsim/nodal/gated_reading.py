"""Read an array whose input switches gates: column by column where two lines run along them, else node by node."""

from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse

from circuitsim.nodal.column_plan import FLOOR
from circuitsim.nodal.gated import GatedArray
from circuitsim.nodal.gated_columns import GatedSolution, solve_columns
from circuitsim.nodal.gated_lines import solve_gated_lines
from circuitsim.nodal.judgement import check_balance, output_error, share_of_error
from circuitsim.nodal.linear import LinearArray, factorize
from circuitsim.nodal.newton import NodeSolution, solve_nodes
from circuitsim.nodal.surface import cell_law, check_voltages
from circuitsim.nodal.surface_chords import chord
from circuitsim.nodal.terminals import convergence, with_references
from circuitsim.nodal.varied_cells import varied_law
from circuitsim.results import CellSurface, Provenance, Solution
from circuitsim.spec import level_numbers
from circuitsim.spec.matrices import check_inputs


def read_gates(array: GatedArray, x: ArrayLike, *, nodes: bool, tol: float, threads: int) -> Solution:
    """Solve the DC read of an array whose input switches gates; see `reading.read`."""
    x = check_inputs(array.spec, x)
    level = level_numbers(array.spec, x)
    found, left = _by_columns(array, level, nodes=nodes, tol=tol, threads=threads)
    method = "columns" if array.lines is None else "lines"
    if len(left):
        rest = _by_nodes(array, level[left], left, nodes=nodes, tol=tol)
        method = "newton" if found is None else f"{method}, newton for {len(left)} of {len(x)} vectors"
        found = rest if found is None else _merged(found, rest, left)
    assert found is not None  # a batch is never empty
    v_ref, v_bias = array.spec.drive_range
    v_largest = np.full(len(x), max(abs(v_ref), abs(v_bias)))
    check_balance("nodal", array.spec, array.wires, v_largest, found.i_bias, found.i_out)
    return Solution(
        out=found.i_out,
        provenance=Provenance(
            level="nodal",
            spec_digest=array.spec.digest,
            files_digest=array.on.provenance.files_digest,
            deck_digest=array.on.provenance.deck_digest,
            ngspice=array.on.provenance.ngspice,
            options={"tol": f"{tol:g}", "method": method},
            given=array.given,
            threads=threads,
        ),
        i_row=np.zeros(x.shape),
        v_row=found.v_row + v_ref if nodes else None,
        v_col=found.v_col + v_ref if nodes else None,
        i_cell=found.i_cell if nodes else None,
        power=with_references(v_bias * found.i_bias.sum(axis=1), v_ref, found.i_out),
        # The error of a polynomial is current that the characterized cell would leave unbalanced.
        convergence=convergence(found.i_bias, found.i_out, found.residual + found.fit_error, found.iterations),
        cell_error=output_error(_column_error(array, level, found), found.i_out),
    )


def _by_columns(
    array: GatedArray, level: np.ndarray, *, nodes: bool, tol: float, threads: int
) -> tuple[GatedSolution | None, np.ndarray]:
    """Solve column by column; return also the vectors that this leaves, which do not settle within the surfaces."""
    every = np.arange(len(level))
    if array.lines is not None:
        found = solve_gated_lines(array.lines, level == 1, tol=tol, nodes=nodes)
        return found, every[~found.settled]
    if array.columns is None:
        return None, every
    found = solve_columns(array.columns, level, tol=tol, nodes=nodes, threads=threads)
    left = every[~found.settled]
    if len(left) == 0 or array.columns.whole:
        return found, left
    wide = array.planned(whole=True)
    if wide is not None:
        more = solve_columns(wide, level[left], tol=tol, nodes=nodes, threads=threads)
        found = _merged(found, more, left)
    return found, every[~found.settled]


def _by_nodes(array: GatedArray, level: np.ndarray, names: np.ndarray, *, nodes: bool, tol: float) -> GatedSolution:
    """Solve vector by vector with the reference solver, and refuse voltages outside the surfaces."""
    cols, grid = array.wires.cols, array.grid
    v_ref, v_bias = array.spec.drive_range
    given = np.concatenate([np.full(cols, v_bias), np.full(cols, v_ref)])[None]
    solved = [_solve(array, vector, given, tol, name) for vector, name in zip(level, names, strict=True)]
    v, i_cell, i_terminal, residual, iterations = (
        np.concatenate([getattr(one, key) for one in solved])
        for key in ("v", "i_cell", "i_terminal", "residual", "iterations")
    )
    v_row, v_col = v[:, grid.row_node], v[:, grid.col_node]
    for number, surface in enumerate(array.laws):
        if surface is not None:
            check_voltages(surface, np.where((level == number)[:, :, None], array.g, 0.0), v_row, v_col)
    kept = slice(None) if nodes else slice(0)
    return GatedSolution(
        i_bias=i_terminal[:, :cols],
        i_out=-i_terminal[:, cols:],
        residual=residual,
        fit_error=np.zeros(len(level)),
        iterations=iterations,
        settled=np.ones(len(level), bool),
        v_row=v_row[:, kept] - v_ref,
        v_col=v_col[:, kept] - v_ref,
        i_cell=i_cell[:, kept],
    )


def _merged(found: GatedSolution, other: GatedSolution, where: np.ndarray) -> GatedSolution:
    """Put the vectors of another solution in place of some."""

    def put(old: np.ndarray, new: np.ndarray) -> np.ndarray:
        both = old.copy()
        both[where] = new
        return both

    names = [field.name for field in fields(GatedSolution)]
    return GatedSolution(**{name: put(getattr(found, name), getattr(other, name)) for name in names})


def _column_error(array: GatedArray, level: np.ndarray, found: GatedSolution) -> np.ndarray:
    """Largest error of a column's current by the laws of its cells (batch,) [A]."""
    if array.spec.array.input_line == "string":
        return _string_error(array, found)
    spans = np.full(1, array.spec.driver.v_read)
    of_rows = np.zeros(found.i_out.shape)
    for number, (surface, of_cells) in enumerate(zip(array.laws, array.errors, strict=True)):
        of_rows += (level == number) @ (share_of_error(surface, spans) * of_cells)
    most = np.count_nonzero(array.g, axis=0).max()
    return of_rows.max(axis=1) + found.fit_error * most


def _string_error(array: GatedArray, found: GatedSolution) -> np.ndarray:
    """Return the largest error of a cell's current, which is that of its string, at the voltages that cells can see.

    A cell sees no more than its resistance at small voltages times the current: laws do not fall off towards larger
    ones. Errors fall in proportion, see `share_of_error`.
    """
    v_read, v_ref = array.spec.driver.v_read, array.spec.sense.v_ref
    errors = []
    for surface, of_cells in zip(array.laws, array.errors, strict=True):
        assert surface is not None
        largest = 1.0 / chord(surface, array.g, v_ref + FLOOR * v_read, v_ref).min(axis=0)
        span = np.minimum(found.i_out * largest, v_read)
        error = share_of_error(surface, span) * of_cells.max(axis=0)
        errors.append(error + found.fit_error[:, None] * span / v_read)
    return np.maximum(*errors).max(axis=1)


def _law_of(array: GatedArray, number: int, surface: CellSurface, cells: np.ndarray) -> Callable[..., Any]:
    """Return current and slopes as functions of conductances (cells, 1) and voltages (cells, batch)."""
    if array.varied is None:
        return lambda g, v_bl, v_sl: cell_law(surface, g, v_bl, v_sl)[:3]
    return partial(varied_law, array.varied.laws[number], array.varied.weights[:, cells][..., None])


def _solve(array: GatedArray, level: np.ndarray, given: np.ndarray, tol: float, name: int) -> NodeSolution:
    level_of_cell = np.broadcast_to(level[:, None], array.g.shape)

    def law(v_bl: np.ndarray, v_sl: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        parts = np.zeros((3, *v_bl.shape))
        for number, surface in enumerate(array.laws):
            cells = level_of_cell == number
            if surface is not None and np.any(cells):
                on_cells = (v[:, cells].T for v in (v_bl, v_sl))
                values = _law_of(array, number, surface, cells)(array.g[cells][:, None], *on_cells)
                parts[:, :, cells] = np.swapaxes(values, 1, 2)
        return parts[0], parts[1], parts[2]

    # Chord over half of the whole voltage: in a string each cell sees less, and Newton's method takes over.
    middle, low = (np.full((1, *array.g.shape), v) for v in (given.mean(), given.min()))
    current = law(np.maximum(middle, low), low)[0][0]
    chord = np.abs(current) / max(given.mean() - given.min(), 1e-300)
    grid = array.grid
    matrix = sparse.csr_matrix(grid.wires + grid.cells(chord, chord))
    array_of_chords = LinearArray(grid, chord, matrix, factorize(grid, matrix))
    return solve_nodes(array_of_chords, law, given, tol=tol, names=np.array([name]))
