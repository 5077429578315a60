import numpy as np
from numpy.polynomial import chebyshev
from numpy.testing import assert_allclose

from circuitsim.characterization.chebyshev import nodes, tensor_fit, trimmed
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


def test_coefficients_that_together_carry_less_than_allowed_are_dropped():
    full = np.zeros((5, 4))
    full[:3, :2] = 1.0
    full[3, 0], full[0, 3] = 1e-9, 5e-9
    other = np.zeros((5, 4))
    other[1, 1], other[0, 2] = 1.0, 2e-9
    first, second = trimmed(full, other, allowed=3e-9)
    assert first.shape == second.shape == (3, 4)
    assert first.flags.c_contiguous
    assert [part.shape for part in trimmed(full, other, allowed=8e-9)] == [(3, 2), (3, 2)]
    assert [part.shape for part in trimmed(full, other, allowed=1e3)] == [(1, 1), (1, 1)]
