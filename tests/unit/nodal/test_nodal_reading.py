import math
import warnings
from dataclasses import replace

import numpy as np
import pytest
from nodal_cells import SinhWithTransistor
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import nodal
from circuitsim.errors import CellErrorWarning, InputError, NotConvergedError, OutsideRangeError, UnbalancedWarning
from circuitsim.nodal import newton, sweep_batch
from circuitsim.nodal.grid import build_grid
from circuitsim.nodal.newton import solve_nodes
from circuitsim.nodal.surface import cell_law
from circuitsim.nodal.voltage_boxes import driven_box
from circuitsim.spec import WireGrid, parse_spec


def array_spec(rows, cols, **parts):
    data = {
        "schema": 1,
        "array": {"rows": rows, "cols": cols, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 2.0, "r_col": 3.0},
        "driver": {"v_read": 0.2},
    }
    for part, keys in parts.items():
        data[part] = {**data.get(part, {}), **keys}
    return parse_spec(data)


def reference(array, v_in, tol=1e-12):
    """The same array by Newton with a sparse factor and the surface itself."""
    given = np.hstack([v_in, np.full((len(v_in), array.wires.cols), array.spec.sense.v_ref)])

    def law(v_bl, v_sl):
        return cell_law(array.surface, array.g, v_bl, v_sl)[:3]

    found = solve_nodes(array.factored, law, given, tol=tol)
    return -found.i_terminal[:, array.wires.rows :]


def conductances(rows, cols, seed=0):
    return 10 ** np.random.default_rng(seed).uniform(-6, -4, (rows, cols))


ENDS = [(row, col) for row in ("left", "right", "both") for col in ("bottom", "top", "both")]


@pytest.mark.parametrize(("row_drive", "col_sense"), ENDS)
@pytest.mark.parametrize("nonlinear", [False, True])
def test_sweeps_agree_with_the_reference_for_every_wiring(row_drive, col_sense, nonlinear, sinh_surface):
    spec = array_spec(
        12, 17, wire={"row_drive": row_drive, "col_sense": col_sense}, driver={"r_out": 40.0}, sense={"r_in": 90.0}
    )
    array = nodal.prepare(spec, conductances(12, 17), sinh_surface if nonlinear else None)
    v_in = np.random.default_rng(1).uniform(0, 0.2, (5, 12))
    found = nodal.read(array, v_in, nodes=True, tol=1e-10)
    assert found.provenance.options["method"] == "sweep"
    expected = reference(array, v_in)
    assert_allclose(found.out, expected, rtol=1e-8, atol=0)
    assert found.convergence.residual.max() < 3e-9
    assert found.convergence.kirchhoff.max() < 1e-9
    assert_allclose(found.i_cell.sum(axis=1), found.out, rtol=1e-8, atol=0)
    assert_allclose(found.i_cell.sum(axis=2), found.i_row, rtol=1e-8, atol=0)
    assert_allclose(found.power, (v_in * found.i_row).sum(axis=1), rtol=1e-14, atol=0)


@pytest.mark.parametrize("shape", [(1, 1), (1, 6), (6, 1), (2, 3), (40, 7), (7, 40)])
def test_any_shape(shape, sinh_surface):
    array = nodal.prepare(array_spec(*shape), conductances(*shape), sinh_surface)
    v_in = np.random.default_rng(2).uniform(0, 0.2, (3, shape[0]))
    assert_allclose(nodal.read(array, v_in, tol=1e-10).out, reference(array, v_in), rtol=1e-8, atol=0)


def _stuck(rows, cols):
    g = conductances(rows, cols)
    stuck = np.random.default_rng(3).random((rows, cols))
    g[stuck < 0.01] = 0.0
    g[stuck > 0.99] = 1e-4
    return g


