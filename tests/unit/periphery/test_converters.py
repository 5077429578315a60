"""Converter tables: codes, transitions, clipping, noise."""

import array_api_strict
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim.errors import ClippingWarning, InputError
from circuitsim.periphery.converters import convert, decode, drive, nearest_codes
from circuitsim.results.periphery_tables import ConverterTable
from circuitsim.results.sense_table import SenseTable

DAC = ConverterTable(8, 0.0, 0.2)
ADC = ConverterTable(4, 0.0, 1.5e-3)


def test_ideal_dac_and_adc_hand_back_every_code():
    codes = np.arange(256.0)
    assert_allclose(drive(DAC, codes), 0.2 * codes / 255, rtol=1e-14, atol=0)
    assert_array_equal(nearest_codes(DAC, drive(DAC, codes)), codes)
    assert_array_equal(nearest_codes(DAC, np.array([-1.0, 1.0])), [0, 255])
    four = np.arange(16.0)[None]
    assert_array_equal(convert(ADC, decode(ADC, four)), four)


def test_ideal_adc_is_off_by_half_a_step_at_most():
    current = np.random.default_rng(0).uniform(0, 1.5e-3, (50, 7))
    assert np.abs(decode(ADC, convert(ADC, current)) - current).max() <= 0.5001 * ADC.lsb


def test_inl_moves_levels_and_transitions():
    bent = ConverterTable(8, 0.0, 0.2, inl=np.sin(np.pi * np.arange(256) / 255))
    assert_allclose(drive(bent, np.array([0.0, 255.0])), [0.0, 0.2], rtol=0, atol=1e-15)  # V, rounding of sin(pi)
    assert_allclose(drive(bent, np.array([127.0]))[0], (127 + bent.inl[127]) * bent.lsb, rtol=1e-12, atol=0)
    assert_array_equal(drive(bent, np.array([3, 127])), drive(bent, np.array([3.0, 127.0])))
    late = ConverterTable(4, 0.0, 1.5e-3, inl=np.full(15, 0.3))
    just = decode(late, np.array([[4.5 + 0.29, 4.5 + 0.31]]))
    assert_array_equal(convert(late, just), [[4.0, 5.0]])
    straight = ConverterTable(4, 0.0, 1.5e-3, inl=np.zeros(15))
    current = np.random.default_rng(1).uniform(0, 1.5e-3, (50, 7))
    assert_array_equal(convert(straight, current), convert(ADC, current))


def test_clipping_gives_end_codes_and_is_told_with_its_share():
    current = np.array([[-1e-3, 5e-4, 9e-4, 4e-3]])
    with pytest.warns(ClippingWarning, match="clips 50 % of the outputs"):
        codes = convert(ADC, current)
    assert_array_equal(codes, [[0.0, 5.0, 9.0, 15.0]])


def test_noise_needs_a_generator_and_repeats_with_its_seed():
    noisy = ConverterTable(12, 0.0, 4.095e-3, noise=3e-6)
    current = np.full((4000, 1), 2e-3)
    codes = convert(noisy, current, rng=np.random.default_rng(5))
    assert_array_equal(codes, convert(noisy, current, rng=np.random.default_rng(5)))
    assert_allclose(codes.std() * noisy.lsb, 3e-6, rtol=0.05, atol=0)  # 4000 draws: 1.1 %, quantization .5 %
    with pytest.raises(InputError, match="pass rng"):
        convert(noisy, current)


def test_strict_arrays_pass_through():
    current = np.random.default_rng(2).uniform(0, 1.5e-3, (9, 5))
    for table in (ADC, ConverterTable(4, 0.0, 1.5e-3, inl=np.linspace(-0.4, 0.4, 15))):
        found = convert(table, array_api_strict.asarray(current))
        assert_array_equal(np.from_dlpack(found), convert(table, current))
    bent = ConverterTable(8, 0.0, 0.2, inl=np.linspace(0, 1, 256))
    codes = np.array([[0.0, 17.0, 255.0]])
    assert_allclose(
        np.from_dlpack(drive(bent, array_api_strict.asarray(codes))), drive(bent, codes), rtol=1e-15, atol=0
    )


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"bits": 0}, "bits = 0: expected 1 to 24"),
        ({"high": -1.0}, "range 0 to -1"),
        ({"noise": -1.0}, "noise = -1"),
    ],
)
def test_impossible_tables_are_refused(values, sentence):
    with pytest.raises(InputError, match=sentence):
        ConverterTable(**{"bits": 8, "low": 0.0, "high": 1.0, **values})


def test_inl_of_the_wrong_length_or_falling_is_refused():
    with pytest.raises(InputError, match=r"inl has shape \(15,\): expected \(16,\), one value per code of 4 bits"):
        drive(ConverterTable(4, 0.0, 1.0, inl=np.zeros(15)), np.zeros(3))
    with pytest.raises(InputError, match="falls by more than 1 LSB"):
        convert(ConverterTable(2, 0.0, 1.0, inl=np.array([0.0, 0.0, -1.5])), np.zeros((1, 1)))
    with pytest.raises(InputError, match="drop must rise"):
        SenseTable(current=np.array([0.0, 1.0]), drop=np.array([1.0, 0.0]))
