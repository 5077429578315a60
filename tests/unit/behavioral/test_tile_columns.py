"""The range of the columns' levels is the one that the columns take."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.behavioral.columns import column_voltages
from circuitsim.behavioral.fields import linear_fields
from circuitsim.behavioral.residual import reference_conductance


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
