import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.network.mapping import conductances, largest_weight, numbers

G = {"g_min": 2e-6, "g_max": 1e-4}


def test_sign_chooses_the_column_and_magnitude_the_conductance():
    g = conductances(np.array([[1.0, -0.5], [0.0, 0.25]]), w_max=1.0, **G)
    span = G["g_max"] - G["g_min"]
    expected = [[1e-4, 2e-6, 2e-6, 2e-6 + 0.5 * span], [2e-6, 2e-6, 2e-6 + 0.25 * span, 2e-6]]
    assert_allclose(g, expected, rtol=1e-14, atol=0)


def test_conductances_stay_in_the_device_range():
    w = np.random.default_rng(0).normal(size=(40, 30))
    g = conductances(w, w_max=largest_weight(w), g_min=1e-6 / 3, g_max=1e-4 / 3)
    assert g.min() >= 1e-6 / 3
    assert g.max() <= 1e-4 / 3


def test_ohmic_currents_give_the_products_back():
    rng = np.random.default_rng(1)
    w, x = rng.normal(size=(20, 6)), rng.uniform(0.0, 3.0, (5, 20))
    w_max, v_per_unit = largest_weight(w), 0.2 / 3.0
    i_out = (x * v_per_unit) @ conductances(w, w_max=w_max, **G)
    assert_allclose(numbers(i_out, w_max=w_max, v_per_unit=v_per_unit, **G), x @ w, rtol=1e-11, atol=0)


def test_a_layer_of_zeros_has_a_finite_scale():
    assert largest_weight(np.zeros((3, 2))) == 1.0
    assert largest_weight(np.array([[0.5, -2.0]])) == pytest.approx(2.0)
