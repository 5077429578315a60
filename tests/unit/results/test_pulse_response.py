"""A pulse response: its symmetry point, its step, what it calls unverified, and what it refuses."""

import numpy as np
import pytest

from circuitsim.devices import stated_pulse_response
from circuitsim.errors import InputError
from circuitsim.results import PulseResponse, stated_pulses
from circuitsim.spec import parse_spec

SOFT = PulseResponse(np.array([1e-6, 1e-4]), np.array([2e-6, 0.0]), np.array([0.0, -1e-6]))


def test_alternating_pulses_end_at_the_symmetry_point():
    """Up and down once each, again and again, from both bounds."""
    for g in SOFT.g:
        for _ in range(2000):
            g += np.interp(g, SOFT.g, SOFT.up)
            g += np.interp(g, SOFT.g, SOFT.down)
        assert abs(g - SOFT.symmetry_point) < SOFT.step
    assert SOFT.symmetry_point == pytest.approx(1e-6 + 99e-6 * 2 / 3)  # 2 (1 − x) = x
    assert SOFT.step == pytest.approx(2e-6 / 3)


def test_steps_alike_within_their_error_have_no_point_that_rounding_sets():
    """Of 1e-8 S, steps differ by 1e-13 S: rounding would name a point, but pairs cancel as far as is known."""
    g, step = np.linspace(1e-6, 1e-4, 5), np.full(5, 1e-8)
    wobble = 1e-13 * np.array([1.0, 1.0, -1.0, 1.0, -1.0])
    exact = PulseResponse(g, step + wobble, -step)
    assert exact.symmetry_point == pytest.approx(3.8e-5, abs=1e-5) and exact.has_symmetry_point
    known = PulseResponse(g, step + wobble, -step, step_error=1e-12)
    assert known.symmetry_point == pytest.approx(5.05e-5) and not known.has_symmetry_point
    ends = PulseResponse(g, np.array([1e-8, 1e-8, 1e-8, 1e-8, 0.0]), -np.array([0.0, 1e-8, 1e-8, 1e-8, 1e-8]))
    assert ends.symmetry_point == pytest.approx(5.05e-5) and not ends.has_symmetry_point
    rising = PulseResponse(g, 2 * step, -step)
    assert rising.symmetry_point == 1e-4 and not rising.has_symmetry_point
    assert SOFT.has_symmetry_point


def test_a_value_without_source_is_unverified():
    assert stated_pulses(SOFT, {"endurance": 1e6}).unverified == ("steps", "endurance")
    known = stated_pulses(SOFT, {"endurance": 1e6, "energy_up": 1e-12}, source="a paper")
    assert known.unverified == ("steps",)
    assert known.energy_up.tolist() == [1e-12, 1e-12]


@pytest.mark.parametrize(
    ("values", "match"),
    [
        ({"duration": 0.0}, r"duration = 0\.0 s: expected a number above 0"),
        ({"write_noise": -1.0}, r"write_noise = -1\.0: expected a number, 0 or above"),
        ({"endurance": 0.0}, r"endurance = 0\.0 pulses"),
        ({"width": 1.0}, r"width = 1\.0: expected one of write_noise"),
    ],
)
def test_values_that_cannot_be_used_are_refused(values, match):
    with pytest.raises(InputError, match=match):
        stated_pulses(SOFT, values)


def test_steps_of_the_wrong_sign_are_refused():
    with pytest.raises(InputError, match="expected up >= 0 and down <= 0"):
        PulseResponse(SOFT.g, -SOFT.up, SOFT.down)
    with pytest.raises(InputError, match="expected pulses that change"):
        PulseResponse(SOFT.g, SOFT.up, np.zeros(2))


def card_of(model):
    low, high = {"ecram": (0.1e-6, 1.6e-6), "rram_stanford_a": (1e-6, 1e-4), "rram_sinh": (1e-6, 1e-4)}[model]
    return stated_pulse_response(
        parse_spec(
            {
                "schema": 1,
                "array": {"rows": 2, "cols": 2, "cell": "1r"},
                "device": {"model": model, "g_min": low, "g_max": high},
                "wire": {"r_row": 1.0, "r_col": 1.0},
                "driver": {"v_read": 0.1},
            }
        )
    )


def test_a_card_states_its_pulses_or_the_refusal_says_what_gives_them():
    """The steps of aihwkit's preset cross at the weight 0, 0.4138 of its range, with 0.002 of 2."""
    ecram = card_of("ecram")
    assert ecram.symmetry_point == pytest.approx(0.1e-6 + 1.5e-6 * 0.8276 / 2, rel=1e-4)
    assert ecram.step == pytest.approx(0.001 * 1.5e-6, rel=1e-4)
    assert ecram.unverified == ()
    with pytest.raises(InputError, match=r"states no pulses.*measure_pulse_response measures"):
        card_of("rram_stanford_a")
    with pytest.raises(InputError, match=r"states no pulses.*results\.PulseResponse takes"):
        card_of("rram_sinh")
