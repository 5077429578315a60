"""Columns between two lines: Newton's method on blocks of them, against the reference solver."""

from dataclasses import replace

import numpy as np
import pytest
from nodal_cells import SinhWithTransistor
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim import nodal
from circuitsim.nodal.column_plan import FLOOR, MARGIN, plan_columns
from circuitsim.nodal.gate_cells import GateBox, fit_gate_cells
from circuitsim.nodal.gated_columns import MOST_STEPS, solve_columns
from circuitsim.nodal.gated_reading import read_gates
from circuitsim.spec import parse_spec

ROWS, COLS = 9, 19  # one block and a part of another


def wl_spec(rows=ROWS, cols=COLS, v_ref=0.0, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1t1r", "input_line": "wl"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.2},
            "wire": {"r_row": 1.0, "r_col": 20.0, "r_bl": 20.0, **wire},
            "driver": {"v_read": 0.2},
            "sense": {"v_ref": v_ref},
        }
    )


def conductances(spec, seed=0):
    rng = np.random.default_rng(seed)
    g = 10 ** rng.uniform(-6, -4, spec.shape)
    g[rng.random(spec.shape) < 0.1] = 0.0
    return g


def selections(spec, batch=4, seed=1):
    x = (np.random.default_rng(seed).random((batch, spec.array.rows)) < 0.5).astype(float)
    x[0] = 1.0
    return x


def by_reference(array, x):
    """The same array without its columns, so that the reference solver reads it."""
    plain = replace(array)
    object.__setattr__(plain, "columns", None)
    return read_gates(plain, x, nodes=True, tol=1e-13, threads=1)


def compare(array, x):
    found, expected = nodal.read(array, x, nodes=True, tol=1e-12), by_reference(array, x)
    assert found.provenance.options["method"] == "columns"
    assert expected.provenance.options["method"] == "newton"
    allowed = 2 * array.columns.error  # of one cell, by its polynomial
    assert allowed < 3e-9 * array.on.i_max
    assert_allclose(found.out, expected.out, rtol=1e-10, atol=len(array.g) * allowed)
    assert_allclose(found.v_row, expected.v_row, rtol=0, atol=1e-9)
    assert_allclose(found.v_col, expected.v_col, rtol=0, atol=1e-9)
    assert_allclose(found.i_cell, expected.i_cell, rtol=1e-9, atol=len(array.g) * allowed)
    assert_allclose(found.power, expected.power, rtol=1e-8, atol=0)
    assert found.convergence.residual.max() < 1e-8
    return found


@pytest.fixture(scope="session")
def leak():
    """A cell whose gate is off and conducts a hundredth of its programmed conductance's current."""
    return nodal.ohmic((1e-6, 1e-4), (0.0, 0.4), r_series=1e6)


@pytest.mark.parametrize("col_drive", ["top", "bottom", "both"])
@pytest.mark.parametrize("col_sense", ["top", "bottom", "both"])
def test_all_ends_against_the_reference(sinh_surface, leak, col_drive, col_sense):
    spec = wl_spec(col_drive=col_drive, col_sense=col_sense)
    spec = spec.replace(driver={"r_out": 50.0}, sense={"r_in": 30.0})
    compare(nodal.prepare(spec, conductances(spec), sinh_surface, off=leak), selections(spec))


@pytest.mark.parametrize("which", ["bl", "col", "last", "some", "all"])
def test_segments_without_resistance_are_exact(sinh_surface, which):
    spec = wl_spec(col_drive="top", col_sense="bottom")
    wires = spec.wires
    r_bl, r_col = wires.r_bl.copy(), wires.r_col.copy()
    if which in ("bl", "all"):
        r_bl[:] = 0.0
    if which in ("col", "all"):
        r_col[:] = 0.0
    if which == "last":
        r_col[-1] = 0.0
    if which == "some":
        r_bl[[0, 3, 4]] = 0.0
        r_col[[2, 5, -1]] = 0.0
    for r, end in ((r_bl, -1), (r_col, 0)):
        r[end] = np.inf
    array = nodal.prepare(spec, conductances(spec), sinh_surface, wires=replace(wires, r_bl=r_bl, r_col=r_col))
    compare(array, selections(spec))


