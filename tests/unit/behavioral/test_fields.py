"""Fields of a linear array: the block elimination against the sparse solver, and against reciprocity."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.behavioral import fields as module
from circuitsim.behavioral.fields import linear_fields, merged_fields

WIRES = [
    {},
    {"row_drive": "both", "col_sense": "both"},
    {"row_drive": "right", "col_sense": "top", "r_row": 1.0},
    {"first_row_segment": False, "last_col_segment": False},
]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("ends", [(0.0, 0.0), (50.0, 200.0)])
def test_fields_are_those_of_the_sparse_solver(make_spec, conductances, wire, ends):
    spec = make_spec(12, 9, r_out=ends[0], r_in=ends[1], **wire)
    g = conductances(spec)
    g[4, 4] = 0.0
    found, expected = linear_fields(spec.wires, g), merged_fields(spec.wires, g, (0, 12))
    exact = nodal.transfer(spec.wires, g)
    assert_allclose(found.w, exact.w, rtol=1e-7, atol=0)  # 0 ohm ends count as 1e-7 ohm
    assert_allclose(found.moments.together, exact.col_voltage.sum(0), rtol=1e-6, atol=1e-9)  # V/V
    for name in ("w_row", "w_port", "to_output", "alone"):
        value = getattr(expected, name)
        # of the largest: far entries are differences of nearly equal numbers
        assert_allclose(getattr(found, name), value, rtol=0, atol=2e-5 * np.abs(value).max(), err_msg=name)


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("bands", [1, 3])
def test_levels_of_bands_are_those_of_the_sparse_solver(make_spec, conductances, wire, bands):
    spec = make_spec(12, 9, r_out=50.0, r_in=200.0, **wire)
    g = conductances(spec)
    edges = (0, 12) if bands == 1 else (0, 4, 8, 12)
    found, expected = linear_fields(spec.wires, g, bands), merged_fields(spec.wires, g, edges)
    assert found.edges == edges and found.to_level.shape == (12, 9, bands * 9)
    for name in ("to_level", "to_output", "port_level", "weight"):
        value = getattr(expected, name)
        assert_allclose(getattr(found, name), value, rtol=0, atol=1e-6 * np.abs(value).max(), err_msg=name)


@pytest.mark.parametrize(
    ("inside", "runs"), [("", []), (".", []), ("#", [(0, 1)]), ("##.", [(0, 2)]), (".#..##", [(1, 2), (4, 6)])]
)
def test_right_sides_in_use_are_runs(inside, runs):
    assert list(map(tuple, module._runs(np.array([mark == "#" for mark in inside], dtype=bool)))) == runs


def test_currents_balance(make_spec, conductances):
    spec = make_spec(12, 9)
    fields = linear_fields(spec.wires, conductances(spec))
    allowed = 1e-9 * fields.w_row.max()  # S: sweeps leave some 1e-10 of what a terminal takes itself
    assert_allclose(fields.w_row, fields.w_row.T, rtol=0, atol=allowed)
    assert_allclose(fields.w_port, fields.w_port.T, rtol=0, atol=allowed)
    assert_allclose(fields.w_row.sum(1), fields.w.sum(1), rtol=0, atol=allowed)


def test_joined_columns_take_the_sparse_solver(make_spec, conductances):
    spec = make_spec(8, 6, r_col=0.0)
    g = conductances(spec)
    assert_allclose(linear_fields(spec.wires, g).w, nodal.transfer(spec.wires, g).w, rtol=1e-12, atol=0)


def test_joined_row_segments_keep_all_digits_without_it(make_spec, conductances, monkeypatch):
    """A segment counts as 1e-7 ohm, 1e11 times the conductance of a cell: pivots are sums, so it takes no digits."""
    spec = make_spec(8, 6, r_row=0.0)
    g = conductances(spec)
    expected = merged_fields(spec.wires, g, (0, 8))
    monkeypatch.setattr(module, "merged_fields", None)
    found = linear_fields(spec.wires, g)
    assert_allclose(found.w, nodal.transfer(spec.wires, g).w, rtol=1e-8, atol=0)
    for name in ("w_row", "w_port", "to_output", "to_level", "alone"):
        value = getattr(expected, name)
        assert_allclose(getattr(found, name), value, rtol=0, atol=1e-8 * np.abs(value).max(), err_msg=name)


def test_level_is_the_weighted_mean_of_the_column(make_spec, conductances):
    spec = make_spec(8, 6)
    g = conductances(spec)
    fields = linear_fields(spec.wires, g)
    array = nodal.linear_array(spec.wires, g)
    mean = np.zeros((6, 8, 6))
    mean[np.arange(6), :, np.arange(6)] = fields.weight.T
    exact = np.moveaxis(nodal.solve_adjoint(array, v_col=mean), 0, 2)
    # 1e-12 of the largest: cells of other columns reach a level only through the rows, by differences of near voltages
    assert_allclose(fields.to_level, exact, rtol=1e-8, atol=1e-12 * np.abs(exact).max())
    assert_allclose(fields.weight.sum(0), 1.0, rtol=1e-12, atol=0)


@pytest.mark.parametrize("line", ["r_row", "r_col"])
@pytest.mark.parametrize("r", [0.0, np.inf])
def test_one_joined_or_broken_segment_anywhere(make_spec, conductances, line, r):
    spec = make_spec(5, 4, row_drive="both", col_sense="both")
    g = conductances(spec)
    whole = getattr(spec.wires, line)
    for at in np.ndindex(whole.shape):
        changed = whole.copy()
        changed[at] = r
        wires = replace(spec.wires, **{line: changed})
        found, exact = linear_fields(wires, g), nodal.transfer(wires, g)
        # A: the largest of the array; what a broken wire cuts off counts 1e-12 of it
        assert_allclose(found.w, exact.w, rtol=1e-7, atol=1e-9 * exact.w.max(), err_msg=f"{line}{at}")


def test_rows_and_columns_without_any_terminal(make_spec, conductances):
    """Cut off at its only end, a row delivers nothing and a column takes nothing."""
    spec = make_spec(5, 4)
    g = conductances(spec)
    r_row, r_col = spec.wires.r_row.copy(), spec.wires.r_col.copy()
    r_row[2, 0], r_col[-1, 1] = np.inf, np.inf
    fields = linear_fields(replace(spec.wires, r_row=r_row, r_col=r_col), g)
    assert np.all(fields.w[2] == 0.0) and np.all(np.abs(fields.w[:, 1]) < 1e-15)
    assert np.all(fields.w[:2, [0, 2, 3]] > 0.0)


def test_an_open_column_is_weighted_evenly(make_spec, conductances):
    spec = make_spec(5, 4)
    g = conductances(spec)
    g[:, 1] = 0.0
    fields = linear_fields(spec.wires, g)
    assert_allclose(fields.weight[:, 1], 0.2, rtol=1e-12, atol=0)
    assert_allclose(
        fields.weight[:, 0], g[:, 0] * fields.alone[:, 0] / (g[:, 0] * fields.alone[:, 0]).sum(), rtol=1e-12
    )


def test_a_column_without_terminal_and_without_cells_is_no_obstacle(make_spec, conductances):
    spec = make_spec(5, 4)
    g, r_col = conductances(spec), spec.wires.r_col.copy()
    g[:, 1], r_col[-1, 1] = 0.0, np.inf
    wires = replace(spec.wires, r_col=r_col)
    found, exact = linear_fields(wires, g), nodal.transfer(wires, g)
    assert_allclose(found.w, exact.w, rtol=1e-9, atol=1e-18)
    assert np.isfinite(found.to_level).all() and np.isfinite(found.moments.by_mean).all()


@pytest.mark.parametrize("line", ["row", "column"])
def test_a_piece_of_wire_without_terminal_and_without_cells_is_no_obstacle(make_spec, conductances, line):
    """Cut off by one broken segment, next to the last one of its wire, and with open cells only."""
    spec = make_spec(5, 4)
    g, r_row, r_col = conductances(spec), spec.wires.r_row.copy(), spec.wires.r_col.copy()
    if line == "row":
        g[2, 3:], r_row[2, 3] = 0.0, np.inf
    else:
        g[:4, 1], r_col[4, 1] = 0.0, np.inf
    wires = replace(spec.wires, r_row=r_row, r_col=r_col)
    found, exact = linear_fields(wires, g), nodal.transfer(wires, g)
    assert_allclose(found.w, exact.w, rtol=1e-9, atol=1e-18)
    assert np.isfinite(found.to_level).all() and np.isfinite(found.moments.by_mean).all()


@pytest.mark.parametrize("wire", WIRES[:3])
def test_whole_wires_are_eliminated_whichever_ends_are_used(monkeypatch, make_spec, conductances, wire):
    """The sparse solver, which takes several times as long, is left to joined and broken ones."""
    monkeypatch.setattr(module, "merged_fields", None)
    spec = make_spec(5, 4, **wire)
    assert np.all(linear_fields(spec.wires, conductances(spec)).w > 0)
