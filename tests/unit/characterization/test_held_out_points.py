"""The points at which no surface was fitted: those of SciPy, to the last bit."""

import numpy as np
import pytest
from scipy.stats import qmc

from circuitsim.characterization.sweep import van_der_corput


@pytest.mark.parametrize("count", [1, 2, 64, 1000])
def test_points_are_halton_points(count):
    expected = qmc.Halton(2, scramble=False).random(count)
    assert np.array_equal(np.stack([van_der_corput(count, base) for base in (2, 3)], axis=1), expected)
