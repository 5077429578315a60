from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import CellErrorWarning, InputError, NotConvergedError
from circuitsim.nodal import array as array_module
from circuitsim.nodal import compact_cells
from circuitsim.nodal.sense import _BISECTIONS
from circuitsim.spec import parse_spec


def sense_spec(r_in=0.0, **wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 12, "cols": 9, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 5.0, "r_col": 8.0, **wire},
            "driver": {"v_read": 0.2},
            "sense": {"r_in": r_in},
        }
    )


G = 10 ** np.random.default_rng(0).uniform(-6, -4, (12, 9))
V_IN = np.random.default_rng(1).uniform(0, 0.2, (3, 12))


@pytest.mark.parametrize("wire", [{}, {"col_sense": "both"}, {"col_sense": "top"}, {"r_row": 0.0}])
@pytest.mark.parametrize("nonlinear", [False, True])
def test_sense_voltages_per_column(wire, nonlinear, sinh_surface):
    """Sense nodes at given voltages: against the sparse solver, or the same current through a resistance."""
    array = nodal.prepare(sense_spec(**wire), G, sinh_surface if nonlinear else None)
    v_sense = np.random.default_rng(2).uniform(0, 0.02, (3, 9))
    found = nodal.read(array, V_IN, v_sense=v_sense)
    assert found.provenance.options["method"] == "sweep"
    if not nonlinear:
        expected = nodal.solve_linear(nodal.linear_array(array.wires, G), V_IN, v_sense).i_out
        assert_allclose(found.out, expected, rtol=1e-7, atol=0)
    again = nodal.read(array, V_IN, v_sense=v_sense, nodes=True)
    assert_allclose(again.i_cell.sum(axis=1), found.out, rtol=1e-7, atol=0)


@pytest.mark.parametrize("r_in", [0.0, 300.0])
@pytest.mark.parametrize("nonlinear", [False, True])
def test_a_constant_resistance_is_the_resistance(r_in, nonlinear, sinh_surface):
    surface = sinh_surface if nonlinear else None
    expected = nodal.read(nodal.prepare(sense_spec(500.0), G, surface), V_IN).out
    found = nodal.read_with_sense(nodal.prepare(sense_spec(r_in), G, surface), V_IN, lambda i: 500.0 * i)
    assert_allclose(found.out, expected, rtol=1e-7, atol=0)


@pytest.mark.parametrize("r_in", [0.0, 300.0, 2000.0])
@pytest.mark.parametrize(("wire", "steps"), [({"r_row": 0.0, "r_col": 0.0}, 1), ({}, 2)])
def test_newton_steps_find_the_current_through_a_resistance(r_in, wire, steps):
    """One column alone is linear: a step takes a slope from two currents and errs as its input conductance, 1e-3."""
    spec = sense_spec(r_in, **wire).replace(array={"cols": 1})
    calls = []

    def drop(i):
        calls.append(i)
        return 2000.0 * i

    found = nodal.read_with_sense(nodal.prepare(spec, G[:, :1]), V_IN, drop)
    expected = nodal.read(nodal.prepare(spec.replace(sense={"r_in": 2000.0}), G[:, :1]), V_IN)
    assert_allclose(found.out, expected.out, rtol=1e-8, atol=0)
    # A step reads the curve where the array was solved, for the line of the column, and at each bisection.
    assert len(calls) == 1 + (0 if r_in == 2000.0 else (2 + _BISECTIONS) * steps)


def test_a_regulated_cascode(sinh_surface):
    """Chord resistance from 550 to 210 ohm: both sides agree on voltage and current of every column."""
    array = nodal.prepare(sense_spec(), G, sinh_surface)

    def drop(i):
        return 0.02 * np.sign(i) * np.log1p(np.abs(i) / 3e-5)

    found = nodal.read_with_sense(array, V_IN, drop, nodes=True)
    again = nodal.read(array, V_IN, v_sense=drop(found.out))
    assert_allclose(found.out, again.out, rtol=1e-7, atol=0)
    assert np.all(found.v_col[:, -1] > drop(found.out))


@pytest.mark.parametrize("rest", [False, True])
def test_a_curve_as_steep_as_that_of_a_cascode_near_zero_current(rest):
    """The array draws; 12 mV a decade from 1e-3 to 1e-7 A and 34 mV from there to zero: 0.3 Mohm at rest."""
    array = nodal.prepare(sense_spec(), G)
    v_in = np.zeros_like(V_IN) if rest else -V_IN
    current = np.append(-np.geomspace(1e-3, 1e-7, 400), 0.0)
    curve = np.append(-5e-3 * np.log(current[:-1] / -1e-8), 0.022)

    def drop(i):
        return np.interp(i, current, curve)

    found = nodal.read_with_sense(array, v_in, drop)
    again = nodal.read(array, v_in, v_sense=drop(found.out))
    assert_allclose(found.out, again.out, rtol=1e-7, atol=1e-14)
    assert np.all(found.out < 0)