@pytest.mark.parametrize(
    ("name", "g", "v_in"),
    [
        ("all g_max", np.full((20, 16), 1e-4), np.full((1, 20), 0.2)),
        ("one row", conductances(20, 16), np.eye(20)[3:4] * 0.2),
        ("stuck", _stuck(20, 16), np.full((1, 20), 0.15)),
        (
            "an open row and column",
            np.where(np.add.outer(np.arange(20) == 2, np.arange(16) == 5), 0, 3e-5),
            np.full((1, 20), 0.1),
        ),
    ],
)
@pytest.mark.parametrize("r", [1.0, 50.0])
def test_corners(name, g, v_in, r, sinh_surface):
    array = nodal.prepare(array_spec(20, 16, wire={"r_row": r, "r_col": r}), g, sinh_surface)
    found, expected = nodal.read(array, v_in).out, reference(array, v_in)
    assert np.abs(found - expected).max() < 1e-8 * expected.max()


def test_zero_input_is_zero_current(sinh_surface):
    found = nodal.read(nodal.prepare(array_spec(6, 5), conductances(6, 5), sinh_surface), np.zeros((2, 6)))
    assert_array_equal(found.out, np.zeros((2, 5)))
    assert_array_equal(found.convergence.residual < 1e-9, True)


def test_negative_inputs(sinh_cell):
    surface = sinh_cell.surface(v_range=(-0.2, 0.2), degrees=(10, 16, 14))
    array = nodal.prepare(array_spec(16, 12, wire={"r_row": 9.0}), conductances(16, 12), surface, v_range=(-0.2, 0.2))
    v_in = np.random.default_rng(4).uniform(-0.2, 0.2, (4, 16))
    expected = reference(array, v_in)
    found = nodal.read(array, v_in)
    assert found.provenance.options["method"] == "sweep"
    assert np.abs(found.out - expected).max() < 1e-8 * np.abs(expected).max()


def test_reference_voltage(sinh_cell):
    """Raising every terminal leaves an ohmic array alone and moves a transistor's operating point."""
    surface = sinh_cell.surface(v_range=(0.0, 0.5), degrees=(10, 16, 12))
    spec = array_spec(8, 9, sense={"v_ref": 0.3, "r_in": 20.0}, driver={"v_read": 0.5})
    array = nodal.prepare(spec, conductances(8, 9), surface)
    v_in = np.random.default_rng(5).uniform(0.25, 0.5, (3, 8))
    found = nodal.read(array, v_in, nodes=True)
    expected = reference(array, v_in)
    assert np.abs(found.out - expected).max() < 1e-8 * np.abs(expected).max()
    assert found.v_col.min() > 0.29


def test_wires_that_differ_segment_by_segment(sinh_surface):
    rng = np.random.default_rng(6)
    grid = WireGrid(rng.uniform(1, 9, (10, 13)), rng.uniform(1, 9, (11, 12)), 25.0, 35.0)
    grid.r_row[4, 6] = np.inf  # a broken row: its right part is fed through the columns alone
    grid.r_col[7, 2] = np.inf
    array = nodal.prepare(array_spec(10, 12), conductances(10, 12), sinh_surface, wires=grid)
    v_in = rng.uniform(0, 0.2, (3, 10))
    assert_allclose(nodal.read(array, v_in, tol=1e-10).out, reference(array, v_in), rtol=1e-8, atol=0)


MERGED = [
    {"r_row": 0.0},
    {"r_col": 0.0},
    {"first_row_segment": False},
    {"last_col_segment": False, "col_sense": "both"},
    {"first_row_segment": False, "last_col_segment": False, "row_drive": "both"},
    {"r_row": 0.0, "row_drive": "right", "col_sense": "top", "last_col_segment": False},
]


