"""Differences in the terms of a claim, and verdicts."""

import math

import pytest

from circuitsim.errors import InputError
from circuitsim.studies import judge_study, value_deviations
from circuitsim.studies.claim import StudyClaim

COMMON = {"name": "i", "quantity": "current", "unit": "A", "where": "table 1", "reason": "digits"}


def study(*deviations, **claim):
    head = {"schema": 1, "title": "A study", "paper": "Somebody", "kind": "number", "deviations": deviations}
    return StudyClaim(**head, claims=[COMMON | claim])


@pytest.mark.parametrize(
    ("limit", "found", "deviation", "verdict"),
    [
        ({"relative": 0.1}, (1.05, 10.0), 0.05, "agrees"),
        ({"relative": 0.01}, (1.05, 10.0), 0.05, "disagrees"),
        ({"of_largest": 0.01}, (1.05, 10.0), 0.005, "agrees"),
        ({"absolute": 0.04}, (1.05, 10.0), 0.05, "disagrees"),
        ({"absolute": 1.0}, (math.nan, 10.0), math.nan, "disagrees"),
    ],
)
def test_values(limit, found, deviation, verdict):
    (row,) = judge_study(study(values={"a": (1.0, 10.0)}, **limit), {"a": {"i": found}})
    assert row.deviation == pytest.approx(deviation, nan_ok=True)
    assert row.verdict == verdict


def test_a_relative_difference_from_zero_is_infinite_unless_it_is_zero():
    claim = study(values={"a": 0.0, "b": 0.0}, relative=1e-3)
    rows = judge_study(claim, {"a": {"i": (0.0,)}, "b": {"i": (1e-30,)}})
    assert [row.deviation for row in rows] == [0.0, math.inf]


@pytest.mark.parametrize(("found", "off"), [(0.5, 0.5), (1.0, 0.0), (2.0, 0.0), (2.25, 0.25)])
def test_bounds(found, off):
    (row,) = judge_study(study(bounds={"a": {"least": 1.0, "most": 2.0}}), {"a": {"i": (found,)}})
    assert (row.deviation, row.verdict) == (off, "agrees" if off == 0 else "disagrees")


@pytest.mark.parametrize(
    ("bounds", "found", "verdict"),
    [
        ({"least": 1.0}, math.inf, "agrees"),
        ({"most": 1.0}, -math.inf, "agrees"),
        ({"least": 1.0}, -math.inf, "disagrees"),
        ({"least": 1.0}, math.nan, "disagrees"),
        ({"most": 1.0}, math.nan, "disagrees"),
    ],
)
def test_what_is_infinite_lies_within_a_bound_of_the_other_side(bounds, found, verdict):
    (row,) = judge_study(study(bounds={"a": bounds}), {"a": {"i": (found,)}})
    assert row.verdict == verdict and math.isnan(value_deviations(row)[0]) == math.isnan(found)


def test_an_explanation_reaches_as_far_as_it_says():
    why = {"claim": "i", "cases": ["a"], "up_to": 0.2, "explanation": "another process"}
    claim = study(why, values={"a": 1.0, "b": 1.0}, relative=0.1)
    rows = judge_study(claim, {"a": {"i": (1.15,)}, "b": {"i": (1.15,)}})
    assert [(row.verdict, row.explanation) for row in rows] == [("explained", "another process"), ("disagrees", "")]
    (row, _) = judge_study(claim, {"a": {"i": (1.25,)}, "b": {"i": (1.0,)}})
    assert row.verdict == "disagrees"


@pytest.mark.parametrize(
    ("computed", "said"),
    [
        ({"b": {"i": (1.0,)}}, "no case of cases"),
        ({"a": {}}, "returned no 'i'"),
        ({"a": {"i": (1.0, 2.0)}}, "2 values of 'i', expected 1"),
        ({"a": {"i": (1.0,), "j": (1.0,)}}, "'j', which no claim states"),
    ],
)
def test_computed_values_that_do_not_fit(computed, said):
    with pytest.raises(InputError, match=said):
        judge_study(study(values={"a": 1.0}, relative=0.1), computed)
