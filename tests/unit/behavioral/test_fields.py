"""Fields of a linear array: the block elimination against the sparse solver, and against reciprocity."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.behavioral import fields as module
from circuitsim.behavioral.fields import linear_fields

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
    found, expected = linear_fields(spec.wires, g), module._merged(spec.wires, g, (0, 12))
    exact = nodal.transfer(spec.wires, g)
    assert_allclose(found.w, exact.w, rtol=1e-7, atol=0)  # 0 ohm ends count as 1e-7 ohm
    assert_allclose(np.moveaxis(found.col_voltage, 2, 0), exact.col_voltage, rtol=1e-6, atol=1e-9)  # V/V
    for name in ("w_row", "w_port", "to_output", "row_on_col", "alone"):
        value = getattr(expected, name)
        # of the largest: far entries are differences of nearly equal numbers
        assert_allclose(getattr(found, name), value, rtol=0, atol=2e-5 * np.abs(value).max(), err_msg=name)


def test_currents_balance(make_spec, conductances):
    spec = make_spec(12, 9)
    fields = linear_fields(spec.wires, conductances(spec))
    assert_allclose(fields.w_row, fields.w_row.T, rtol=1e-9, atol=0)
    assert_allclose(fields.w_port, fields.w_port.T, rtol=1e-9, atol=0)
    assert_allclose(fields.w_row.sum(1), fields.w.sum(1), rtol=1e-9, atol=0)


def test_joined_cells_and_broken_wires_take_the_sparse_solver(make_spec, conductances):
    spec = make_spec(8, 6, r_row=0.0)
    g = conductances(spec)
    assert_allclose(linear_fields(spec.wires, g).w, nodal.transfer(spec.wires, g).w, rtol=1e-12, atol=0)


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