@pytest.mark.parametrize("wire", MERGED)
@pytest.mark.parametrize("nonlinear", [False, True])
@pytest.mark.parametrize("r_end", [0.0, 30.0])
def test_segments_of_no_resistance(wire, nonlinear, r_end, sinh_surface):
    spec = array_spec(7, 6, wire=wire, driver={"r_out": r_end}, sense={"r_in": r_end})
    array = nodal.prepare(spec, conductances(7, 6), sinh_surface if nonlinear else None)
    v_in = np.random.default_rng(7).uniform(0, 0.2, (2, 7))
    found = nodal.read(array, v_in, nodes=True, tol=1e-10)
    assert found.provenance.options["method"] == "sweep"
    assert found.convergence.residual.max() <= 3e-9
    assert_allclose(found.out, reference(array, v_in), rtol=1e-8, atol=0)
    assert_allclose(found.i_row, found.i_cell.sum(axis=2), rtol=1e-8, atol=0)
    assert_allclose(found.out, found.i_cell.sum(axis=1), rtol=1e-8, atol=0)


def test_pairs_of_columns_on_one_row_node(sinh_surface):
    spec = array_spec(9, 10)
    wires = spec.wires
    wires.r_row[:, 1:-1:2] = 0.0
    array = nodal.prepare(spec, conductances(9, 10), sinh_surface, wires=wires)
    v_in = np.random.default_rng(7).uniform(0, 0.2, (3, 9))
    found = nodal.read(array, v_in, nodes=True, tol=1e-10)
    assert found.provenance.options["method"] == "sweep"
    assert_allclose(found.out, reference(array, v_in), rtol=1e-8, atol=0)
    assert_allclose(found.v_row[:, :, ::2], found.v_row[:, :, 1::2], rtol=1e-14, atol=0)


def test_without_any_wire_cells_add_up(sinh_cell, sinh_surface):
    g = conductances(7, 6)
    v_in = np.random.default_rng(7).uniform(0, 0.2, (2, 7))
    array = nodal.prepare(array_spec(7, 6, wire={"r_row": 0.0, "r_col": 0.0}), g, sinh_surface)
    found = nodal.read(array, v_in)
    assert_allclose(found.out, sinh_cell.current(g, v_in[:, :, None], 0.0).sum(axis=1), rtol=1e-8, atol=0)
    ohmic = nodal.prepare(array_spec(7, 6, wire={"r_row": 0.0, "r_col": 0.0}), g)
    assert_allclose(nodal.read(ohmic, v_in).out, v_in @ g, rtol=1e-12, atol=0)


def test_strong_nonlinearity():
    """Steep cells, 70 % drop: the chord is far off and the sweeps still settle."""
    cell = SinhWithTransistor(v0=0.05, g_t=1e-3)
    surface = cell.surface(degrees=(12, 24, 12))
    array = nodal.prepare(array_spec(32, 32, wire={"r_row": 20.0, "r_col": 20.0}), conductances(32, 32), surface)
    v_in = np.random.default_rng(8).uniform(0, 0.2, (3, 32))
    found, expected = nodal.read(array, v_in), reference(array, v_in)
    assert np.abs(found.out - expected).max() < 1e-8 * expected.max()


@pytest.mark.parametrize(("n", "r"), [(64, 20.0), (128, 5.0), (64, 500.0)])
def test_strong_drop_of_a_passive_array(n, r):
    g = conductances(n, n)
    array = nodal.prepare(array_spec(n, n, wire={"r_row": r, "r_col": r}), g)
    v_in = np.random.default_rng(9).uniform(0, 0.2, (2, n))
    found = nodal.read(array, v_in, tol=1e-10)
    expected = nodal.solve_linear(nodal.linear_array(array.wires, g), v_in).i_out
    assert np.abs(found.out - expected).max() < 1e-9 * expected.max()
    assert found.convergence.residual.max() < 1e-10


# Equal cells and inputs, one segment at each end: relative error of first and last column and mean.
EQUAL = [
    (64, 10e3, 2.5, 0.254410134459, 0.471201549348, 0.399633905576),
    (128, 10e3, 2.5, 0.531391134794, 0.790059999151, 0.709703149996),
    (64, 100e3, 2.5, 0.034988906789, 0.080168117993, 0.064921423284),
    (256, 100e3, 1.0, 0.175560572762, 0.357857469047, 0.297940412446),
    (512, 100e3, 1.0, 0.431035818054, 0.699133764728, 0.614439810605),
]


