"""The grade that calibration chooses: the cheapest that reaches half of what was asked for."""

import pytest
from calibration_arrays import array_spec, draw, surface

from circuitsim.behavioral import GRADES
from circuitsim.calibration.calibrate import choose_grade


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
