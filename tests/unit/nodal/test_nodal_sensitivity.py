import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import InputError
from circuitsim.spec import parse_spec


def small_spec(**wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 5, "cols": 4, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 30.0, "r_col": 50.0, **wire},
            "driver": {"v_read": 0.2, "r_out": 20.0},
        }
    )


WIRES = [{}, {"row_drive": "both", "col_sense": "top"}, {"r_row": 0.0}, {"last_col_segment": False}]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("nonlinear", [False, True])
def test_adjoint_agrees_with_finite_differences(wire, nonlinear, sinh_surface):
    rng = np.random.default_rng(0)
    spec, surface = small_spec(**wire), sinh_surface if nonlinear else None
    g, v_in = 10 ** rng.uniform(-5.5, -4.5, (5, 4)), rng.uniform(0.05, 0.15, (2, 5))
    weights = rng.normal(size=(2, 4))

    def loss(g, v_in):
        return np.sum(weights * nodal.read(nodal.prepare(spec, g, surface), v_in, tol=1e-13).out)

    found = nodal.sensitivity(nodal.prepare(spec, g, surface), v_in, weights, tol=1e-13)
    # Along one direction in all conductances and inputs at once, and along a single one of each.
    one_cell, one_input = np.zeros_like(g), np.zeros_like(v_in)
    one_cell[3, 1], one_input[1, 2] = 1.0, 1.0
    for by_g, by_v in ((rng.normal(size=g.shape), rng.normal(size=v_in.shape)), (one_cell, one_input)):
        dg, dv = 1e-3 * g * by_g, 1e-4 * by_v
        expected = (loss(g + dg, v_in) - loss(g - dg, v_in)) / 2, (loss(g, v_in + dv) - loss(g, v_in - dv)) / 2
        assert_allclose(np.sum(found.g.sum(axis=0) * dg), expected[0], rtol=1e-6, atol=0)
        assert_allclose(np.sum(found.v_in * dv), expected[1], rtol=1e-6, atol=0)


def test_without_wires_the_derivatives_are_the_factors():
    spec = small_spec(r_row=0.0, r_col=0.0).replace(driver={"r_out": 0.0})
    rng = np.random.default_rng(1)
    g, v_in, weights = np.full((5, 4), 1e-5), rng.uniform(0, 0.2, (1, 5)), rng.normal(size=(1, 4))
    found = nodal.sensitivity(nodal.prepare(spec, g), v_in, weights)
    assert_allclose(found.g[0], np.outer(v_in[0], weights[0]), rtol=1e-12, atol=0)
    assert_allclose(found.v_in[0], g @ weights[0], rtol=1e-10, atol=0)


def test_weights_of_the_wrong_shape_are_named():
    array = nodal.prepare(small_spec(), np.full((5, 4), 1e-5))
    with pytest.raises(InputError, match=r"weights have shape \(1, 5\): expected \(batch, cols\) = \(1, 4\)"):
        nodal.sensitivity(array, np.zeros((1, 5)), np.zeros((1, 5)))
