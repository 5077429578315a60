"""Cells written in a closed loop, and the cells that it gives up."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.errors import InputError, OutsideRangeError, SpecError
from circuitsim.programming import BracketedReset, FixedTrain, PulseTiming, RampedReset, measure_one_shot, write_verify
from circuitsim.programming.write_deck import AMPLITUDES, READ, write_deck
from circuitsim.programming.write_options import WRITE_OPTIONS
from circuitsim.spec import parse_spec
from circuitsim.spice import cosimulate_points


def cell_spec(**device):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 1, "cols": 1, "cell": "1t1r"},
            "device": {"model": "rram_stanford_a", "g_min": 1e-6, "g_max": 1e-4, **device},
            "access": {"model": "nmos_130", "w": 2e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.1},
        }
    )


class Undecided:
    """A scheme of a user's that forgets to return."""

    def next_pulse(self, history, target, tolerance):
        pass


def test_targets_are_reached_and_every_write_gives_the_same_pulses():
    done = []
    targets = np.array([50e-6, 35e-6, 50e-6])
    found = write_verify(cell_spec(), targets, tolerance=1e-6, progress=lambda n, of: done.append((n, of)))
    assert found.reached.all() and found.failure == ("", "", "")
    assert np.abs(found.g - targets).max() <= 1e-6
    assert found.g[0] == found.g[2] and found.pulses[0] == found.pulses[2]
    assert np.all(found.sets >= 1) and np.all(found.pulses > found.sets)
    assert np.all(found.time_s > (found.pulses - 1) * 30e-9)
    # 546 pJ were measured for a SET at full compliance; these have a lower gate, and reads at 0.1 V take a thousandth.
    assert np.all((found.energy_write > 1e-11) & (found.energy_write < 1e-9))
    assert np.all((found.energy_read > 0) & (found.energy_read < 1e-2 * found.energy_write))
    assert done == [(1, 3), (2, 3), (3, 3)]


def reads_of(options):
    """Conductances [S] after a SET and five RESET pulses of rising amplitude."""
    timing, found = PulseTiming(), []
    amplitudes = [(2.8, 0.0, 1.3), *((0.0, 1.2 + 0.04 * k, 2.5) for k in range(5))]
    with cs.Cosimulation(write_deck(cell_spec(), timing, len(amplitudes) + 1), read=READ, options=options) as live:
        for n, pulse in enumerate(amplitudes):
            sources = dict(zip(AMPLITUDES, pulse, strict=True))
            found.append(-live.advance(n * timing.t_slot + timing.t_sample, sources)["i(bbl)"] / 0.1)
            live.advance((n + 0.95) * timing.t_slot)
    return np.array(found)


def test_reads_are_those_of_a_hundred_times_tighter_tolerances():
    tight = WRITE_OPTIONS | {"reltol": "1e-6", "abstol": "1e-14", "vntol": "1e-8"}
    found, exact = reads_of(WRITE_OPTIONS), reads_of(tight)
    assert_allclose(found, exact, atol=1e-7)  # 3.5 µS where the trapezoidal rule rings
    assert np.all(np.diff(exact) < 0) and exact[0] > 97e-6 and exact[-1] < 75e-6


class AtEveryPoint:
    """The loop of `write_verify`, asked at every point of the transient instead of at instants."""

    def __init__(self, target, tolerance):
        self.target, self.tolerance = target, tolerance
        self.scheme, self.timing = RampedReset(), PulseTiming()
        self.history, self.pulse, self.next_time = [], None, 0.0

    def __call__(self, t, values):
        if t < self.next_time:
            return {}
        if self.pulse is None:  # between pulses
            self.pulse = self.scheme.next_pulse(self.history, self.target, self.tolerance)
            self.next_time = len(self.history) * self.timing.t_slot + self.timing.t_sample
            return {key: getattr(self.pulse, key) for key in AMPLITUDES}
        g = -values["i(bbl)"] / 0.1
        self.history.append((self.pulse, g))
        self.pulse, self.next_time = None, self.next_time + 0.95 * self.timing.t_slot - self.timing.t_sample
        return None if abs(g - self.target) <= self.tolerance else {}


def test_both_modes_of_cosimulation_write_alike():
    target, tolerance = 40e-6, 1e-6
    deck = write_deck(cell_spec(), PulseTiming(), 101)
    options = WRITE_OPTIONS
    _, left = cosimulate_points(deck, AtEveryPoint(target, tolerance), read=READ, sources=AMPLITUDES, options=options)
    by_instants = write_verify(cell_spec(), [target], tolerance=tolerance)
    assert by_instants.reached[0] and len(left.history) == by_instants.pulses[0]
    assert_allclose(left.history[-1][1], by_instants.g[0], atol=0.2e-6)


