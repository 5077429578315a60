"""Converter tables: codes, transitions, clipping, noise."""

import array_api_strict
import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim.errors import ClippingWarning, InputError
from circuitsim.periphery.converters import convert, convert_and_count, decode, drive, nearest_codes
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


@pytest.mark.parametrize(("low", "high"), [(-1e-3, 1e-3), (2e-4, 1e-3), (-3e-4, -1e-4), (0.0, 7e-4)])
def test_a_code_stands_for_the_level_nearest_to_the_current(low, high):
    """Independent of how codes are computed: the nearest of all levels, for ranges on either side of 0."""
    table = ConverterTable(3, low, high)
    levels = np.linspace(low, high, 8)
    current = np.random.default_rng(3).uniform(low - 0.4 * table.lsb, high + 0.4 * table.lsb, (300, 3))
    nearest = np.abs(current[..., None] - levels).argmin(axis=-1)
    assert_array_equal(convert(table, current), nearest)
    assert_allclose(decode(table, np.arange(8.0)), levels, rtol=1e-12, atol=1e-18)  # A, rounding of low + 7 lsb
    assert_array_equal(convert(ConverterTable(3, low, high, inl=np.zeros(7)), current), nearest)
    assert_array_equal(nearest_codes(table, current), nearest)


def test_an_adc_with_inl_counts_the_transitions_below_the_current():
    inl = np.array([0.4, -0.3, 0.1, 0.0, -0.4, 0.35, -0.2])
    table = ConverterTable(3, -1e-3, 6e-3, inl=inl)  # 1 mA a step
    current = np.random.default_rng(4).uniform(-1.4e-3, 6.4e-3, (600, 2))
    below = sum(current > 1e-3 * (k + 0.5 + inl[k]) - 1e-3 for k in range(7))
    assert_array_equal(convert(table, current), below)


@pytest.mark.parametrize("batch", [0, 1, 256, 257, 513])
def test_a_batch_is_converted_as_its_vectors_one_by_one(batch):
    current = np.random.default_rng(batch).uniform(0, 1.5e-3, (batch, 3))
    codes, clipped = convert_and_count(ADC, current)
    assert codes.shape == (batch, 3) and clipped == 0
    for n in range(0, batch, 64):
        assert_array_equal(codes[n : n + 1], convert(ADC, current[n : n + 1]))


def test_one_current_alone_is_clipped_and_is_all_that_is_clipped():
    with pytest.warns(ClippingWarning, match="clips 100 % of the outputs"):
        assert convert(ADC, np.array([[2e-3]])).tolist() == [[15.0]]


def test_noise_of_a_dac_is_added_to_its_voltages():
    noisy, codes = ConverterTable(4, 0.1, 1.6, noise=0.02), np.full((3000, 2), 6.0)
    v = drive(noisy, codes, rng=np.random.default_rng(8))
    assert_allclose([v.mean(), v.std()], [0.7, 0.02], rtol=0.04, atol=0)  # 6000 draws: 0.9 % of the deviation
    assert_allclose(drive(ConverterTable(4, 0.1, 1.6), codes), 0.7, rtol=1e-14, atol=0)


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
    with pytest.raises(InputError, match=r"inl has shape \(17,\): expected \(16,\)"):
        drive(ConverterTable(4, 0.0, 1.0, inl=np.zeros(17)), np.zeros(3))
    with pytest.raises(InputError, match="falls by more than 1 LSB from one code to the next"):
        drive(ConverterTable(1, 0.0, 1.0, inl=np.array([0.0, -1.1])), np.zeros(3))
    drive(ConverterTable(1, 0.0, 1.0, inl=np.array([0.0, -1.0])), np.zeros(3))  # two levels may just meet
    with pytest.raises(InputError, match="falls by more than 1 LSB"):
        convert(ConverterTable(2, 0.0, 1.0, inl=np.array([0.0, 0.0, -1.5])), np.zeros((1, 1)))
    with pytest.raises(InputError, match="drop must rise"):
        SenseTable(current=np.array([0.0, 1.0]), drop=np.array([1.0, 0.0]))
