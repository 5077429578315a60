import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.network import Differential, Offset, scheme_of
from circuitsim.network.mapping import largest_weight

G_MIN, G_MAX = 2e-6, 1e-4
SPAN = G_MAX - G_MIN
WEIGHTS = np.array([[1.0, -0.5], [0.0, 0.25]])


def test_the_specification_names_the_scheme(spec):
    assert scheme_of(spec) == Differential(1e-6, 1e-4)
    assert scheme_of(spec.replace(mapping={"weights": "offset"})) == Offset(1e-6, 1e-4)


def test_differential_sign_chooses_the_column_and_magnitude_the_conductance():
    g = Differential(G_MIN, G_MAX).conductances(WEIGHTS, w_max=1.0)
    expected = [[1e-4, 2e-6, 2e-6, 2e-6 + 0.5 * SPAN], [2e-6, 2e-6, 2e-6 + 0.25 * SPAN, 2e-6]]
    assert_allclose(g, expected, rtol=1e-14, atol=0)


def test_offset_weights_lie_about_the_middle_of_the_range():
    g = Offset(G_MIN, G_MAX).conductances(WEIGHTS, w_max=1.0)
    expected = [[1e-4, 51e-6 - 0.25 * SPAN], [51e-6, 51e-6 + 0.125 * SPAN]]
    assert_allclose(g, expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("kind", [Differential, Offset])
def test_columns_are_as_many_as_the_scheme_says(kind):
    scheme = kind(G_MIN, G_MAX)
    g = scheme.conductances(np.zeros((4, 5)), w_max=1.0)
    assert g.shape == (4, 5 * scheme.columns_per_output + scheme.shared_columns)


@pytest.mark.parametrize("kind", [Differential, Offset])
def test_conductances_stay_in_the_device_range(kind):
    w = np.random.default_rng(0).normal(size=(40, 30))
    w = np.concatenate([w, -w])
    g = kind(1e-6 / 3, 1e-4 / 3).conductances(w, w_max=largest_weight(w))
    assert g.min() >= 1e-6 / 3
    assert g.max() <= 1e-4 / 3


@pytest.mark.parametrize("kind", [Differential, Offset])
def test_ohmic_currents_give_the_products_back(kind):
    rng = np.random.default_rng(1)
    w, activations = rng.normal(size=(20, 6)), rng.uniform(0.0, 3.0, (5, 20))
    w_max, v_per_unit = largest_weight(w), 0.2 / 3.0
    scheme = kind(G_MIN, G_MAX)
    v = activations * v_per_unit
    i_out = v @ scheme.conductances(w, w_max=w_max)
    products = scheme.numbers(i_out, v.sum(axis=1), w_max=w_max, v_per_unit=v_per_unit)
    assert_allclose(products, activations @ w, rtol=1e-11, atol=0)


def test_a_layer_of_zeros_has_a_finite_scale():
    assert largest_weight(np.zeros((3, 2))) == 1.0
    assert largest_weight(np.array([[0.5, -2.0]])) == pytest.approx(2.0)
