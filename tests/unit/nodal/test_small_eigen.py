import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.nodal.small_eigen import eigenvectors


@pytest.mark.parametrize("n", [1, 2, 4, 12])
@pytest.mark.parametrize("wide", [12, 16])
def test_a_symmetric_matrix_is_diagonalized_the_largest_value_first(n, wide):
    rng = np.random.default_rng(n)
    whole = rng.normal(size=(n, n)) * 10.0 ** rng.uniform(-4, 0, n)
    symmetric = whole @ whole.T
    matrix, vectors, values = np.full((3, wide * wide), np.nan)
    matrix.reshape(wide, wide)[:n, :n] = symmetric
    eigenvectors(n, wide, matrix, vectors, values)
    expected = np.linalg.eigvalsh(symmetric)[::-1]
    found = vectors.reshape(wide, wide)[:n, :n]
    assert_allclose(values[:n], expected, rtol=0, atol=1e-14 * expected[0])
    assert_allclose(found.T @ found, np.eye(n), rtol=0, atol=1e-14)
    assert_allclose(symmetric @ found, found * values[:n], rtol=0, atol=1e-14 * expected[0])
