import numpy as np
from numpy.testing import assert_allclose

from circuitsim.results.waveforms import crossing_time, integral, settling_time

TIME = np.array([0.0, 1.0, 3.0, 4.0, 8.0])


def test_integral_of_straight_lines_is_exact_on_unequal_steps():
    values = np.stack([2 * TIME, 5 - TIME], axis=1)
    assert_allclose(integral(TIME, values), [64.0, 8.0], rtol=1e-14, atol=0)


def test_crossing_is_interpolated_from_either_side():
    values = np.stack([TIME, -TIME, np.full(5, 9.0), TIME], axis=1)
    crossing = crossing_time(TIME, values, np.array([2.0, -3.5, 1.0, 0.0]))
    assert_allclose(crossing, [2.0, 3.5, np.inf, 0.0], rtol=1e-14, atol=0)


def test_settling_counts_the_last_excursion():
    values = np.array([[0.0, 0.0, 9.0], [10.0, 0.0, 9.0], [10.0, 0.0, 9.0], [6.0, 0.0, 9.0], [10.0, 8.0, 9.0]])
    settled = settling_time(TIME, values, np.array([10.0, 4.0, 9.0]), band=1.0)
    # Column 0 comes back from 6 to 10 between 4 and 8: it enters the band of 1 after 3/4 of the way.
    assert_allclose(settled, [7.0, np.inf, 0.0], rtol=1e-14, atol=0)


def test_settling_of_an_exponential():
    time = np.linspace(0, 20, 20001)
    values = 1 - np.exp(-time)[:, None]
    assert_allclose(settling_time(time, values, np.array([1.0]), 1e-3), [np.log(1e3)], rtol=1e-6, atol=0)
