"""What a run of a chain says of its outputs, on values whose answer is known."""

import warnings

import numpy as np
import pytest

from circuitsim.errors import ClippingWarning, SettlingWarning, SimulatorError
from circuitsim.truth.chain_judgement import judge_amplifiers, judge_codes, judge_settling, left_to_settle


@pytest.fixture(autouse=True)
def _silence_is_wanted():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("tau", [0.5, 1.0, 4.0])
def test_an_exponential_says_how_far_it_is(tau):
    time = np.array([8.0, 9.0, 10.0])
    left = left_to_settle(np.exp(-time / tau)[:, None])
    np.testing.assert_allclose(left, np.exp(-10 / tau), rtol=1e-9)


def test_an_output_that_rests_has_settled_and_one_that_drifts_has_not():
    assert left_to_settle(np.ones((3, 1)))[0] == 0
    assert left_to_settle(np.array([[0.0], [1.0], [2.0]]))[0] == pytest.approx(19.0)


def test_outputs_far_from_rest_are_told_and_farther_ones_refused():
    judge_settling(np.array([[0.1, 0.4]]), 1.0, "driver.t_read", "the output of 'amp'", None)
    with pytest.warns(
        SettlingWarning, match=r"the output of 'amp' of column 1 is still about 2 LSB .* in read 0; raise d"
    ):
        judge_settling(np.array([[0.1, 2.0]]), 1.0, "driver.t_read", "the output of 'amp'", None)
    with pytest.raises(SimulatorError, match=r"column 0 is still about 20 LSB .*read 1; raise .*it may never settle"):
        judge_settling(np.array([[0.1], [20.0]]), 1.0, "driver.t_read", "the output of 'amp'", None)


def test_an_amplifier_that_stops_following_is_told():
    current = np.linspace(1e-6, 1e-5, 10).reshape(2, 5)
    judge_amplifiers(current, 0.9 - 1e4 * current - 1e8 * current**2, "amp")  # bends, but follows
    clipped = np.maximum(0.9 - 1e5 * current, 0.15)
    with pytest.warns(
        ClippingWarning, match=r"'amp' of column 4 saturates in read 1: 1e-05 A leave its port 'out' at 0.15"
    ):
        judge_amplifiers(current, clipped, "amp")
    judge_amplifiers(-current, 0.9 + 1e4 * current, "amp")
    judge_amplifiers(np.zeros((2, 5)), np.zeros((2, 5)), "amp")


def test_one_read_with_all_outputs_at_their_end_is_told_by_what_they_were_at_rest():
    current, at_end = np.linspace(5e-6, 1e-5, 5)[None], np.full((1, 5), 0.15)
    judge_amplifiers(current, at_end, "amp")  # nothing to compare with
    for rest in (np.zeros(5), np.full(5, -1e-9)):  # what flows the other way at rest does not hide it
        with pytest.warns(ClippingWarning, match=r"'amp' of column 4 saturates in read 0: 1e-05 A .* at 0.15"):
            judge_amplifiers(current, at_end, "amp", (rest, np.full(5, 0.9)))
    judge_amplifiers(current, 0.9 - 5e4 * current, "amp", (np.zeros(5), np.full(5, 0.9)))


def test_codes_that_never_change_are_refused_and_clipped_ones_told():
    taken = np.linspace(0.1, 0.9, 12).reshape(3, 4)
    judge_codes(np.floor(taken * 256), taken, (0.0, 1.0), 8, "V", "adc", None)
    with pytest.raises(SimulatorError, match=r"'adc': its output stays at code 7 for inputs from 0.1 to 0.9 V"):
        judge_codes(np.full((3, 4), 7.0), taken, (0.0, 1.0), 8, "V", "adc", None)
    judge_codes(np.full((1, 2), 7.0), np.array([[0.5, 0.5]]), (0.0, 1.0), 8, "V", "adc", None)  # inputs are equal
    with pytest.warns(ClippingWarning, match=r"the ADC 'adc', 0 to 0.5 V, clips 50 % of the outputs, .* 0.1 to 0.9 V"):
        judge_codes(np.clip(np.floor(taken * 512), 0, 255), taken, (0.0, 0.5), 8, "V", "adc", None)


def test_an_output_that_begins_to_move_late_has_not_settled():
    assert left_to_settle(np.array([[0.0], [0.0], [1.0]])).item() == pytest.approx(19.0)  # as slow as any
    assert left_to_settle(np.array([[1.0], [1.0], [1.0]])).item() == 0.0
    assert left_to_settle(np.array([[0.0], [0.5], [0.75]])).item() == pytest.approx(0.25)
