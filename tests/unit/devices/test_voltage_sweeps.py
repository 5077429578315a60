"""Sweeps: where a voltage turns, which currents belong together."""

from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.devices.measurement import Measurement
from circuitsim.devices.voltage_sweeps import find_sweeps, split_states, sweep_ratio
from circuitsim.errors import InputError

UP = np.linspace(0, 1, 21)
DOWN = UP[::-1]


def measured(v, i):
    return Measurement(Path("iv.csv"), np.asarray(v), np.asarray(i), None)


@pytest.mark.parametrize(
    ("v", "lengths"),
    [
        (UP, [21]),
        (np.concatenate([UP, DOWN]), [21, 21]),  # the largest voltage twice: once on each side
        (np.concatenate([UP, DOWN[1:]]), [21, 20]),
        (np.concatenate([UP, UP]), [21, 21]),
        (np.concatenate([UP, DOWN[1:], -UP[1:], -DOWN[1:]]), [21, 40, 20]),
        (np.zeros(5), [5]),
        (np.array([0.0, 1.0]), [2]),
    ],
)
def test_a_sweep_ends_where_the_voltage_turns(v, lengths):
    assert [len(each) for each in find_sweeps(v)] == lengths
    assert np.concatenate(find_sweeps(v)).tolist() == list(range(len(v)))


def test_noise_of_the_source_is_no_turn():
    noisy = np.repeat(UP, 3) + 2e-3 * np.random.default_rng(0).standard_normal(63)
    assert len(find_sweeps(noisy)) == 1


def test_a_bipolar_loop_is_told_apart_by_its_conductance():
    v = np.concatenate([UP, DOWN[1:], -UP[1:], -DOWN[1:]])
    on = np.zeros(len(v), bool)
    on[21:61] = True
    m = measured(v, np.where(on, 3e-5, 1e-6) * v)
    assert_allclose(sweep_ratio(m), 30, rtol=1e-12, atol=0)
    low, high = split_states(m, 0.2)
    assert_allclose(high.i, 3e-5 * v[on], rtol=1e-15, atol=0)
    assert_allclose(low.i, 1e-6 * v[~on], rtol=1e-15, atol=0)


def test_one_state_is_not_divided():
    with pytest.raises(InputError, match=r"iv\.csv: its 2 sweeps agree within 10% at 0\.2 V, which is one state"):
        split_states(measured(np.concatenate([UP, DOWN]), np.concatenate([UP, 1.1 * DOWN])), 0.2)
    short = np.r_[UP, DOWN[:5]]
    with pytest.raises(InputError, match=r"5 points with a voltage other than 0 in the state of high conductance, exp"):
        split_states(measured(short, np.r_[UP, 9 * DOWN[:5]]), 0.2)
    with pytest.raises(InputError, match=r"iv\.csv: one sweep of the voltage, expected two or more"):
        split_states(measured(UP, UP), 0.2)