def test_levels_of_eleven_bits_are_reached_between_amplitudes():
    level = 99e-6 / 2047
    targets = 1e-6 + level * np.array([300, 900, 1500])
    found = write_verify(cell_spec(), targets, tolerance=level / 2, scheme=BracketedReset())
    assert found.reached.all() and np.all(found.pulses <= 16) and np.all(2 * found.sets == found.pulses)


def test_one_pulse_from_a_measured_table():
    table = measure_one_shot(cell_spec(), [0.5, 0.6, *np.arange(1.2, 1.7, 0.02)])
    assert table.amplitudes[0] == 0.5 and table.amplitudes[1] >= 1.2  # 0.6 V lowers nothing
    assert 97e-6 < table.g[0] < 100e-6 and table.g[-1] < 10e-6
    targets = np.array([15e-6, 40e-6, 70e-6])
    found = write_verify(cell_spec(), targets, tolerance=0.5e-6, scheme=table)
    assert found.reached.all() and found.pulses.tolist() == [2, 2, 2]
    with pytest.raises(InputError, match="expected two or more amplitudes that lower it"):
        measure_one_shot(cell_spec(), [0.5, 0.6])
    with pytest.raises(InputError, match=r"amplitudes has shape \(2,\): expected \(amplitudes,\), two or more, rising"):
        measure_one_shot(cell_spec(), [0.6, 0.5])


def test_a_cell_that_is_at_its_target_gets_no_pulse():
    """0.4 µS is what a fresh cell has."""
    found = write_verify(cell_spec(), [1e-6, 50e-6], tolerance=1e-6)
    assert found.pulses[0] == 0 and found.reached.all() and found.pulses[1] > 0
    assert found.time_s[0] == 0 and found.energy_read[0] > 0 and abs(found.energy_write[0]) < 1e-18


def test_cells_are_given_up_with_the_reason():
    low = np.array([20e-6])
    few = write_verify(cell_spec(), low, tolerance=1e-9, most_pulses=3)
    assert few.failure == ("not reached after 3 pulses",) and not few.reached[0] and few.pulses[0] == 3
    weak = write_verify(cell_spec(), low, tolerance=1e-6, scheme=RampedReset(v_reset=0.5, v_reset_most=0.53))
    assert weak.failure == ("RESET would need more than v_reset_most = 0.53 V",)
    train = write_verify(cell_spec(), np.array([45e-6]), tolerance=1e-7, scheme=FixedTrain(v_reset=1.6))
    assert "does not come back" in train.failure[0]


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: write_verify(cell_spec(), [], tolerance=1e-6), InputError, r"targets has shape \(0,\)"),
        (lambda: write_verify(cell_spec(), [-1e-6], tolerance=1e-6), InputError, r"targets\[0\] = -1e-06 S: expected"),
        (lambda: write_verify(cell_spec(), [1e-5], tolerance=0.0), InputError, r"tolerance = 0\.0 S"),
        (lambda: write_verify(cell_spec(), [1e-5], tolerance=0.02), InputError, r"tolerance = 0\.02 S: .* below the"),
        (
            lambda: write_verify(cell_spec(), [1e-5, 1.2e-4], tolerance=1e-6),
            OutsideRangeError,
            r"targets\[1\] = 0\.00012 S: expected device\.g_min = 1e-06 S to device\.g_max = 0\.0001 S",
        ),
        (
            lambda: write_verify(cell_spec().replace(sense={"v_ref": 0.5}), [1e-5], tolerance=1e-6),
            SpecError,
            r"sense\.v_ref = 0\.5: writing in a loop does not simulate it, expected 0\.0",
        ),
        (
            lambda: write_verify(cell_spec(), [1e-5], tolerance=1e-6, scheme=Undecided()),
            InputError,
            "scheme: next_pulse returned None, expected a WritePulse",
        ),
        (
            lambda: write_verify(cell_spec(model="rram_sinh"), [1e-5], tolerance=1e-6),
            SpecError,
            "'rram_sinh' has no switching model",
        ),
        (
            lambda: write_verify(cell_spec(model="ecram", g_min=1e-6, g_max=1.5e-6), [1e-6], tolerance=1e-7),
            SpecError,
            "'ecram' has no switching model .* with the terminals te be st",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
