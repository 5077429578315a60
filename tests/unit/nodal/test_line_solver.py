"""The system of one step, line by line and by its factor."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.nodal import line_solver
from circuitsim.nodal.cells_in_time import CellBlocks
from circuitsim.nodal.grid import build_grid, build_switched
from circuitsim.nodal.line_solver import solve_step, step_matrix
from circuitsim.spec import parse_spec

WIRES = {
    "both ends": {"row_drive": "both", "col_sense": "both"},
    "no row resistance": {"r_row": 0.0},
    "no column resistance": {"r_col": 0.0, "last_col_segment": False},
    "right and top": {"row_drive": "right", "col_sense": "top"},
    "straps": {"strap_col": {"every": 3, "r": 5.0, "r_via": 2.0}},
}


def _system(a, **wire):
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 9, "cols": 7, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-3},
            "wire": {"r_row": 20.0, "r_col": 30.0, **wire},
            "driver": {"v_read": 0.2, "r_out": 500.0},
        }
    )
    grid = build_grid(spec.wires)
    rng = np.random.default_rng(0)
    slope, own = a * rng.uniform(1e-6, 1e-4, 63), rng.uniform(0, 2e-15, (2, 63))
    lines = np.array([[slope + own[0], -slope], [0.1 * own[1] - slope, slope + own[1]]])
    blocks, ends = CellBlocks(lines, *np.zeros((3, 0))), (grid.row_node.ravel(), grid.col_node.ravel())
    return grid, step_matrix(grid, ends, np.full(grid.nodes, 1e-15), blocks, a)


@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES.keys())
@pytest.mark.parametrize("a", [1e-14, 1e-11, 1e-8])
def test_lines_solve_what_the_factor_solves(monkeypatch, a, wire):
    monkeypatch.setattr(line_solver, "FACTORED", 0)
    monkeypatch.setattr(line_solver, "_RTOL", 1e-10)
    grid, matrix = _system(a, **wire)
    r = np.random.default_rng(1).standard_normal(grid.free)
    by_lines, factored = (solve_step(grid, matrix, exact=exact)(r) for exact in (False, True))
    assert_allclose(by_lines, factored, rtol=0, atol=1e-8 * np.abs(factored).max())
    inner = matrix[: grid.free, : grid.free]
    assert_allclose(inner @ factored, r, rtol=0, atol=1e-10)


def test_lines_that_do_not_converge_are_factored(monkeypatch):
    monkeypatch.setattr(line_solver, "FACTORED", 0)
    monkeypatch.setattr(line_solver, "_MOST", 1)
    monkeypatch.setattr(line_solver, "_RTOL", 1e-15)
    grid, matrix = _system(1e-8)
    r = np.ones(grid.free)
    assert_allclose(matrix[: grid.free, : grid.free] @ solve_step(grid, matrix, exact=False)(r), r, rtol=1e-9, atol=0)


GATED_WIRES = {
    "one end": {},
    "both ends": {"row_drive": "both", "col_sense": "both"},
    "no word-line resistance": {"r_row": 0.0},
    "straps": {"strap_row": {"every": 3, "r": 5.0, "r_via": 2.0}},
    "cells that share a bit line's node": {"r_bl": 0.0},
}


def _gated_system(a, **wire):
    """A system of three lines whose cells have slopes that are not symmetric: a gate drives, and takes only charge."""
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 9, "cols": 7, "input_line": "wl"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-3},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.3},
            "wire": {"r_row": 20.0, "r_col": 30.0, "r_bl": 10.0, **wire},
            "driver": {"v_read": 0.2, "r_out": 500.0},
        }
    )
    grid, gate = build_switched(spec.wires)
    rng = np.random.default_rng(0)
    ends = (grid.row_node.ravel(), grid.col_node.ravel(), gate.ravel())
    lines = rng.uniform(-5e-16, 5e-16, (3, 3, 63)) + 2e-15 * np.eye(3)[:, :, None]
    lines[:2, :2] += a * rng.uniform(1e-6, 1e-4, 63) * np.array([[1, -1], [-1, 1]])[:, :, None]
    lines[:2, 2] += a * rng.uniform(1e-6, 1e-4, 63) * np.array([1, -1])[:, None]
    blocks = CellBlocks(lines, *np.zeros((3, 0)))
    return grid, gate, step_matrix(grid, ends, np.full(grid.nodes, 1e-15), blocks, a)


@pytest.mark.parametrize("wire", GATED_WIRES.values(), ids=GATED_WIRES.keys())
@pytest.mark.parametrize("a", [1e-14, 1e-11, 1e-8, 1.0])
def test_lines_with_gates_solve_what_the_factor_solves(monkeypatch, a, wire):
    monkeypatch.setattr(line_solver, "FACTORED", 0)
    monkeypatch.setattr(line_solver, "_RTOL", 1e-10)
    grid, gate, matrix = _gated_system(a, **wire)
    r = np.random.default_rng(1).standard_normal(grid.free)
    by_lines = solve_step(grid, matrix, exact=False, gates=gate)(r)
    factored = solve_step(grid, matrix, exact=True)(r)
    assert_allclose(by_lines, factored, rtol=0, atol=1e-8 * np.abs(factored).max())


@pytest.mark.parametrize("line", ["bl", "wl"])
def test_arrays_in_lines_take_no_sparse_factor(monkeypatch, line):
    monkeypatch.setattr(line_solver, "FACTORED", 0)
    monkeypatch.setattr(line_solver, "factorize", None)
    grid, matrix, gate = *_system(1e-11), None
    if line == "wl":
        grid, gate, matrix = _gated_system(1e-11)
    r = np.ones(grid.free)
    found = solve_step(grid, matrix, exact=False, gates=gate)(r)
    assert_allclose(matrix[: grid.free, : grid.free] @ found, r, rtol=0, atol=2e-3 * np.abs(r).sum())