@pytest.mark.parametrize(("n", "cell", "r", "first", "last", "mean"), EQUAL)
def test_closed_form_of_equal_cells(n, cell, r, first, last, mean):
    array = nodal.prepare(array_spec(n, n, wire={"r_row": r, "r_col": r}), np.full((n, n), 1 / cell))
    drop = 1 - nodal.read(array, np.full((1, n), 0.2), tol=1e-12).out[0] / (n * 0.2 / cell)
    # The table has twelve digits.
    assert_allclose([drop[0], drop[-1], drop.mean()], [first, last, mean], rtol=1e-10, atol=0)


def equal_cells(rows, cols, cell, r_row, r_col, v):
    """Column currents of equal cells under equal inputs, by separation of variables."""
    p, q = np.arange(1, cols + 1), np.arange(1, rows + 1)
    alpha = 2 - 2 * np.cos((2 * p - 1) * np.pi / (2 * cols + 1))
    beta = 2 - 2 * np.cos((2 * q - 1) * np.pi / (2 * rows + 1))
    a, c = r_row / cell, r_col / cell
    along_row = 2 / np.sqrt(2 * cols + 1) * np.sin(np.outer(2 * p - 1, p) * np.pi / (2 * cols + 1))
    along_col = 2 / np.sqrt(2 * rows + 1) * np.cos(np.outer(2 * q - 1, q - 0.5) * np.pi / (2 * rows + 1))
    drive = along_col.sum(axis=1)[:, None] * v * along_row[:, 0]
    row_part = drive * (beta[:, None] + c) / ((alpha + a) * (beta[:, None] + c) - a * c)
    v_col = along_col.T @ (c * row_part / (beta[:, None] + c)) @ along_row
    return v_col[-1] / r_col


@pytest.mark.parametrize(("rows", "cols", "r_row", "r_col"), [(8, 5, 1.0, 4.0), (96, 160, 2.0, 0.5)])
def test_closed_form_of_rectangles_with_unequal_wires(rows, cols, r_row, r_col):
    array = nodal.prepare(array_spec(rows, cols, wire={"r_row": r_row, "r_col": r_col}), np.full((rows, cols), 1e-4))
    found = nodal.read(array, np.full((1, rows), 0.2), tol=1e-12)
    assert_allclose(found.out[0], equal_cells(rows, cols, 1e4, r_row, r_col, 0.2), rtol=1e-10, atol=0)


@pytest.mark.parametrize("shape", [(20, 33), (33, 20)])
def test_effective_matrix_is_the_linear_array(shape):
    spec = array_spec(*shape, driver={"r_out": 50.0})
    array = nodal.prepare(spec, conductances(*shape))
    w = nodal.effective_matrix(array)
    expected = nodal.transfer(spec.wires, array.g).w
    assert np.abs(w - expected).max() < 1e-11 * expected.max()
    v_in = np.random.default_rng(10).uniform(-0.2, 0.2, (3, shape[0]))
    out = nodal.read(array, v_in, tol=1e-12).out
    assert np.abs(v_in @ w - out).max() < 1e-10 * np.abs(out).max()


def test_effective_matrix_of_a_nonlinear_array_is_its_limit_of_small_inputs(sinh_surface):
    array = nodal.prepare(array_spec(9, 8), conductances(9, 8), sinh_surface)
    v_in = np.full((1, 9), 1e-4)
    found = nodal.read(array, v_in, tol=1e-12).out
    assert_allclose(v_in @ nodal.effective_matrix(array), found, rtol=1e-4, atol=0)  # the next order is v/v0