def test_bad_input_is_named():
    array = nodal.prepare(sense_spec(), G)
    with pytest.raises(InputError, match=r"v_sense has shape \(9,\)"):
        nodal.read(array, V_IN, v_sense=np.zeros(9))
    with pytest.raises(InputError, match=r"v_sense has shape \(3, 9\): expected finite voltages"):
        nodal.read(array, V_IN, v_sense=np.full((3, 9), np.nan))
    with pytest.raises(InputError, match=r"drop returned shape \(3, 9\): expected finite voltages"):
        nodal.read_with_sense(array, V_IN, lambda i: np.where(i > 0, np.inf, 0.0))
    with pytest.raises(InputError, match=r"drop returned shape \(\)"):
        nodal.read_with_sense(array, V_IN, lambda i: 1.0)
    with pytest.raises(NotConvergedError, match="array and sense amplifier differ"):
        nodal.read_with_sense(array, V_IN, lambda i: 0.05 * np.sign(np.sin(1e9 * i)))


def test_a_drop_that_is_no_function_is_refused():
    array = nodal.prepare(sense_spec(), G, None)
    with pytest.raises(InputError, match=r"drop = 50.0: expected a function"):
        nodal.read_with_sense(array, V_IN, 50.0)


@pytest.mark.parametrize("r_in", [0.0, 300.0])
def test_an_amplifier_is_asked_for_currents_that_its_column_can_deliver(r_in):
    """Its curve is characterized no further: what the column delivers at rest, down to the solution and near it."""
    array, asked = nodal.prepare(sense_spec(r_in), G), []

    def drop(i):
        asked.append(i)
        return 500.0 * i

    found = nodal.read_with_sense(array, V_IN, drop)
    assert np.all(np.max(asked, axis=0) <= nodal.read(array, V_IN).out)
    assert np.all(np.min(asked, axis=0) >= 0.9 * found.out)


@pytest.mark.parametrize("col_sense", ["bottom", "top", "both"])
@pytest.mark.parametrize("nonlinear", [False, True])
def test_sense_voltages_of_columns_that_they_hold(col_sense, nonlinear, sinh_surface):
    """Nothing between the last cell and the amplifier: its voltage is that of the cell's column node."""
    array = nodal.prepare(
        sense_spec(last_col_segment=False, col_sense=col_sense), G, sinh_surface if nonlinear else None
    )
    v_sense = np.random.default_rng(2).uniform(0, 0.02, (3, 9))
    found = nodal.read(array, V_IN, v_sense=v_sense, nodes=True)
    for row, held in ((0, col_sense != "bottom"), (-1, col_sense != "top")):
        if held:
            assert_allclose(found.v_col[:, row], v_sense, rtol=1e-12, atol=0)
    assert_allclose(found.i_cell.sum(axis=1), found.out, rtol=1e-7, atol=1e-15)
    assert found.provenance.options["method"] == "newton"  # sweeps would take a small difference of large currents
    if not nonlinear:
        expected = nodal.solve_linear(nodal.linear_array(array.wires, G), V_IN, v_sense).i_out
        assert_allclose(found.out, expected, rtol=1e-9, atol=0)


def test_a_coarse_cell_is_told_of_outputs_and_not_of_what_leaks_at_rest(sinh_surface):
    """A thousandth of the current of a cell at full scale parts the two."""
    array = nodal.prepare(sense_spec(), G, replace(sinh_surface, bound=1e-5))
    cell = 1e-4 * 0.2

    def read(largest):
        v_in = V_IN[:1] * (largest / nodal.read(quiet, V_IN[:1]).out.max())
        return nodal.read_with_sense(array, v_in, lambda i: 500.0 * i)

    quiet = nodal.prepare(sense_spec(), G)
    with pytest.warns(CellErrorWarning, match="outputs may be off by"):
        read(2e-3 * cell)
    assert 0 < read(0.5e-3 * cell).out.max() < 1e-3 * cell  # in silence: warnings are errors here


@pytest.mark.parametrize("drop", [1e-4, 0.03])
def test_columns_that_amplifiers_pull_are_solved_by_sweeps(drop, sinh_surface, monkeypatch):
    """The cells are refitted for what the amplifiers add to the columns, not for all voltages, where no fit is good."""
    array = nodal.prepare(sense_spec(r_row=0.1, r_col=0.1), G, sinh_surface)
    largest = np.abs(nodal.read(array, V_IN).out).max()
    boxes, fit = [], compact_cells.fit

    def kept(surface, box, v_ref):
        boxes.append(box)
        return fit(surface, box, v_ref)

    monkeypatch.setattr(array_module, "fit", kept)
    found = nodal.read_with_sense(array, V_IN, lambda i: drop * np.tanh(i / largest))
    assert found.provenance.options["method"] == "sweep"
    assert boxes and all(box.w_high <= 2.5 * drop + 0.02 for box in boxes)
    assert len(set(boxes)) <= 3  # the steps of the iteration share them
