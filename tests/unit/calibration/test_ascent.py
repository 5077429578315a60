"""Inputs climb on errors that are written down, so that every step is known beforehand."""

import numpy as np
import pytest
from calibration_arrays import array_spec

from circuitsim.calibration.ascent import flip_rows
from circuitsim.calibration.box import Box
from circuitsim.calibration.comparison import BothLevels, largest_of

REST, HALF, FULL = 0.0, 0.1, 0.2


class Landscape:
    """Reads of a one-column array of eight rows, whose error is a function of the inputs; counts its reads."""

    def __init__(self, error):
        self.box, self.error, self.batches = Box.of(array_spec(8, 1)), error, 0

    def errors(self, both, v_in, family):
        self.batches += 1
        return np.array([[self.error(v)] for v in v_in])

    def read(self, both, v_in, family):
        return largest_of(self.errors(both, v_in, family), both, v_in, family)

    def start(self, *v_in):
        nothing = BothLevels(np.zeros((8, 1)), None, None)
        return self.read(nothing, np.array([v_in]), "here")


def test_rows_that_each_help_turn_together_in_one_round():
    wanted = np.array([FULL, HALF, FULL, REST, REST, FULL, HALF, FULL])
    hills = Landscape(lambda v: 1.0 - np.abs(v - wanted).sum())
    found = flip_rows(hills, hills.start(*[REST] * 8))
    np.testing.assert_array_equal(found.v_in, wanted)
    assert found.error == 1.0 and found.family == "here"
    assert hills.batches == 1 + 2 + 1  # the start, one round of two batches, and one that finds nothing better


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ([REST] * 8, [HALF] * 8),
        ([FULL] * 8, [FULL] * 4 + [REST] * 4),
        ([FULL] * 8, [FULL] * 4 + [REST] * 2 + [FULL] * 2),
        ([REST] * 8, [FULL] * 2 + [REST] * 6),
        ([FULL, REST] * 4, [HALF, REST] * 4),
        ([FULL, REST] * 4, [FULL, HALF] * 4),
    ],
)
def test_blocks_of_rows_turn_where_no_single_row_helps(start, end):
    """All rows, a half, a quarter; those at one voltage, wherever they lie."""
    peak = Landscape(lambda v: 2.0 if np.array_equal(v, end) else 1.0 - 0.1 * (v != start).any())
    found = flip_rows(peak, peak.start(*start))
    assert found.error == 2.0
    np.testing.assert_array_equal(found.v_in, end)


@pytest.mark.parametrize(("gain", "taken"), [(0.9e-3, False), (1.1e-3, True)])
def test_a_gain_of_less_than_a_thousandth_is_no_step(gain, taken):
    step = Landscape(lambda v: 1.0 + gain if np.all(v == FULL) else 1.0 - 0.1 * np.any(v != REST))
    assert (flip_rows(step, step.start(*[REST] * 8)).error > 1.0) == taken


def test_what_cannot_be_improved_stays():
    flat = Landscape(lambda v: 1.0)
    start = flat.start(*[HALF] * 8)
    assert flip_rows(flat, start) is start
