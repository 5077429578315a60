"""The sweeps as an iteration of matrices: its rates and modes from dense equations, and what each pass leaves."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import UnbalancedWarning
from circuitsim.nodal.blocks import sweep_batch
from circuitsim.nodal.grid import end_resistances
from circuitsim.nodal.lanes import WIDTH
from circuitsim.nodal.modes import mode_room, mode_starts, swept_wires
from circuitsim.nodal.plan_kernels import MODES, PER_CELL, Z, factor_lines, find_modes
from circuitsim.spec import parse_spec


def prepared(r, g=None, *, rows=9, cols=12, **wire):
    """An ohmic array, of equal cells of 30 uS where g is left out."""
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": r, "r_col": r, **wire},
            "driver": {"v_read": 0.2},
        }
    )
    return nodal.prepare(spec, np.full(spec.shape, 3e-5) if g is None else g)


def conductances(rows=9, cols=12):
    return 10 ** np.random.default_rng(0).uniform(-6, -4, (rows, cols))


def inputs(array):
    return np.random.default_rng(1).uniform(0, 0.2, (4, array.wires.rows))


def lines(r, cells, g):
    """Wires of segments r (lines, n + 1) [ohm] through cells (lines, n), g on the diagonal: (cells, cells) [S]."""
    matrix = np.diag(g.ravel())
    for segments, line in zip(1 / r, cells, strict=True):
        matrix[line, line] += segments[:-1] + segments[1:]
        matrix[line[:-1], line[1:]] -= segments[1:-1]
        matrix[line[1:], line[:-1]] -= segments[1:-1]
    return matrix


def dense(array):
    """T_r and T_c [S], see `sweep`, and the matrix by which a pass multiplies the error of the column voltages."""
    r_row, r_col = (np.maximum(r, 1e-9) for r in end_resistances(array.wires))  # 0 ohm is beyond dense equations
    cells = np.arange(array.g.size).reshape(array.g.shape)
    t_row, t_col = lines(r_row, cells, array.g), lines(r_col.T, cells.T, array.g)
    g = np.diag(array.g.ravel())
    return t_row, t_col, np.linalg.solve(t_col, g @ np.linalg.solve(t_row, g))


def rates(array):
    return np.sort(np.linalg.eigvals(dense(array)[2]).real)[::-1]


ENDS = [{}, {"row_drive": "both", "col_sense": "both"}, {"row_drive": "right", "col_sense": "top"}]
SLOW, FAST = 500.0, 20.0  # ohm: the slowest mode keeps a sixth of its error in a pass, and a thousandth


@pytest.mark.parametrize("wire", [*ENDS, {"row_drive": "both"}, {"col_sense": "top"}])
def test_the_slowest_modes_of_equal_cells_are_removed(wire):
    array = prepared(SLOW, **wire)
    expected = rates(array)
    assert_allclose(array.plan.rates, expected[:4], rtol=1e-9, atol=0)
    assert_allclose(array.plan.slowest, expected[4], rtol=1e-9, atol=0)


@pytest.mark.parametrize("wire", [{}, {"first_row_segment": False}, {"col_sense": "both", "row_drive": "right"}])
def test_the_slowest_modes_of_unequal_cells_are_removed(wire):
    array = prepared(SLOW, conductances(), **wire)
    z = array.plan.z.reshape(array.g.size, -1)
    _, t_col, iteration = dense(array)
    expected = np.sort(np.linalg.eigvals(iteration).real)[::-1]
    # Two rounds of subspace iteration: rates err by the square of what their modes err by.
    assert_allclose(array.plan.rates, expected[:4], rtol=1e-3, atol=0)
    assert_allclose(array.plan.slowest, expected[4], rtol=2e-2, atol=0)
    assert_allclose(z.T @ t_col @ z, np.eye(4), rtol=0, atol=1e-9)
    assert np.abs(iteration @ z - z * array.plan.rates).max() < 0.02 * np.abs(z * array.plan.rates).max()


@pytest.mark.parametrize("wire", ENDS)
def test_without_slow_modes_none_is_removed(wire):
    array = prepared(FAST, **wire)
    assert len(array.plan.z) == 0
    assert_allclose(array.plan.slowest, rates(array)[0], rtol=1e-9, atol=0)


@pytest.mark.parametrize("r", [SLOW, FAST])
@pytest.mark.parametrize("tol", [1e-3, 1e-6, 1e-9])
def test_an_ohmic_array_takes_the_passes_of_its_slowest_mode_left(r, tol):
    """Each pass leaves the rate of that mode; a quarter of tol is aimed at."""
    array = prepared(r)
    slowest = rates(array)[4 if r == SLOW else 0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnbalancedWarning)  # of a large tol
        found = nodal.read(array, inputs(array), nodes=True, tol=tol)
    assert np.all(found.convergence.iterations == np.ceil(np.log(tol / 4) / np.log(slowest)))
    assert found.convergence.residual.max() <= tol


@pytest.mark.parametrize("passes", [1, 2, 3])
@pytest.mark.parametrize("wire", ENDS)
def test_a_pass_leaves_nothing_of_the_modes_and_little_of_the_rest(passes, wire):
    array = prepared(SLOW, **wire)
    v_in = inputs(array)
    exact = nodal.solve_linear(array.factored, v_in).v_col.reshape(len(v_in), -1)
    swept = sweep_batch(array.plan, v_in, tol=1e-15, most=passes, nodes=True)
    assert np.all(swept.passes == -passes)
    error = swept.v_col.reshape(len(v_in), -1) - exact
    t_col, z = dense(array)[1], array.plan.z.reshape(array.g.size, -1)
    start = np.sqrt(np.einsum("bi,ij,bj->b", exact, t_col, exact))
    assert np.abs(error @ t_col @ z).max() < 1e-9 * start.min()
    left = np.sqrt(np.einsum("bi,ij,bj->b", error, t_col, error))
    assert np.all(left <= 1.001 * array.plan.slowest**passes * start)
    assert np.all(left > 1e-3 * array.plan.slowest**passes * start)


HELD = [
    {"first_row_segment": False},
    {"first_row_segment": False, "row_drive": "right"},
    {"first_row_segment": False, "row_drive": "both"},
    {"last_col_segment": False, "col_sense": "top"},
    {"last_col_segment": False, "col_sense": "both", "first_row_segment": False, "row_drive": "both"},
    {"r_row": 0.0},
    {"r_row": 0.0, "row_drive": "right"},
    {"r_row": 0.0, "row_drive": "both"},
    {"r_col": 0.0},
]


@pytest.mark.parametrize("wire", HELD)
@pytest.mark.parametrize("some", [False, True])
def test_sweeps_balance_where_terminals_hold_a_node(wire, some):
    """Terminals without resistance next to cells, at every row or at every second one at each end."""
    array = prepared(FAST, conductances(), **wire)
    if some:
        wires = array.spec.wires
        wires.r_row[::2, 0], wires.r_row[1::2, -1] = FAST, FAST
        array = nodal.prepare(array.spec, array.g, wires=wires)
    swept = sweep_batch(array.plan, inputs(array), tol=1e-10, most=40)
    assert np.all(swept.passes > 0)
    expected = nodal.solve_linear(array.factored, inputs(array))
    assert_allclose(swept.i_out, expected.i_out, rtol=1e-9, atol=0)
    assert_allclose(swept.i_row, expected.i_row, rtol=1e-9, atol=0)


@pytest.mark.parametrize("line", ["row", "column"])
def test_a_piece_of_wire_without_any_neighbour_rules_sweeps_out(line):
    """Broken on both sides, with an open cell: nothing determines its voltage, and nothing depends on it."""
    array = prepared(FAST, conductances())
    wires, g = array.spec.wires, array.g.copy()
    g[4, 5] = 0.0
    if line == "row":
        wires.r_row[4, 5:7] = np.inf
    else:
        wires.r_col[4:6, 5] = np.inf
    broken = nodal.prepare(array.spec, g, wires=wires)
    assert broken.plan is None
    found = nodal.read(broken, inputs(array))
    expected = nodal.solve_linear(nodal.linear_array(wires, g), inputs(array))
    assert_allclose(found.out, expected.i_out, rtol=1e-9, atol=0)


def test_a_read_closer_than_its_matrix_is_swept():
    array = prepared(FAST, conductances())
    methods = [nodal.read(array, inputs(array), tol=tol).provenance.options["method"] for tol in (1e-12, 9e-13)]
    assert methods == ["matrix", "sweep"]


@pytest.mark.parametrize("held", [np.nan, np.inf, 1e300])
def test_modes_do_not_depend_on_what_memory_held(held):
    array = prepared(SLOW, conductances())
    wires = swept_wires(*end_resistances(array.wires))
    assert wires is not None
    g, cells = array.chord_conductance, array.g.size
    down, up = np.full((2, cells * PER_CELL), held)
    assert factor_lines(*g.shape, wires.g_row, wires.g_col, g.ravel(), np.full(g.shape[1], held), down, up)
    more, rates, room = np.full(cells * (MODES - 1), held), np.zeros(MODES), mode_room(cells, WIDTH)
    for part in room:
        part[:] = held
    start = mode_starts(wires, g[None]).places[0]
    slowest = find_modes((0.0,) * WIDTH, wires, down, up, start, MODES, room, more, rates)
    assert slowest == array.plan.slowest and np.array_equal(rates, array.plan.rates)
    assert np.array_equal(down, array.plan.down) and np.array_equal(up, array.plan.up)
    assert np.array_equal(np.abs(down[Z::PER_CELL]), np.abs(array.plan.z[:, 0]))
