"""Static figures of an ADC from its thresholds, missing codes included, against curves drawn point by point."""

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.periphery import convert_and_count, linearity
from circuitsim.results import ConverterTable

BITS = 6
CODES = 2**BITS


def capacitor_thresholds(errors, bits=BITS):
    """Thresholds of a capacitor array by its charges, in steps of the ideal one; errors of bit 0, 1, …, last, dummy."""
    units = np.array([2.0**k for k in range(bits)] + [1.0]) * (1 + np.asarray(errors))
    codes = np.arange(1, 2**bits)
    return ((codes[:, None] >> np.arange(bits)) & 1) @ units[:-1] / units.sum() * 2**bits


def table_of(thresholds, decide="search"):
    inl = thresholds - (np.arange(len(thresholds)) + 1.0)
    return ConverterTable(BITS, 0.5, CODES - 0.5, inl, decide=decide, unit="V")


def bit_by_bit(thresholds, v):
    code = 0
    for bit in reversed(range(BITS)):
        if v > thresholds[code + 2**bit - 1]:
            code += 2**bit
    return code


@pytest.mark.parametrize("msb", [0.0, -0.06, 0.06])
def test_a_search_takes_each_bit_where_the_input_is_above_the_threshold(msb):
    thresholds = capacitor_thresholds([0.01, -0.02, 0.0, 0.01, 0.0, msb, 0.0])
    inputs = np.linspace(-2, CODES + 2, 4001)
    codes, outside = convert_and_count(table_of(thresholds), inputs[:, None])
    assert codes[:, 0].tolist() == [bit_by_bit(thresholds, v) for v in inputs]
    assert outside == np.sum((inputs < 0) | (inputs > CODES))


def test_a_sorted_table_still_refuses_what_falls():
    thresholds = capacitor_thresholds([0, 0, 0, 0, 0, -0.06, 0])
    with pytest.raises(InputError, match="inl falls by more than 1 LSB"):
        convert_and_count(table_of(thresholds, "sorted"), np.array([[1.0]]))
    with pytest.raises(InputError, match="decide = 'guess': expected one of sorted, search"):
        table_of(thresholds, "guess")


@pytest.mark.parametrize("msb", [0.0, -0.06, 0.06])
def test_figures_are_those_of_the_curve_drawn_point_by_point(msb):
    thresholds = capacitor_thresholds([0.01, -0.02, 0.03, 0.01, -0.01, msb, 0.0])
    found = linearity(table_of(thresholds))
    grid = np.arange(-1, CODES + 1, 1 / 512)
    codes = np.array([bit_by_bit(thresholds, v) for v in grid])
    assert found.missing == tuple(sorted(set(range(CODES)) - set(codes.tolist())))
    assert bool(found.missing) == (msb < 0)
    first = np.array([grid[np.flatnonzero(codes < k)[-1]] for k in range(1, CODES)])
    np.testing.assert_allclose(found.transitions, first, rtol=0, atol=1 / 256)  # the grid
    step = (thresholds.max() - found.transitions[0]) / (CODES - 2)
    width = np.array([np.sum(codes == k) for k in range(1, CODES - 1)]) / 512
    np.testing.assert_allclose(found.dnl, width / step - 1, rtol=0, atol=0.02)


def test_an_ideal_table_has_no_nonlinearity():
    found = linearity(ConverterTable(4, 0.0, 1.0))
    np.testing.assert_allclose(found.inl, 0, atol=1e-12)
    np.testing.assert_allclose(found.dnl, 0, atol=1e-12)
    assert found.missing == () and found.gain == pytest.approx(1, rel=1e-12)


def test_arrays_of_a_table_have_one_value_for_each_code():
    with pytest.raises(InputError, match=r"r_out has shape \(3,\): expected \(4,\)"):
        ConverterTable(2, 0, 1, r_out=np.ones(3))
    with pytest.raises(InputError, match=r"energy.logic has shape \(2,\): expected \(1,\)"):
        ConverterTable(2, 0, 1, energy_code=np.array([1]), energy={"logic": np.ones(2)})