def test_effective_matrix_is_swept_where_the_sweeps_settle(monkeypatch, sinh_surface):
    """No sparse factor is made for it, which costs more."""
    monkeypatch.setattr(nodal.reading, "linear_array", None)
    array = nodal.prepare(array_spec(9, 8), conductances(9, 8), sinh_surface)
    assert nodal.effective_matrix(array).shape == (9, 8)


def test_threads_do_not_change_a_bit(sinh_surface):
    array = nodal.prepare(array_spec(24, 20), conductances(24, 20), sinh_surface)
    v_in = np.random.default_rng(11).uniform(0, 0.2, (50, 24))
    one, two = nodal.read(array, v_in, nodes=True), nodal.read(array, v_in, nodes=True, threads=3)
    for name in ("out", "i_row", "v_row", "v_col", "i_cell"):
        assert_array_equal(getattr(one, name), getattr(two, name))


def test_a_vector_that_sweeps_leave_is_solved_by_the_reference(monkeypatch, sinh_surface):
    monkeypatch.setattr(nodal.bit_lines, "MOST_PASSES", 2)
    array = nodal.prepare(array_spec(12, 17), conductances(12, 17), sinh_surface)
    v_in = np.vstack([np.random.default_rng(12).uniform(0, 0.2, (20, 12)), np.zeros((12, 12))])
    found = nodal.read(array, v_in, nodes=True)
    assert_allclose(found.out[:20], reference(array, v_in[:20]), rtol=1e-8, atol=0)
    assert found.convergence.residual.max() < 3e-9


def test_the_method_of_vectors_that_sweeps_leave_is_said(monkeypatch, sinh_surface):
    """Sixteen vectors of zeros fill a block of their own, which one pass solves."""
    monkeypatch.setattr(nodal.bit_lines, "MOST_PASSES", 2)
    array = nodal.prepare(array_spec(12, 17), conductances(12, 17), sinh_surface)
    v_in = np.vstack([np.zeros((16, 12)), np.random.default_rng(12).uniform(0, 0.2, (5, 12))])
    found = nodal.read(array, v_in)
    assert found.provenance.options["method"] == "sweep, newton for 5 of 21 vectors"
    assert_allclose(found.out, reference(array, v_in), rtol=1e-8, atol=0)


def test_the_error_of_the_cells_fit_is_part_of_the_residual():
    """A coarse surface is refitted coarsely: what its cells would leave unbalanced at the solution must be stated."""
    steep = SinhWithTransistor(v0=0.05, g_t=1e-3).surface(degrees=(12, 24, 12))
    array = nodal.prepare(array_spec(10, 9), conductances(10, 9), replace(steep, bound=1e-4))
    v_in = np.random.default_rng(14).uniform(0, 0.2, (4, 10))
    with pytest.warns(CellErrorWarning, match="outputs may be off by"):
        found = nodal.read(array, v_in, nodes=True)
    assert found.provenance.options["method"] == "sweep"
    off = np.abs(found.i_cell - nodal.cell_current(array.surface, array.g, found.v_row, found.v_col)).max(axis=(1, 2))
    largest = np.maximum(np.abs(found.i_row).max(axis=1), np.abs(found.out).max(axis=1))
    assert np.all(off > 1e-7 * largest)  # a hundred times the tolerance of the sweeps
    assert np.all(found.convergence.residual >= off / largest)


