"""Products of vectors that lie side by side are those of NumPy, however many sums the processor's registers hold."""

import numba
import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.nodal import lane_products
from circuitsim.nodal.lane_products import GROUP, OUTPUTS, product
from circuitsim.nodal.lanes import WIDTH


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("outputs", [1, 3, OUTPUTS])
@pytest.mark.parametrize("depth", [0, 1, 37])
@pytest.mark.parametrize("used", [1, WIDTH, WIDTH + 1, GROUP])
def test_they_are_sums_over_the_rows_of_a_matrix(dtype, outputs, depth, used):
    rng = np.random.default_rng(0)
    weights = rng.standard_normal((depth + 2, 11)).astype(dtype)
    values = rng.standard_normal((depth + 1, GROUP)).astype(dtype)
    sums = np.full((outputs + 2, GROUP), np.nan, dtype)
    product(weights.ravel(), 11 + 2, 11, outputs, values.ravel(), GROUP, depth, sums.ravel(), GROUP, used)
    expected = weights[1 : 1 + depth, 2 : 2 + outputs].T.astype(float) @ values[1:].astype(float)
    assert_allclose(sums[1:-1, :used], expected[:, :used], rtol=0, atol=100 * np.finfo(dtype).eps)
    assert np.isnan(sums[[0, -1]]).all()


@pytest.mark.parametrize("registers", [(24, 512), (12, 256), (12, 128), (1, 64)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_few_registers_give_the_same_sums(monkeypatch, registers, dtype):
    monkeypatch.setattr(lane_products, "_registers", lambda: registers)
    multiply = lane_products._multiply(OUTPUTS, 3)
    again = numba.njit(lambda w, x, sums: multiply(w, 0, OUTPUTS, x, 0, 20, sums, 0))
    rng = np.random.default_rng(0)
    weights, values = rng.standard_normal(20 * OUTPUTS).astype(dtype), rng.standard_normal(20 * GROUP).astype(dtype)
    found, expected = (np.empty(OUTPUTS * GROUP, dtype) for _ in range(2))
    again(weights, values, found)
    product(weights, 0, OUTPUTS, OUTPUTS, values, 0, 20, expected, 0, GROUP)
    assert_allclose(found, expected, rtol=0, atol=0)


def test_sums_that_are_taken_together_fit_into_the_registers(monkeypatch):
    for registers, bits, together in [
        ((24, 512), 32, (8, 3)), ((24, 512), 64, (8, 1)), ((12, 256), 32, (4, 1)), ((12, 128), 64, (1, 1)),
    ]:  # fmt: skip
        monkeypatch.setattr(lane_products, "_registers", lambda registers=registers: registers)
        assert lane_products._together(OUTPUTS, 3, bits) == together
