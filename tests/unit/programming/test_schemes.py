"""Rules of writing, as functions of what was read so far."""

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.programming import BracketedReset, FixedTrain, OneShot, PulseTiming, RampedReset, WritePulse
from circuitsim.results import Provenance, WriteDisturb

SET, TARGET, TOLERANCE = WritePulse("set", 2.8, 0.0, 1.3), 20e-6, 1e-6


def reset(v):
    return WritePulse("reset", 0.0, v, 2.5)


def is_reset(pulse, v):
    """Tell whether a pulse is a RESET of this amplitude, to rounding."""
    return pulse == reset(pulse.v_sl) and pulse.v_sl == pytest.approx(v)


def following(*history, scheme=None):
    return (scheme or RampedReset()).next_pulse(list(history), TARGET, TOLERANCE)


def test_a_fresh_cell_is_set_until_it_conducts():
    assert following() == SET
    assert following((SET, 60e-6)) == SET
    assert following((SET, 95e-6)) == reset(1.2)


def test_resets_rise_step_by_step():
    history = [(SET, 95e-6), (reset(1.2), 80e-6), (reset(1.22), 60e-6)]
    assert is_reset(following(*history), 1.24)


def test_a_reset_too_far_is_followed_by_a_set_and_finer_steps_from_lower_down():
    history = [(SET, 95e-6), (reset(1.2), 80e-6), (reset(1.22), 5e-6)]
    assert following(*history) == SET
    history += [(SET, 95e-6)]
    assert is_reset(following(*history), 1.22 - 0.15)
    history += [(reset(1.07), 70e-6)]
    assert is_reset(following(*history), 1.07 + 0.01)


def test_a_cell_that_needs_more_than_allowed_is_given_up():
    scheme = RampedReset(v_reset_most=1.21)
    told = following((SET, 95e-6), (reset(1.2), 94e-6), scheme=scheme)
    assert told == "RESET would need more than v_reset_most = 1.21 V"


def test_a_fixed_train_does_not_come_back():
    scheme = FixedTrain()
    assert following(scheme=scheme).kind == "set"
    assert following((SET, 95e-6), scheme=scheme) == reset(1.4)
    assert following((SET, 95e-6), (reset(1.4), 5e-6), scheme=scheme) == (
        "a pulse went below the target, and this scheme does not come back"
    )


def test_a_reset_between_one_that_fell_short_and_one_that_went_too_far():
    scheme = BracketedReset(v_reset=1.0, v_reset_most=2.0)
    history = [(SET, 95e-6)]
    assert following(*history, scheme=scheme) == reset(1.5)
    history += [(reset(1.5), 40e-6)]
    assert following(*history, scheme=scheme) == SET
    history += [(SET, 80e-6)]
    assert following(*history, scheme=scheme) == SET
    history += [(SET, 95e-6)]
    assert following(*history, scheme=scheme) == reset(1.75)
    history += [(reset(1.75), 5e-6), (SET, 95e-6)]
    third = 1.5 + 0.25 * np.log(40 / 20) / np.log(40 / 5)  # log g falls from 40 µS to 5 µS; 20 µS is wanted
    assert is_reset(following(*history, scheme=scheme), third)
    history += [(reset(1.6), 20.000001e-6), (SET, 95e-6)]  # interpolated too near to an end: a tenth of the way
    assert is_reset(following(*history, scheme=scheme), 1.615)


def test_a_level_that_no_amplitude_reaches_is_given_up():
    history = [(reset(1.5), 40e-6), (SET, 95e-6), (reset(1.500001), 5e-6), (SET, 95e-6)]
    told = "a RESET of 1.500000 V falls short and one of 1.500001 V goes too far"
    assert following(*history, scheme=BracketedReset()) == told
    with pytest.raises(InputError, match=r"v_reset = 3 V: expected less than v_reset_most = 2\.5 V"):
        BracketedReset(v_reset=3.0)