@pytest.mark.parametrize("shape", [(24, 5), (5, 24)])
def test_the_residual_is_relative_to_the_largest_terminal_current(shape):
    """Kirchhoff's law written down node by node, once where a column and once where a row carries most."""
    array = nodal.prepare(array_spec(*shape, wire={"r_row": 20.0, "r_col": 30.0}), conductances(*shape))
    v_in = np.random.default_rng(15).uniform(0, 0.2, (4, shape[0]))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnbalancedWarning)  # the large tol is what is tested
        found = nodal.read(array, v_in, nodes=True, tol=1e-3)
    grid = build_grid(array.wires)
    v = np.zeros((4, grid.nodes))
    v[:, grid.row_node], v[:, grid.col_node] = found.v_row, found.v_col
    v[:, grid.free : grid.free + shape[0]] = v_in
    unbalanced = np.abs((grid.wires @ v.T).T + grid.inject(found.i_cell))[:, : grid.free].max(axis=1)
    i_row, i_out = np.abs(found.i_row).max(axis=1), np.abs(found.out).max(axis=1)
    assert np.all((i_row > i_out) == (shape == (5, 24)))
    assert found.convergence.residual.max() > 1e-8  # far above rounding
    assert_allclose(found.convergence.residual, unbalanced / np.maximum(i_row, i_out), rtol=1e-4, atol=0)


@pytest.mark.parametrize("r", [20.0, 200.0])
@pytest.mark.parametrize("nonlinear", [False, True])
def test_all_nodes_together_miss_no_more_than_the_tolerance(r, nonlinear, sinh_surface):
    """Rows that err alike add up: each node may be within the tolerance, and the array ten times beyond it."""
    spec = array_spec(32, 24, wire={"r_row": r, "r_col": r})
    array = nodal.prepare(spec, np.full((32, 24), 3e-5), sinh_surface if nonlinear else None)
    v_in = np.random.default_rng(0).uniform(0, 0.2, (16, 32))
    for tol in (1e-1, 1e-2, 1e-3, 1e-4):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnbalancedWarning)  # the large tol is what is tested
            found = nodal.read(array, v_in, nodes=True, tol=tol)
        assert found.convergence.kirchhoff.max() <= tol and found.convergence.residual.max() <= tol


def test_inputs_beyond_the_prepared_range_are_read_all_the_same(sinh_cell):
    surface = sinh_cell.surface(v_range=(-0.1, 0.4), degrees=(10, 20, 14))
    array = nodal.prepare(array_spec(8, 7), conductances(8, 7), surface)
    v_in = np.random.default_rng(13).uniform(-0.1, 0.4, (2, 8))
    expected = reference(array, v_in)
    assert np.abs(nodal.read(array, v_in).out - expected).max() < 1e-8 * np.abs(expected).max()


def test_newtons_method_shortens_a_step_that_would_make_it_worse():
    """A cell that saturates above 5 mV behind large resistors: full steps jump from one side of it to the other."""
    v, v0, i_max = 0.2, 0.005, 1e-6
    r = 0.2 / (2 * 0.785 * i_max)  # leaves the cell a few millivolts
    wires = WireGrid(np.array([[0.0, np.inf]]), np.array([[np.inf], [0.0]]), r, r)
    chord = nodal.linear_array(wires, np.array([[i_max / v]]))

    def law(v_bl, v_sl):
        u = (v_bl - v_sl) / v0
        slope = i_max / v0 / (1 + u**2)
        return i_max * np.arctan(u), slope, -slope

    found = solve_nodes(chord, law, np.array([[v, 0.0]]), tol=1e-10)
    u = v - 2 * r * found.i_terminal[0, 0]
    assert_allclose(found.i_terminal[0, 0], i_max * np.arctan(u / v0), rtol=1e-9, atol=0)


def test_newtons_method_takes_whole_steps_where_they_help(monkeypatch):
    """A cell that rises exponentially: as many steps as of its one equation, F(u) = i(u) − (v − u)/2r, by hand."""
    monkeypatch.setattr(newton, "_CHORD_ITERATIONS", 0)
    v, v0, i_0, r, g, tol = 0.2, 0.02, 1e-9, 3e5, 1e-9, 1e-9
    wires = WireGrid(np.array([[0.0, np.inf]]), np.array([[np.inf], [0.0]]), r, r)

    def law(v_bl, v_sl):
        u = (v_bl - v_sl) / v0
        slope = i_0 / v0 * np.exp(u)
        return i_0 * np.expm1(u), slope, -slope

    u, steps = v / (1 + 2 * r * g), 0  # of the chord
    while abs(left := i_0 * np.expm1(u / v0) - (v - u) / (2 * r)) > tol * (v - u) / (2 * r):
        u, steps = u - left / (i_0 / v0 * np.exp(u / v0) + 1 / (2 * r)), steps + 1
    found = solve_nodes(nodal.linear_array(wires, np.array([[g]])), law, np.array([[v, 0.0]]), tol=tol)
    assert steps > 5 and found.iterations[0] == 1 + steps
    assert_allclose(found.i_terminal[0, 0], (v - u) / (2 * r), rtol=1e-12, atol=0)


