import numpy as np
from numpy.polynomial import chebyshev
from numpy.testing import assert_allclose

from circuitsim.characterization.chebyshev import nodes, tensor_fit
from circuitsim.nodal.surface import to_unit


def test_the_interpolant_passes_through_a_polynomial_between_its_nodes():
    axes = [nodes(4, 0.0, 2.0), nodes(5, -1.0, 3.0), nodes(3, 5.0, 6.0)]
    x, y, z = np.meshgrid(*axes, indexing="ij")

    def polynomial(x, y, z):
        return 1 + x**3 - 2 * x * y**4 + z**2 * y

    coefficients = tensor_fit(polynomial(x, y, z))
    at = np.random.default_rng(0).uniform([0, -1, 5], [2, 3, 6], (20, 3)).T
    unit = (to_unit(at[0], 0, 2), to_unit(at[1], -1, 3), to_unit(at[2], 5, 6))
    # 1e-11: rounding of terms that reach 2·2·3⁴ + 6²·3, where they cancel
    assert_allclose(chebyshev.chebval3d(*unit, coefficients), polynomial(*at), rtol=1e-12, atol=1e-11)


def test_coefficients_lie_in_memory_as_a_file_returns_them():
    """Products of arrays round by their layout: a surface just fitted must be the one that is loaded later."""
    assert tensor_fit(np.random.default_rng(1).normal(size=(3, 4, 5))).flags.c_contiguous


def test_nodes_never_touch_the_ends():
    assert nodes(32, 0.0, 1.0).min() > 0 and nodes(32, 0.0, 1.0).max() < 1
