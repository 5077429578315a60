import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import SpecError
from circuitsim.network import Differential, Offset, Reference, Sliced, scheme_of
from circuitsim.network.mapping import largest_weight

G_MIN, G_MAX = 2e-6, 1e-4
SPAN = G_MAX - G_MIN
WEIGHTS = np.array([[1.0, -0.5], [0.0, 0.25]])


def sliced(g_min, g_max, bits_per_cell=2, weight_bits=7):
    return Sliced(g_min, g_max, bits_per_cell, weight_bits)


def test_the_specification_names_the_scheme(spec):
    assert scheme_of(spec) == Differential(1e-6, 1e-4)
    assert scheme_of(spec.replace(mapping={"weights": "offset"})) == Offset(1e-6, 1e-4)
    assert scheme_of(spec.replace(mapping={"weights": "reference"})) == Reference(1e-6, 1e-4)
    assert scheme_of(spec.replace(mapping={"bits_per_cell": 3})) == Sliced(1e-6, 1e-4, 3, 3)
    assert scheme_of(spec.replace(mapping={"bits_per_cell": 2, "weight_bits": 7})) == Sliced(1e-6, 1e-4, 2, 7)


def test_differential_sign_chooses_the_column_and_magnitude_the_conductance():
    g = Differential(G_MIN, G_MAX).conductances(WEIGHTS, w_max=1.0)
    expected = [[1e-4, 2e-6, 2e-6, 2e-6 + 0.5 * SPAN], [2e-6, 2e-6, 2e-6 + 0.25 * SPAN, 2e-6]]
    assert_allclose(g, expected, rtol=1e-14, atol=0)


def test_offset_weights_lie_about_the_middle_of_the_range():
    g = Offset(G_MIN, G_MAX).conductances(WEIGHTS, w_max=1.0)
    expected = [[1e-4, 51e-6 - 0.25 * SPAN], [51e-6, 51e-6 + 0.125 * SPAN]]
    assert_allclose(g, expected, rtol=1e-14, atol=0)


@pytest.mark.parametrize("kind", [Differential, Offset, Reference, sliced])
def test_columns_are_as_many_as_the_scheme_says(kind):
    scheme = kind(G_MIN, G_MAX)
    g = scheme.conductances(np.zeros((4, 5)), w_max=1.0)
    assert g.shape == (4, 5 * scheme.columns_per_output + scheme.shared_columns)


@pytest.mark.parametrize("kind", [Differential, Offset, Reference, sliced])
def test_conductances_stay_in_the_device_range(kind):
    w = np.random.default_rng(0).normal(size=(40, 30))
    w = np.concatenate([w, -w])
    g = kind(1e-6 / 3, 1e-4 / 3).conductances(w, w_max=largest_weight(w))
    assert g.min() >= 1e-6 / 3
    assert g.max() <= 1e-4 / 3


@pytest.mark.parametrize("kind", [Differential, Offset, Reference])
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


def test_slices_hold_the_bits_of_a_weight_lowest_first():
    """w = −0b110110/0b111111 in slices of 2 bits: 10, 01, 11 on the negative columns."""
    g = sliced(G_MIN, G_MAX, 2, 6).conductances(np.array([[-54 / 63], [1.0]]), w_max=1.0)
    level = SPAN / 3
    assert_allclose(g[0], G_MIN + level * np.array([0, 2, 0, 1, 0, 3]), rtol=1e-14, atol=0)
    assert_allclose(g[1], [G_MAX, G_MIN] * 3, rtol=1e-14, atol=0)


@pytest.mark.parametrize(("bits_per_cell", "weight_bits"), [(1, 1), (1, 8), (2, 7), (4, 4), (8, 8), (3, 16)])
def test_currents_of_slices_give_the_products_of_rounded_weights(bits_per_cell, weight_bits):
    rng = np.random.default_rng(1)
    w, activations = rng.normal(size=(20, 6)), rng.uniform(0.0, 3.0, (5, 20))
    w_max, v_per_unit = largest_weight(w), 0.2 / 3.0
    scheme = sliced(G_MIN, G_MAX, bits_per_cell, weight_bits)
    v = activations * v_per_unit
    i_out = v @ scheme.conductances(w, w_max=w_max)
    products = scheme.numbers(i_out, v.sum(axis=1), w_max=w_max, v_per_unit=v_per_unit)
    steps = 2**weight_bits - 1
    assert_allclose(products, activations @ (np.rint(w / w_max * steps) * w_max / steps), rtol=1e-10, atol=1e-10)


def test_a_reference_column_takes_the_common_loss_with_it():
    """Columns that lose the same share of every current: the middle leaves no error, the product its share."""
    rng = np.random.default_rng(2)
    w, activations = rng.normal(size=(20, 6)), rng.uniform(0.0, 3.0, (5, 20))
    w_max, v = largest_weight(w), activations * 0.2 / 3.0
    errors = {}
    for scheme in (Offset(G_MIN, G_MAX), Reference(G_MIN, G_MAX)):
        i_out = 0.8 * (v @ scheme.conductances(w, w_max=w_max))
        y = scheme.numbers(i_out, v.sum(axis=1), w_max=w_max, v_per_unit=0.2 / 3.0)
        errors[scheme.name] = np.abs(y - 0.8 * (activations @ w)).max()
    assert errors["reference"] < 1e-10
    assert errors["offset"] > 1


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"weight_bits": 8}, "weight_bits = 8 has no effect with bits_per_cell = 'analog'"),
        ({"bits_per_cell": 2, "weights": "offset"}, "bits_per_cell = 2 with weights = 'offset'"),
        ({"bits_per_cell": 4, "weight_bits": 3}, "weight_bits = 3 is less than bits_per_cell = 4"),
        ({"bits_per_cell": 0}, "bits_per_cell"),
        ({"bits_per_cell": "binary"}, "bits_per_cell"),
    ],
)
def test_mappings_that_contradict_themselves(spec, mapping, said):
    with pytest.raises(SpecError, match=said):
        spec.replace(mapping=mapping)
