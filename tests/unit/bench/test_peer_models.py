"""The closed forms of others, held against their sums written out and against the solved array."""

import numpy as np
import pytest
from calibration_arrays import array_spec
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.bench.peer_models import MODELS, alpha_beta, dmr, jeong
from circuitsim.bench.solver import linear_spec

R_ROW, R_COL, R_OUT, R_IN = 4.0, 9.0, 60.0, 40.0


@pytest.fixture(scope="module")
def spec():
    return array_spec()


@pytest.fixture(scope="module")
def g():
    return np.exp(np.random.default_rng(0).uniform(np.log(1e-6), np.log(1e-4), (12, 10)))


def test_alpha_beta_is_its_double_sum(spec, g):
    rows, cols = g.shape
    expected = np.empty_like(g)
    for i in range(rows):
        for j in range(cols):
            beta = 1 + R_ROW * sum((k - j) * g[i, k] for k in range(j + 1, cols))
            beta /= 1 + R_ROW * sum((k + 1) * g[i, k] for k in range(cols)) + R_OUT * g[i].sum()
            alpha = 1 + R_COL * sum((i - k) * g[k, j] for k in range(i))
            alpha /= 1 + R_COL * sum((rows - k) * g[k, j] for k in range(rows)) + R_IN * g[:, j].sum()
            expected[i, j] = alpha * beta * g[i, j]
    assert_allclose(alpha_beta(spec.wires, g), expected, rtol=1e-12, atol=0)


def test_dmr_is_alpha_beta_where_all_cells_are_alike(spec):
    alike = np.full((12, 10), 3e-5)
    assert_allclose(dmr(spec.wires, alike), alpha_beta(spec.wires, alike), rtol=1e-12, atol=0)


def test_jeong_counts_the_cells_beyond_each_segment(spec, g):
    # The cell nearest to driver and sense amplifier: its row segment would carry 10 cells, its column segment 12.
    series = R_ROW * 10 + R_COL * 12 + R_OUT * 10 + R_IN * 12
    assert_allclose(jeong(spec.wires, g)[-1, 0], 1 / (1 / g[-1, 0] + series), rtol=1e-12, atol=0)


def test_without_resistances_all_are_the_plain_product(g):
    bare = array_spec(wire={"r_row": 0, "r_col": 0}, driver={"r_out": 0}, sense={"r_in": 0})
    for name, model in MODELS.items():
        assert_allclose(model(bare.wires, g), g, rtol=1e-14, atol=0, err_msg=name)


def test_their_errors_on_a_large_array_are_the_known_ones():
    """R = 10^U(4, 6) ohm, 1 ohm segments: an independent implementation gave mean errors of 24, 1.0 and 0.47 %."""
    spec, rng = linear_spec(128, 1.0), np.random.default_rng(0)
    g, v_in = 10 ** rng.uniform(-6, -4, (128, 128)), rng.uniform(0, 0.2, (8, 128))
    out = nodal.read(nodal.prepare(spec, g), v_in).out
    for name, expected in (("ideal", 0.24), ("dmr", 0.010), ("alpha beta", 0.0047)):
        assert_allclose(np.abs(v_in @ MODELS[name](spec.wires, g) / out - 1).mean(), expected, rtol=0.05, atol=0)


def test_drivers_elsewhere_are_refused(g):
    with pytest.raises(ValueError, match="drivers on the left"):
        alpha_beta(array_spec(wire={"row_drive": "right"}).wires, g)
