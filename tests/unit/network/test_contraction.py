"""Contractions against NumPy's own: vectors, a product of each group's matrix, and the output's axes."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.network import LinearLayer, float_product, input_vectors, output_tensor
from circuitsim.network.contraction import REST, contraction_of


def computed(x, w, out, values, weights, row=""):
    """The product by a layer with the contraction."""
    matrices, contraction = contraction_of(x, w, out, weights, row=row)
    layer = LinearLayer("l", "Einsum", matrices, contraction=contraction)
    return output_tensor(layer, float_product(layer, input_vectors(layer, values)), values.shape)


@pytest.mark.parametrize(
    "equation",
    [
        *("bi,io->bo", "bi,oi->bo", "bi,oi->ob", "io,bi->bo", "i,io->o", "bi,i->b", "bij,ijo->bo", "bij,jio->bo"),
        *("bgi,gio->bgo", "bgi,gio->gbo", "gbi,goi->obg", "bi,gio->bgo", "bhw,wk->bhk", "bijz,jo->bio", "bi,ioz->bo"),
    ],
)
def test_named_axes_are_einsum(equation):
    rng = np.random.default_rng(0)
    length = {name: k + 2 for k, name in enumerate("bioghwjkz")}
    (left, right), out = equation.split("->")[0].split(","), equation.split("->")[1]
    weights_first = equation.startswith("io,")
    values = rng.normal(size=[length[name] for name in (right if weights_first else left)])
    weights = rng.normal(size=[length[name] for name in (left if weights_first else right)])
    x, w = (right, left) if weights_first else (left, right)
    found = computed(tuple(x), tuple(w), tuple(out), values, weights)
    operands = (weights, values) if weights_first else (values, weights)
    assert_allclose(found, np.einsum(equation, *operands), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("x", [(4,), (3, 4), (1, 4), (5, 3, 4), (2, 5, 3, 4), (1, 5, 3, 4), (2, 1, 3, 4)])
@pytest.mark.parametrize("w", [(4, 6), (5, 4, 6), (1, 4, 6), (2, 5, 4, 6), (2, 1, 4, 6), (1, 1, 4, 6)])
def test_matmul_matches_leading_axes_from_the_last(x, w):
    rng = np.random.default_rng(1)
    values, weights = rng.normal(size=x), rng.normal(size=w)
    right = computed((REST, "n", "k"), (REST, "k", "m"), (REST, "n", "m"), values, weights, row="n")
    assert_allclose(right, values @ weights, rtol=1e-12, atol=1e-12)
    turned, left = np.swapaxes(weights, -1, -2), values if len(x) == 1 else np.swapaxes(values, -1, -2)
    found = computed((REST, "k", "n"), (REST, "m", "k"), (REST, "m", "n"), left, turned, row="n")
    assert_allclose(found, turned @ left, rtol=1e-12, atol=1e-12)


def test_diagonals_and_axes_that_do_not_fit_are_left():
    assert contraction_of(("i", "i"), ("i", "o"), ("o",), np.ones((2, 2))) is None
    assert contraction_of(("b", "i"), ("i", "i"), ("b",), np.ones((2, 2))) is None
    assert contraction_of(("b", "i"), ("i", "o"), ("b", "o"), np.ones((2, 2, 2))) is None
    assert contraction_of(("b", "i"), ("i", "o"), ("b", "o"), np.ones(2)) is None


def layer_of(x, w, out, *shape, row=""):
    matrices, contraction = contraction_of(x, w, out, np.ones(shape), row=row)
    return LinearLayer("l", "Einsum", matrices, contraction=contraction)


@pytest.mark.parametrize(
    ("layer", "good", "bad"),
    [
        (layer_of(("b", "i"), ("i", "o"), ("b", "o"), 2, 3), [(4, 2)], [(4, 3), (4, 4, 2), (2,), (4, 1)]),
        (
            layer_of((REST, "n", "k"), (REST, "k", "m"), (REST, "n", "m"), 5, 2, 3, row="n"),
            [(2,), (4, 2), (5, 4, 2), (1, 4, 2), (7, 5, 4, 2)],
            [(3,), (2, 4), (4, 4, 2), (7, 2, 4, 2), ()],
        ),
    ],
)
def test_an_input_with_other_axes_or_lengths_is_refused(layer, good, bad):
    for shape in good:
        assert input_vectors(layer, np.ones(shape)).shape[1:] == layer.weights.shape[:2]
    for shape in bad:
        with pytest.raises(
            InputError, match=r"layer 'l' \(Einsum\) reads a tensor of shape .* does not fit its weights"
        ):
            input_vectors(layer, np.ones(shape))