def test_wires_that_differ_from_segment_to_segment(sinh_surface, leak):
    spec = wl_spec()
    rng = np.random.default_rng(5)
    r_bl, r_col = rng.uniform(5, 60, (2, ROWS + 1, COLS))
    wires = replace(spec.wires, r_bl=r_bl, r_col=r_col)
    compare(nodal.prepare(spec, conductances(spec), sinh_surface, off=leak, wires=wires), selections(spec))


def test_a_raised_reference(sinh_cell):
    spec = wl_spec(v_ref=0.1)
    array = nodal.prepare(spec, conductances(spec), sinh_cell.surface(v_range=(0.0, 0.3)))
    compare(array, selections(spec))


def test_a_long_column_that_loses_nearly_all_its_voltage(sinh_surface):
    """Shooting down such a column would lose every digit: the far cells see a thousandth of the bias."""
    spec = wl_spec(rows=256, cols=3, r_bl=10.0, r_col=10.0, col_drive="top", col_sense="bottom")
    array = nodal.prepare(spec, np.full(spec.shape, 1e-4), sinh_surface)
    found = compare(array, np.ones((1, 256)))
    assert found.out.max() < 0.1 * 256 * 2e-5
    assert found.convergence.iterations.max() <= 6


def test_a_wire_that_is_interrupted_is_left_to_the_reference(sinh_surface):
    spec = wl_spec(col_drive="both", col_sense="both")
    r_bl = spec.wires.r_bl.copy()
    r_bl[4, 2] = np.inf
    x = selections(spec)
    array = nodal.prepare(spec, conductances(spec), sinh_surface, wires=replace(spec.wires, r_bl=r_bl))
    found = nodal.read(array, x)
    assert found.provenance.options["method"] == "newton"
    whole = nodal.read(nodal.prepare(spec, conductances(spec), sinh_surface), x)
    assert_allclose(np.delete(found.out, 2, 1), np.delete(whole.out, 2, 1), rtol=1e-7, atol=0)
    assert np.all(found.out[0, 2] < whole.out[0, 2])


def test_voltages_outside_the_box_are_solved_in_a_wider_one(sinh_surface, monkeypatch):
    """A plan made for small drops says that its polynomials do not reach; the read then uses a wider plan."""
    spec = wl_spec(r_bl=200.0, r_col=200.0)
    g, x = np.full(spec.shape, 1e-4), np.ones((1, ROWS))
    array = nodal.prepare(spec, g, sinh_surface)
    monkeypatch.setattr("circuitsim.nodal.column_plan.MARGIN", 0.2)
    narrow = plan_columns((None, sinh_surface), g, spec.wires, 0.0, 0.2)
    assert not solve_columns(narrow, x.astype(int), tol=1e-10, nodes=False, threads=1).settled[0]
    expected = nodal.read(array, x).out
    object.__setattr__(array, "columns", narrow)
    found = nodal.read(array, x)
    assert found.provenance.options["method"] == "columns"
    assert_allclose(found.out, expected, rtol=1e-8, atol=0)


def test_a_vector_that_does_not_settle_is_left_to_the_reference(sinh_surface, monkeypatch):
    spec = wl_spec(r_bl=200.0, r_col=200.0)
    array = nodal.prepare(spec, np.full(spec.shape, 1e-4), sinh_surface)
    x = np.vstack([np.zeros(ROWS), np.ones(ROWS)])
    expected = nodal.read(array, x)
    monkeypatch.setattr("circuitsim.nodal.gated_columns.MOST_STEPS", 1)
    found = nodal.read(array, x)
    assert found.provenance.options["method"] == "columns, newton for 1 of 2 vectors"
    assert_allclose(found.out, expected.out, rtol=1e-8, atol=1e-18)


