"""What sense amplifiers report, and the voltage that they drop."""

import array_api_strict
import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.periphery import drop_and_slope, report
from circuitsim.results.sense_table import SenseTable


def test_sense_gain_offset_noise():
    current = np.random.default_rng(0).uniform(0, 1e-3, (5, 4))
    assert_allclose(report(SenseTable(gain=0.98, offset=1e-6), current), 0.98 * current + 1e-6, rtol=1e-14, atol=0)
    with pytest.raises(InputError, match="pass rng"):
        report(SenseTable(noise=1e-6), current)
    many = np.zeros((5000, 2))
    assert_allclose(report(SenseTable(noise=1e-6), many, rng=np.random.default_rng(1)).std(), 1e-6, rtol=0.03, atol=0)


def test_the_drop_is_linear_between_the_points_and_beyond_the_ends():
    sense = SenseTable(current=np.array([-1e-3, 0.0, 1e-3]), drop=np.array([-0.05, 0.0, 0.2]))
    current = np.array([[-2e-3, -0.5e-3, 0.0], [0.25e-3, 1e-3, 3e-3]])
    drop, slope = drop_and_slope(sense, current)
    assert_allclose(drop, [[-0.1, -0.025, 0.0], [0.05, 0.2, 0.6]], rtol=1e-12, atol=1e-15)
    assert_allclose(slope, [[50.0, 50.0, 200.0], [200.0, 200.0, 200.0]], rtol=1e-12, atol=0)
    for strict, plain in zip(drop_and_slope(sense, array_api_strict.asarray(current)), (drop, slope), strict=True):
        assert_allclose(np.from_dlpack(strict), plain, rtol=1e-15, atol=0)
