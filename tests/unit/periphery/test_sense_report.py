"""What sense amplifiers report."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.periphery import report
from circuitsim.results.periphery_tables import SenseTable


def test_sense_gain_offset_noise():
    current = np.random.default_rng(0).uniform(0, 1e-3, (5, 4))
    assert_allclose(report(SenseTable(gain=0.98, offset=1e-6), current), 0.98 * current + 1e-6, rtol=1e-14, atol=0)
    with pytest.raises(InputError, match="pass rng"):
        report(SenseTable(noise=1e-6), current)
    many = np.zeros((5000, 2))
    assert_allclose(report(SenseTable(noise=1e-6), many, rng=np.random.default_rng(1)).std(), 1e-6, rtol=0.03, atol=0)
