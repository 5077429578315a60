"""Inputs climb on errors that are written down, so that every step is known beforehand."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec

from circuitsim.calibration import ascent as ascent_module
from circuitsim.calibration.ascent import change_blocks, flip_rows
from circuitsim.calibration.box import Box
from circuitsim.calibration.comparison import BothLevels, Difference, largest_of

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


class Mountain(Landscape):
    """An array of 8 × 4 cells whose error is a function of the matrix and the inputs; counts its matrices."""

    def __init__(self, error):
        super().__init__(None)
        self.box, self.both_error, self.programs = Box.of(array_spec(8, 4)), error, 0

    def program(self, g):
        self.programs += 1
        return BothLevels(g, None, None)

    def errors(self, both, v_in, family):
        return np.array([[self.both_error(both.g, v)] for v in v_in])

    def begin(self):
        return self.read(BothLevels(np.full((8, 4), 1e-5), None, None), np.full((1, 8), REST), "here")


NOTHING = np.zeros((0, 8))


def test_twelve_changes_in_a_row_without_a_gain_end_an_ascent():
    flat = Mountain(lambda g, v: 1.0)
    start = flat.begin()
    assert change_blocks(flat, start, NOTHING, programs=40) is start and flat.programs == 12
    few = Mountain(lambda g, v: 1.0)
    assert change_blocks(few, few.begin(), NOTHING, programs=5).error == 1.0 and few.programs == 5
    many = Mountain(lambda g, v: 1.0)
    assert change_blocks(many, many.begin(), NOTHING, programs=60).error == 1.0 and many.programs == 18


def test_flips_after_a_round_let_the_first_changes_help_again():
    """The far quarter of the erring column helps alone; with all rows driven its second quarter helps as well."""

    def error(g, v):
        far, second, driven = np.all(g[:2, 0] == 1e-6), np.all(g[2:4, 0] == 1e-6), np.all(v == FULL)
        return 1.0 + far + (far and driven) + (far and driven and second)

    mountain = Mountain(error)
    found = change_blocks(mountain, mountain.begin(), NOTHING, programs=40)
    assert found.error == 4.0 and mountain.programs < 40
    assert np.all(found.both.g[:4, 0] == 1e-6) and np.all(found.v_in == FULL)


def test_ascents_far_behind_the_best_end_after_two_rounds(monkeypatch):
    """Errors after two rounds are 1.0, 0.86 and 0.84: the last one is left where it is."""
    rounds, after_two = [], {"a": 1.0, "b": 0.86, "c": 0.84}

    def flip(search, start, rounds_asked=rounds, **asked):
        rounds_asked.append((start.family, asked.get("rounds")))
        return replace(start, error=after_two[start.family])

    monkeypatch.setattr(ascent_module, "flip_rows", flip)
    starts = [Difference(0.5, None, np.zeros(3), 0, family) for family in after_two]
    done = []
    found = ascent_module.flip_promising(None, starts, done=lambda: done.append(len(rounds)))
    assert [each.family for each in found] == ["a", "b", "c"] and done == [1, 2, 3]
    assert rounds == [("a", 2), ("b", 2), ("c", 2), ("a", None), ("b", None)]


def test_halves_quarters_and_eighths_of_the_rows_change_together():
    changed = ascent_module._joint_changes(np.full(16, HALF), (REST, FULL))
    together = {tuple(np.flatnonzero(each != HALF).tolist()) for each in changed}
    whole, halves = {tuple(range(16))}, {tuple(range(k, k + 8)) for k in (0, 8)}
    quarters, eighths = ({tuple(range(k, k + size)) for k in range(0, 16, size)} for size in (4, 2))
    assert together == whole | halves | quarters | eighths and len(changed) == 2 * len(together)