def test_threads_and_neighbours_change_no_bit(sinh_surface, leak):
    spec = wl_spec()
    array, x = nodal.prepare(spec, conductances(spec), sinh_surface, off=leak), selections(spec)
    found = nodal.read(array, x)
    assert_array_equal(nodal.read(array, x, threads=3).out, found.out)
    assert_array_equal(nodal.read(array, x[2:3]).out, found.out[2:3])
    assert found.convergence.iterations.max() <= MOST_STEPS


def test_columns_without_current(sinh_surface):
    """No selected row and no leak; open cells alone; a single row and column."""
    spec = wl_spec()
    array = nodal.prepare(spec, conductances(spec), sinh_surface)
    assert_array_equal(nodal.read(array, np.zeros((1, ROWS))).out, 0.0)
    array = nodal.prepare(spec, np.zeros(spec.shape), sinh_surface)
    assert_array_equal(nodal.read(array, np.ones((1, ROWS))).out, 0.0)
    spec = wl_spec(rows=1, cols=1)
    compare(nodal.prepare(spec, np.full((1, 1), 5e-5), sinh_surface), np.ones((1, 1)))


def test_the_polynomials_state_their_error(sinh_surface, sinh_cell):
    """At the voltages found, the analytic cell draws the currents that the polynomials give, to the error stated."""
    spec = wl_spec(r_bl=100.0, r_col=100.0)
    g = np.full(spec.shape, 1e-4)
    array = nodal.prepare(spec, g, sinh_surface)
    found = nodal.read(array, np.ones((1, ROWS)), nodes=True)
    drawn = sinh_cell.current(g, found.v_row[0], found.v_col[0])
    allowed = array.columns.error + 10 * sinh_surface.bound * sinh_surface.i_max
    assert np.abs(drawn - found.i_cell[0]).max() < allowed
    assert array.columns.error < 1e-8 * sinh_surface.i_max


def test_polynomials_of_cells_take_the_degree_that_suffices_and_more_than_ten_only_where_ten_are_poor(sinh_surface):
    box = GateBox(0.2, 0.0, 0.2, 0.05)
    fits = [fit_gate_cells(sinh_surface, box, 0.0, good) for good in (np.inf, 1e-9, 2e-20, 0.0)]
    assert fits[0].degree == 0 and 0 < fits[1].degree < 10 and fits[1].error <= 1e-9 < fits[0].error
    errors = [fit_gate_cells(sinh_surface, box, 0.0, good).error for good in (1e-6, 1e-8, 1e-10)]
    assert errors == sorted(errors, reverse=True)
    assert fits[2].degree == 10 and 2e-20 < fits[2].error <= min(errors)
    assert fits[3].degree > 10 and fits[3].error < fits[2].error


def test_columns_of_a_cell_that_saturates_take_the_degrees_that_follow_its_bend():
    """The current of a cell whose transistor saturates within the box: ten degrees leave 1e-4 of full scale."""
    surface = SinhWithTransistor(g_t=2e-4, v_s=0.04).in_series()
    fitted = fit_gate_cells(surface, GateBox(0.2, 0.1, 0.2, 0.05), 0.0, 1e-9 * surface.i_max)
    assert fitted.degree > 10 and fitted.error <= 3e-8 * surface.i_max


def test_the_box_of_a_column_holds_what_its_ohmic_cells_reach():
    spec = wl_spec(rows=1, cols=1, r_bl=5e3, r_col=5e3)
    array = nodal.prepare(spec, np.full((1, 1), 1e-4), nodal.ohmic((1e-6, 1e-4), (0.0, 0.4)))
    (block,) = array.columns.blocks
    v_col = 0.2 * 5e3 / (1e4 + 2 * 5e3)
    assert block.cells.w_high[-1] == pytest.approx(MARGIN * v_col + FLOOR * 0.2, rel=1e-6)
    assert block.cells.u_low[-1] == pytest.approx(0.2 - MARGIN * (0.2 - 0.1) - FLOOR * 0.2, rel=1e-6)
