"""Limits, fronts and their volumes, beside what a hand finds."""

import numpy as np
import pytest

from circuitsim.campaign.fronts import excess, hypervolume, nearest_allowed, pareto_front, spread_along
from circuitsim.results import ResultLimit


def test_a_front_has_what_nothing_allowed_beats():
    goals = np.array([[1.0, 4.0], [2.0, 2.0], [4.0, 1.0], [3.0, 3.0], [0.0, 0.0], [np.nan, 0.0], [2.0, 2.0]])
    violation = np.array([0, 0, 0, 0, 0.1, 0, 0])
    assert pareto_front(goals, violation).tolist() == [True, True, True, False, False, False, True]


def test_volumes_are_those_of_boxes():
    corner = np.array([4.0, 4.0])
    assert hypervolume(np.array([[1.0, 3.0], [2.0, 2.0], [3.0, 1.0]]), corner) == pytest.approx(6.0)
    assert hypervolume(np.array([[1.0, 3.0], [1.5, 3.5], [5.0, 0.0]]), corner) == pytest.approx(3.0)
    boxes = np.array([[0.0, 2.0, 2.0], [2.0, 0.0, 2.0], [2.0, 2.0, 0.0]])
    assert hypervolume(boxes, np.full(3, 3.0)) == pytest.approx(3 * 3.0 - 3 * 1.0 + 1.0)


def test_an_excess_is_relative_to_the_limit():
    assert excess(ResultLimit("a.b", None, 2.0), 3.0) == 0.5
    assert excess(ResultLimit("a.b", 4.0, None), 3.0) == 0.25
    assert excess(ResultLimit("a.b", 1.0, 2.0), 2.0) == 0.0
    assert excess(ResultLimit("a.b", None, 0.0), 3.0) == 3.0
    assert nearest_allowed(np.array([np.nan, 0.5, 0.25])) == 2


def test_points_are_spread_along_a_front_with_its_ends_first():
    goals = np.array([[0.0, 10.0], [1.0, 9.0], [5.0, 5.0], [9.0, 1.0], [10.0, 0.0], [10.0, 0.0]])
    assert spread_along(goals, 3) == [0, 4, 2]
    assert sorted(spread_along(goals, 10)) == [0, 1, 2, 3, 4]
