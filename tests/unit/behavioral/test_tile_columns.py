"""The range of the columns' levels is the one that the columns take."""

import numpy as np
import pytest
from calibration_arrays import array_spec, surface
from numpy.testing import assert_allclose

from circuitsim import behavioral, nodal
from circuitsim.behavioral.columns import column_voltages, levels_across_columns
from circuitsim.behavioral.fields import linear_fields
from circuitsim.behavioral.residual import reference_conductance
from circuitsim.results import TileModel


def _fractions(model, g, v):
    """Mean voltages (batch, cols) of the solved array's columns, as fractions of the range they were given."""
    g_ref = reference_conductance(model.surface, g, *model.v_range, 0.0)
    fields = linear_fields(model.spec.wires, g_ref)
    columns = column_voltages(fields, g_ref, *model.v_range)
    exact = nodal.read(nodal.prepare(model.spec, g, model.surface, v_range=model.v_range), v, nodes=True)
    assert exact.v_col is not None
    return (np.einsum("bij,ij->bj", exact.v_col, fields.weight) - columns.low) / columns.span


def test_all_rows_on_reach_the_end_of_the_range(make_model, conductances):
    model = make_model(v0=None)
    on = np.full((1, model.spec.array.rows), model.v_range[1])
    # A nearly ohmic cell: the linear estimate holds, and the range goes 2 % beyond it.
    assert_allclose(_fractions(model, conductances(model.spec), on), 1 / 1.02, rtol=2e-3, atol=0)


@pytest.mark.parametrize("kind", ["log", "network"])
def test_nonlinear_cells_hardly_leave_the_range(make_model, conductances, inputs, kind):
    """The table in the level goes from 0 to 1 and is extrapolated beyond: up to 1.08 on these arrays."""
    model = make_model()
    v = inputs(model.spec.array.rows, model.v_range, each=20)
    fractions = _fractions(model, conductances(model.spec, kind=kind), v)
    assert fractions.min() > -1e-9 and fractions.max() < 1.1
    assert fractions.max() > 0.9  # a range that is wider than needed would be tabulated more coarsely


# Found by flipping the inputs of random binary matrices of 64 x 64: 1 is v_read, 0 is no input.
SPIKE = "1101001110011011111111010101111101011110001111111110111101001111"


def test_columns_that_disagree_strongly_stay_in_the_table(make_spec, make_model):
    """Without bounds the mixing matrix gives one column minus 3.4 times its own level, and 4.8e-3 of full scale."""
    spec = make_spec(64, 64, v_read=0.2, r_in=0.0, r_row=10.0, r_col=10.0)
    model = make_model(2, v_range=(0.0, 0.2), spec=spec)
    g = np.where(np.random.default_rng(110).random(spec.shape) < 0.24, 1e-4, 1e-6)
    v = 0.2 * np.array([[float(on) for on in SPIKE]])
    hot = np.full(spec.shape, 1e-6)
    hot[:, 0] = 1e-4
    full_scale = nodal.read(nodal.prepare(spec, hot, model.surface), np.full_like(v, 0.2)).i_out.max()
    exact = nodal.read(nodal.prepare(spec, g, model.surface), v).i_out
    found = behavioral.mvm(behavioral.program(model, g), v)
    assert np.abs(found - exact).max() <= 1.5e-3 * full_scale


def test_mixed_levels_stay_near_the_own_one(make_spec, make_model):
    spec = make_spec(64, 64, v_read=0.2, r_in=0.0, r_row=10.0, r_col=10.0)
    model = make_model(2, v_range=(0.0, 0.2), spec=spec)
    g = np.where(np.random.default_rng(110).random(spec.shape) < 0.24, 1e-4, 1e-6)
    g_ref = reference_conductance(model.surface, g, *model.v_range, 0.0)
    fields = linear_fields(spec.wires, g_ref)
    mix = levels_across_columns(fields, column_voltages(fields, g_ref, *model.v_range), g_ref, g_ref)
    away = np.abs(mix - np.eye(64)).sum(1)
    assert_allclose(mix.sum(1), 1.0, rtol=1e-12, atol=0)
    assert np.diag(mix).min() >= 0
    assert away.max() <= 4.0 + 1e-12
    assert np.median(away) > 0.1  # the columns still hear of one another


# Which cells of 4 x 3 are high, and which rows are driven up, the others down.
APART = {
    "first": (["111", "101", "001", "110"], "1001"),
    "second": (["100", "110", "010", "001"], "1000"),
    "third": (["110", "011", "101", "001"], "1000"),
}


@pytest.mark.parametrize("name", APART)
@pytest.mark.parametrize("sign", [1, -1])
def test_inputs_of_both_signs_keep_strongly_coupled_levels_near_the_table(name, sign):
    """With a correction as large as for inputs of one sign they erred by 6.5e-2, 5.8e-2 and 5.2e-2 of full scale."""
    high, up = APART[name]
    spec = array_spec(4, 3, wire={"r_row": 300.0, "r_col": 500.0})
    g = np.where(np.array([list(row) for row in high]) == "1", 1e-4, 1e-6)
    v = sign * np.where(np.array([list(up)]) == "1", 0.2, -0.2)
    tile = behavioral.program(TileModel(spec, surface(0.3), 2, (-0.2, 0.2)), g)
    exact = nodal.read(nodal.prepare(spec, g, surface(0.3), v_range=(-0.2, 0.2)), v).out
    assert np.abs(behavioral.mvm(tile, v) - exact).max() <= 0.025 * 5.8e-5  # A, of the box's full scale
