"""Which statistics of a device hold for an array, and how far its cells have to be known for what they draw."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec

from circuitsim.calibration import drawn
from circuitsim.calibration.drawn import device_statistics, drawn_reach, open_share
from circuitsim.characterization import stepped_conductances
from circuitsim.devices import device_card
from circuitsim.devices.statistics import programming_sigma, read_statistics


def device(model, g_min, g_max):
    return array_spec(device={"model": model, "g_min": g_min, "g_max": g_max})


@pytest.mark.parametrize(
    ("g_min", "g_max", "hold"),
    [
        *((6e-5, 2e-4, True), (6e-5 * (1 - 1e-10), 2e-4 * (1 + 1e-10), True), (7e-5, 1.9e-4, True)),
        *((5.9e-5, 1.9e-4, False), (7e-5, 2.1e-4, False), (6e-5 * (1 - 1e-8), 2e-4, False)),
        (6e-5, 2e-4 * (1 + 1e-8), False),
    ],
)
def test_statistics_hold_up_to_the_ends_of_their_range(monkeypatch, g_min, g_max, hold):
    """A source that says less than the card: 60 to 200 of its 50 to 225 uS."""
    monkeypatch.setattr(drawn, "read_statistics", lambda card: replace(read_statistics(card), g_min=6e-5, g_max=2e-4))
    spec = device("rram_milo", g_min, g_max)
    found, reasons = device_statistics(spec)
    assert (found is not None) == (drawn_reach(spec) is not None) == hold
    if not hold:
        assert reasons[0].startswith(
            "programming error and read noise: the statistics of rram_milo hold from 6e-05 to 0.0002 S, not from"
        )


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (device("rram_sinh", 1e-6, 1e-4), "the card rram_sinh has no statistics"),
        (device("mtj_pma", 4.79958e-05, 0.000166667), "the card mtj_pma has no statistics"),
    ],
)
def test_a_device_without_statistics_draws_nothing(spec, words):
    found, (reason,) = device_statistics(spec)
    assert found is None and reason.endswith(words)
    assert drawn_reach(spec) is None


@pytest.mark.parametrize(("model", "g_min", "g_max"), [("rram_wan", 1e-6, 3.9e-5), ("rram_milo", 5e-5, 2e-4)])
def test_cells_are_known_six_sigmas_beyond_the_ends(model, g_min, g_max):
    """Up to the next step of 25 % above, and down to an open cell below."""
    spec = device(model, g_min, g_max)
    sigma = programming_sigma(device_statistics(spec)[0], np.array([g_min, g_max]))
    low, high = drawn_reach(spec)
    assert low == pytest.approx(1e-9 * g_min, rel=1e-9)
    assert g_max + 6 * sigma[1] <= high < 1.25 * (g_max + 6 * sigma[1])


def test_the_share_of_open_cells_counts_what_should_conduct():
    wanted, found = np.array([[1e-6, 2e-6], [0.0, 3e-6]]), np.array([[0.0, 2e-6], [0.0, 3e-6]])
    assert open_share([(wanted, found)]) == pytest.approx(1 / 3)
    assert open_share([(wanted, found), (np.full((3, 2), 1e-6), np.zeros((3, 2)))]) == pytest.approx(7 / 9)


def test_the_reach_is_six_sigmas_beyond_both_ends():
    spec = device("rram_milo", 6e-5, 2e-4)
    sigma = programming_sigma(read_statistics(device_card(spec)), np.array([6e-5, 2e-4]))
    low, high = drawn_reach(spec)
    wanted = stepped_conductances(spec, np.array([6e-5, 2e-4]) + np.array([-6, 6]) * sigma)
    assert (low, high) == tuple(wanted) and drawn.MARGIN == 6.0
