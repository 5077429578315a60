"""What sense amplifiers report, and the voltage that they drop."""

import dataclasses

import array_api_strict
import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.periphery import check_sense_range, drop_and_slope, report
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


def test_an_output_curve_takes_the_place_of_gain_and_offset():
    """Points in uneven steps, as a cascode needs them near zero current; of any array library."""
    points = np.array([-1e-5, -1e-6, -1e-8, 0.0])
    sense = SenseTable(current=points, drop=2e3 * points, reported=np.array([1.0, 0.2, 0.01, 0.0]), unit="V")
    current = np.array([[-5.5e-6, -5e-7, -5e-9], [-1e-5, -1e-6, 0.0]])
    expected = [[0.6, 0.2 - 0.19 * 5e-7 / 9.9e-7, 0.005], [1.0, 0.2, 0.0]]
    assert_allclose(report(sense, current), expected, rtol=1e-12, atol=1e-15)
    assert_allclose(drop_and_slope(sense, current)[0], 2e3 * current, rtol=1e-12, atol=1e-18)
    for of in (report, lambda table, i: drop_and_slope(table, i)[1]):
        strict = of(sense, array_api_strict.asarray(current))
        assert_allclose(np.from_dlpack(strict), of(sense, current), rtol=1e-15, atol=0)
    with pytest.raises(InputError, match=r"has noise \(0.001 V\): pass rng"):
        report(dataclasses.replace(sense, noise=1e-3), current)


def test_a_current_outside_the_table_is_named():
    sense = SenseTable(current=np.array([0.0, 1e-5]), drop=np.array([0.0, 1e-3]), block="tia")
    check_sense_range(sense, np.array([[0.0, 1e-5 * (1 + 1e-12)]]))
    check_sense_range(SenseTable(), np.array([[1e3]]))
    for value in (-1e-7, 1.1e-5):
        with pytest.raises(OutsideRangeError, match=r"vector 1, column 0: .* A flow into .* 'tia', whose table holds"):
            check_sense_range(sense, np.array([[0.0, 1e-6], [value, 0.0]]))