def test_one_pulse_from_a_table():
    scheme = OneShot((1.0, 1.4, 1.6), (90e-6, 40e-6, 10e-6))
    assert following(scheme=scheme) == SET
    # 20 µS is the geometric mean of 40 and 10
    assert is_reset(following((SET, 95e-6), scheme=scheme), 1.5)
    assert following((SET, 95e-6), (reset(1.5), 30e-6), scheme=scheme) == "not reached by its one pulse"
    told = OneShot((1.0, 1.4), (90e-6, 40e-6)).next_pulse([], TARGET, TOLERANCE)
    assert told == "the table goes from 4e-05 S to 9e-05 S"


@pytest.mark.parametrize(
    ("amplitudes", "g", "sentence"),
    [
        ((1.0, 1.2), (9e-5,), "amplitudes and g have 2 and 1 values: expected as many"),
        ((1.0,), (9e-5,), "expected as many, two or more"),
        ((1.2, 1.0), (9e-5, 1e-5), "amplitudes = .* expected rising numbers above 0"),
        ((1.0, 1.2), (1e-5, 9e-5), "g = .* expected falling numbers above 0"),
        ((1.0, float("nan")), (9e-5, 1e-5), "amplitudes = .* expected rising numbers above 0"),
    ],
)
def test_tables_that_lead_nowhere_are_refused(amplitudes, g, sentence):
    with pytest.raises(InputError, match=sentence):
        OneShot(amplitudes, g)


@pytest.mark.parametrize(
    "scheme", [lambda: OneShot((1.0, 1.2), (9e-5, 1e-5), v_set=-1.0), lambda: FixedTrain(v_set=-1.0)]
)
def test_voltages_below_0_are_refused(scheme):
    with pytest.raises(InputError, match=r"v_set = -1\.0: expected a number above 0"):
        scheme()


def test_slots_that_do_not_fit_are_refused():
    timing = PulseTiming()
    assert timing.t_read_begin == pytest.approx(13.5e-9)
    assert timing.t_read_begin < timing.t_sample < timing.t_fallen < timing.t_slot
    with pytest.raises(InputError, match=r"t_slot = 2e-08 s: expected more than 2\.6\d*e-08 s"):
        PulseTiming(t_slot=20e-9)
    with pytest.raises(InputError, match=r"t_edge = 0 s: expected a time above 0"):
        PulseTiming(t_edge=0)
    with pytest.raises(InputError, match=r"v_step = -0\.1: expected a number above 0"):
        RampedReset(v_step=-0.1)


def test_disturb_by_hand():
    """Two pulses move a cell by 1e-4 and 3e-4 of its conductance: the last one by 2e-4, fifty of which are 1 %."""
    state = np.zeros((1, 3, 1, 2))
    state[0, 1:, 0, 1] = 1e-4, 3e-4
    state[0, 1:, 0, 0] = 0.5  # the written cell
    nothing = np.zeros(1)
    found = WriteDisturb(
        (0, 0), "set", "v/2", np.ones(1), state, np.full((1, 2), 1e-5), np.full((1, 1, 2), 1e-5),
        np.array([[2.0, -1.0]]), nothing, nothing, nothing, Provenance("ngspice", None),
    )  # fmt: skip
    assert found.others.tolist() == [[False, True]]
    np.testing.assert_allclose(found.change[0, :, 0, 1], [-1e-4, -3e-4])
    np.testing.assert_allclose(found.per_pulse, [2e-4])
    np.testing.assert_allclose(found.pulses_until(0.01), [50.0])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"kind": "sett"}, r"kind = 'sett': expected 'set' or 'reset'"),
        ({"v_bl": 1e6}, r"v_bl = 1000000\.0: expected a voltage from -30 to 30 V"),
        ({"v_sl": float("nan")}, r"v_sl = nan: expected a voltage from -30 to 30 V"),
        ({"v_gate": "2.5"}, r"v_gate = '2\.5': expected a voltage from -30 to 30 V"),
        ({"v_gate": None}, r"v_gate = None: expected a voltage from -30 to 30 V"),
    ],
)
def test_a_pulse_that_is_none_is_refused(change, sentence):
    with pytest.raises(InputError, match=sentence):
        WritePulse(**{"kind": "set", "v_bl": 1.2, "v_sl": 0.0, "v_gate": 2.5} | change)
    assert WritePulse("reset", -20.0, np.float64(1.0), 30).v_bl == -20.0
