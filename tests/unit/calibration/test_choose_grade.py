"""The grade that calibration chooses: the cheapest that reaches half of what was asked for."""

import numpy as np
import pytest
from calibration_arrays import array_spec, draw, surface

from circuitsim.behavioral import GRADES
from circuitsim.calibration import calibrate
from circuitsim.calibration.calibrate import _excess, choose_grade
from circuitsim.errors import InputError
from circuitsim.results import GradeErrors


@pytest.fixture(scope="module")
def choose():
    spec, cell = array_spec(), surface(0.1)
    experiments = draw(spec, 2)
    return lambda max_rms: choose_grade(spec, cell, experiments, max_rms=max_rms)


@pytest.fixture(scope="module")
def rms(choose):
    return choose(1e-12)[1]


@pytest.mark.parametrize("grade", [1, 2, 3])
def test_half_of_what_was_asked_for_is_enough(choose, rms, grade):
    model, tried = choose(2.01 * rms[f"grade {grade}"].rms)
    assert model.grade == grade
    assert list(tried) == [f"grade {number}" for number in range(1, grade + 1)]  # the dearer ones are not tried


@pytest.mark.parametrize("grade", [1, 2])
def test_a_grade_that_reaches_more_than_half_is_passed_over(choose, rms, grade):
    for share in (1.01, 1.99):  # the hold-out may be twice as bad as the validation
        assert choose(share * rms[f"grade {grade}"].rms)[0].grade == grade + 1


def test_the_best_is_taken_where_none_is_good_enough(choose, rms):
    model, tried = choose(1e-12)
    assert f"grade {model.grade}" == min(tried, key=lambda name: tried[name].rms)
    assert list(tried) == [f"grade {number}" for number in GRADES] and tried == rms


@pytest.mark.parametrize(
    ("worst", "max_worst", "excess"),
    [
        (None, None, 0.8),  # 8e-5 of the 1e-4 that are half of 2e-4
        (3e-3, None, 0.8),  # nobody asked
        (None, 3e-3, 0.8),  # nothing was sought
        (1e-3, 3e-3, 0.8),  # 1e-3 of 2e-3 is the smaller excess
        (3e-3, 3e-3, 1.5),
    ],
)
def test_the_excess_of_a_grade_is_the_larger_of_its_errors_over_what_they_may_be(worst, max_worst, excess):
    assert _excess(GradeErrors(8e-5, worst), 2e-4, max_worst) == pytest.approx(excess, rel=1e-12)


@pytest.mark.parametrize("asked", [{"max_rms": 0.0}, {"max_rms": float("nan")}, {"max_worst": -1e-3}])
def test_errors_asked_for_are_above_0(spec, asked):
    ((name, _),) = asked.items()
    with pytest.raises(InputError, match=f"{name} = .*: expected a "):
        calibrate(spec, rng=np.random.default_rng(0), **asked)
