"""What an ideal ADC makes of currents, and what it clips."""

import warnings

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import ClippingWarning
from circuitsim.periphery import convert, convert_and_count, decode
from circuitsim.results.periphery_tables import ConverterTable

ADC = ConverterTable(3, 0.0, 70e-6)


def test_currents_become_multiples_of_the_lsb_within_half_of_it():
    i_out = np.linspace(0.0, 70e-6, 500).reshape(50, 10)
    codes, clipped = convert_and_count(ADC, i_out)
    converted = decode(ADC, codes)
    assert_allclose(codes, np.rint(codes), rtol=1e-12, atol=0)
    assert np.abs(converted - i_out).max() <= 5e-6 * (1 + 1e-12)
    assert set(np.rint(codes).ravel().astype(int)) == set(range(8))
    assert clipped == 0


def test_currents_outside_the_range_are_clipped_and_counted():
    codes, clipped = convert_and_count(ADC, np.array([[-30e-6, -1e-6, 72e-6, 90e-6, 140e-6]]))
    assert_allclose(decode(ADC, codes), [[0.0, 0.0, 70e-6, 70e-6, 70e-6]], rtol=1e-12, atol=0)
    assert clipped == 3  # 72 uA still rounds to the largest code, -1 uA to the smallest


def test_half_an_lsb_is_where_clipping_begins():
    inside, outside = np.array([[-4.99e-6, 74.99e-6]]), np.array([[-5.01e-6, 75.01e-6]])
    assert convert_and_count(ADC, inside)[1] == 0
    assert convert_and_count(ADC, outside)[1] == 2
    unit = ConverterTable(3, 0.0, 7.0)
    assert convert_and_count(unit, np.array([[-0.5, 7.5]]))[1] == 0  # exactly half
    assert convert_and_count(unit, np.array([[-0.5, 7.5, 9.0]]))[1] == 1


@pytest.mark.parametrize(("current", "code"), [(-30e-6, 0.0), (-5.01e-6, 0.0), (100e-6, 7.0)])
def test_one_end_alone_is_clipped(current, code):
    codes, clipped = convert_and_count(ADC, np.array([[current, 20e-6]]))
    assert codes.tolist() == [[code, 2.0]] and clipped == 1


def test_clipped_currents_of_a_large_batch_are_all_counted():
    i_out = np.full((700, 3), 30e-6)
    i_out[[0, 255, 256, 600, 699], 1] = 80e-6  # in all three blocks
    codes, clipped = convert_and_count(ADC, i_out)
    assert codes.shape == (700, 3) and clipped == 5


def test_more_than_one_in_a_hundred_warns():
    i_out = np.full((100, 5), 30e-6)
    i_out[:5, 0] = 80e-6
    with warnings.catch_warnings():
        warnings.simplefilter("error", ClippingWarning)
        convert(ADC, i_out)  # one in a hundred
    i_out[5, 0] = 80e-6
    with pytest.warns(ClippingWarning, match="0 to 7e-05 A clips 1.2 % of the outputs"):
        convert(ADC, i_out)


def test_a_large_share_is_written_as_a_plain_percentage():
    with pytest.warns(ClippingWarning, match="clips 100 % of the outputs"):
        convert(ADC, np.full((3, 5), 80e-6))