def test_cells_that_bend_little_are_solved_with_the_factor_of_their_chords(monkeypatch, sinh_surface):
    monkeypatch.setattr(newton, "factorize", None)
    array = nodal.prepare(array_spec(6, 5), conductances(6, 5), sinh_surface)
    v_in = np.random.default_rng(16).uniform(0, 0.2, (3, 6))
    assert_allclose(reference(array, v_in, tol=1e-9), nodal.read(array, v_in).out, rtol=1e-7, atol=0)


def test_an_array_of_its_chord_conductances_takes_one_solve():
    array = nodal.prepare(array_spec(6, 5, driver={"r_out": 40.0}), conductances(6, 5))
    given = np.hstack([np.random.default_rng(16).uniform(0, 0.2, (3, 6)), np.zeros((3, 5))])

    def law(v_bl, v_sl):
        return array.g * (v_bl - v_sl), array.g, -array.g

    assert_array_equal(solve_nodes(array.factored, law, given, tol=1e-9).iterations, 1)


@pytest.mark.parametrize("v_ref", [0.0, 0.1])
def test_cells_are_linear_about_three_quarters_of_the_largest_input(v_ref, sinh_cell):
    """Between the slopes of a cell that bends: at rest, and at full scale."""
    surface = sinh_cell.surface(v_range=(0.0, 0.3), degrees=(10, 16, 12))
    array = nodal.prepare(array_spec(3, 4, sense={"v_ref": v_ref}), conductances(3, 4), surface)
    chord = sinh_cell.current(array.g, v_ref + 0.15, v_ref) / 0.15
    assert_allclose(array.chord_conductance, chord, rtol=1e-7, atol=0)


@pytest.mark.parametrize(("rows", "method"), [(362, "matrix"), (363, "sweep")])
def test_an_ohmic_array_is_a_matrix_as_long_as_that_is_cheap(rows, method):
    """Beyond rows² · cols = 256³ its columns cost more than a few hundred reads."""
    array = nodal.prepare(array_spec(rows, 128), np.full((rows, 128), 1e-6))
    assert nodal.read(array, np.full((1, rows), 0.2)).provenance.options["method"] == method


def test_the_matrix_of_an_array_without_wires_misses_its_rounding():
    """Nothing iterates: four roundings of a node's whole conductance at each volt."""
    array = nodal.prepare(array_spec(3, 2, wire={"r_row": 0.0, "r_col": 0.0}), np.full((3, 2), 1e-5))
    found = nodal.read(array, np.full((1, 3), 0.2))
    assert found.convergence.residual[0] == pytest.approx(3 * 4 * 2.0**-52 * 0.2 * 3e-5 / found.out.max(), abs=0)
    assert found.convergence.iterations[0] == 1


