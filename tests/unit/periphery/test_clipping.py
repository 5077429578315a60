"""What an ideal ADC makes of currents, and what it clips."""

import numpy as np
from numpy.testing import assert_allclose

from circuitsim.periphery import count_clipped, decode
from circuitsim.results.converter import ConverterTable

ADC = ConverterTable(3, 0.0, 70e-6)


def test_currents_become_multiples_of_the_lsb_within_half_of_it():
    i_out = np.linspace(0.0, 70e-6, 500).reshape(50, 10)
    codes, clipped = count_clipped(ADC, i_out)
    converted = decode(ADC, codes)
    assert_allclose(codes, np.rint(codes), rtol=1e-12, atol=0)
    assert np.abs(converted - i_out).max() <= 5e-6 * (1 + 1e-12)
    assert set(np.rint(codes).ravel().astype(int)) == set(range(8))
    assert clipped == 0


def test_currents_outside_the_range_are_clipped_and_counted():
    codes, clipped = count_clipped(ADC, np.array([[-30e-6, -1e-6, 72e-6, 90e-6, 140e-6]]))
    assert_allclose(decode(ADC, codes), [[0.0, 0.0, 70e-6, 70e-6, 70e-6]], rtol=1e-12, atol=0)
    assert clipped == 3  # 72 uA still rounds to the largest code, -1 uA to the smallest
