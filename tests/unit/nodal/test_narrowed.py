"""Series over part of their range."""

import numpy as np
from numpy.polynomial import chebyshev
from numpy.testing import assert_allclose

from circuitsim.nodal.narrowed import narrowed


def test_a_part_of_the_range_takes_fewer_terms_for_the_same_numbers():
    tensor = np.random.default_rng(0).normal(size=(3, 20, 2)) * 0.8 ** np.arange(20)[:, None]
    found = narrowed(tensor, 1, -1.0, -0.9)
    assert found.shape[1] < 16
    x = np.linspace(-1.0, 1.0, 7)
    expected = chebyshev.chebval(-0.95 + 0.05 * x, np.moveaxis(tensor, 1, 0))
    assert_allclose(chebyshev.chebval(x, np.moveaxis(found, 1, 0)), expected, rtol=0, atol=1e-11)


def test_the_whole_range_and_nothing_stay_what_they_are():
    tensor = np.array([[1.0, -2.0, 0.5, 0.25]])
    assert_allclose(narrowed(tensor, 1, -1.0, 1.0), tensor, rtol=0, atol=1e-15)
    assert narrowed(np.zeros((2, 5)), 1, -1.0, 0.0).shape == (2, 1)
