"""Codes as reads of one bit: what they are, and what they add up to."""

import numpy as np
import pytest

from circuitsim.chain import Reading, one_bit_reads, read_codes, shift_and_add
from circuitsim.errors import InputError
from circuitsim.periphery import Periphery
from circuitsim.results import ConverterTable


def test_bits_come_lowest_first_and_add_up():
    codes = np.array([[5, 0], [15, 8]])
    bits = one_bit_reads(codes, 4)
    assert bits.tolist() == [[1, 0], [0, 0], [1, 0], [0, 0], [1, 0], [1, 0], [1, 0], [1, 1]]
    slices = Reading(
        bits * 0.2, bits @ np.ones((2, 3)), bits @ np.ones((2, 3)), bits @ np.full((2, 3), 7.0), bits * 1.0
    )
    whole = shift_and_add(slices, 4)
    np.testing.assert_allclose(whole.v_in, 0.2 * codes / 15)
    np.testing.assert_allclose(whole.i_out, np.repeat(codes.sum(axis=1, keepdims=True) / 15, 3, axis=1))
    np.testing.assert_array_equal(whole.codes, np.repeat(7.0 * codes.sum(axis=1, keepdims=True), 3, axis=1))
    assert whole.slices is slices
    with pytest.raises(InputError, match="slices holds 8 reads: expected a multiple of 3 bits"):
        shift_and_add(slices, 3)


def test_a_linear_array_gives_the_product_of_the_codes(make_spec):
    """One bit a read and an ADC of one code per unit cell: the sum of shifted codes is exact."""
    spec = make_spec(4, 3)
    weight = np.random.default_rng(0).integers(0, 8, (4, 3))
    codes = np.random.default_rng(1).integers(0, 256, (5, 4))
    low, high = spec.drive_range
    tables = Periphery(dac=ConverterTable(1, low, high), adc=ConverterTable(5, 0.0, 31.0))
    bits = one_bit_reads(codes, 8)
    reading = read_codes(spec, bits, lambda v: ((v - low) / (high - low)) @ weight, periphery=tables)
    np.testing.assert_array_equal(shift_and_add(reading, 8).codes, codes @ weight)