@pytest.mark.parametrize(("r", "reach"), [(5.0, 0.146), (400.0, 1.0)])
def test_cells_are_fitted_over_the_voltages_that_columns_reach(r, reach, sinh_surface):
    """A quarter more than all inputs at full scale and chord conductances give, rounded up, at most the inputs."""
    spec = array_spec(24, 6, wire={"r_row": r, "r_col": r})
    array = nodal.prepare(spec, np.full((24, 6), 1e-4), sinh_surface)
    top = nodal.solve_linear(array.factored, np.ones((1, 24))).v_col.max()
    assert min(1.25 * top, 1.0) == pytest.approx(reach, rel=0.05)
    box = driven_box(array.column_response, 0.05, 0.2)
    assert (box.v_low, box.v_high, box.w_low) == (0.0, 0.2, 0.0)
    assert 0.999 * min(1.25 * top, 1.0) < box.w_high / 0.2 < 1.1 * min(1.25 * top, 1.0) and box.w_high <= 0.2
    assert 8 * math.log2(box.w_high / 0.2) == pytest.approx(round(8 * math.log2(box.w_high / 0.2)), abs=1e-9)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_range_of_column_voltages_includes_the_reference(sign):
    array = nodal.prepare(array_spec(6, 5, wire={"r_col": 50.0}), conductances(6, 5))
    drive = sign * np.random.default_rng(17).uniform(0.1, 0.2, (3, 6))
    swept = sweep_batch(array.plan, drive, tol=1e-9, most=50, nodes=True)
    assert (swept.w_low, swept.w_high) == (min(swept.v_col.min(), 0.0), max(swept.v_col.max(), 0.0))
    assert swept.w_low < -1e-4 or swept.w_high > 1e-4


def test_a_cell_outside_its_surface_is_named(sinh_surface):
    array = nodal.prepare(array_spec(4, 3), conductances(4, 3), sinh_surface)
    v_in = np.full((2, 4), 0.1)
    v_in[1, 2] = 0.25
    with pytest.raises(OutsideRangeError, match=r"vector 1, cell \[2, 0\]: v_bl = 0\.2\d+ V, .* 0.2 V"):
        nodal.read(array, v_in)


def test_a_surface_that_does_not_rise_is_refused(sinh_surface):
    bad = replace(sinh_surface, forward=sinh_surface.forward - 1.0)
    with pytest.raises(InputError, match="does not rise with its voltage at g = 1e-06 S"):
        nodal.prepare(array_spec(2, 2), np.full((2, 2), 1e-5), bad)


def test_no_convergence_says_how_far_where_and_what_to_try(monkeypatch, sinh_surface):
    monkeypatch.setattr(nodal.bit_lines, "MOST_PASSES", 1)
    monkeypatch.setattr(newton, "_CHORD_ITERATIONS", 0)
    monkeypatch.setattr(newton, "_NEWTON_ITERATIONS", 1)
    array = nodal.prepare(array_spec(5, 4, wire={"r_col": 0.0, "r_row": 900.0}), np.full((5, 4), 1e-4), sinh_surface)
    message = r"vector 0 did not balance: .* A \(.* expected 1e-16\) is left at the row wire of cell \[\d, \d\]; try"
    with pytest.raises(NotConvergedError, match=message):
        nodal.read(array, np.full((1, 5), 0.2), tol=1e-16)


def test_bad_input_is_named(sinh_surface):
    spec = array_spec(3, 2)
    with pytest.raises(InputError, match="needs a characterized cell"):
        nodal.prepare(
            spec.replace(array={"cell": "1t1r"}, access={"model": "nmos_130", "w": 1e-6, "l": 1e-7, "v_gate": 1.0}),
            np.full((3, 2), 1e-5),
        )
    with pytest.raises(InputError, match=r"g has shape \(2, 3\)"):
        nodal.prepare(spec, np.full((2, 3), 1e-5))
    with pytest.raises(InputError, match="wires are for 4 x 4 cells: expected 3 x 2"):
        nodal.prepare(spec, np.full((3, 2), 1e-5), wires=array_spec(4, 4).wires)
    array = nodal.prepare(spec, np.full((3, 2), 1e-5), sinh_surface)
    with pytest.raises(InputError, match=r"x has shape \(3,\)"):
        nodal.read(array, np.zeros(3))
    with pytest.raises(InputError, match="nan"):
        nodal.read(array, np.full((1, 3), np.nan))
