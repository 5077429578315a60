"""The budget closes, and every cause in it is what its closed form, or a solve of its own, says."""

import numpy as np
import pytest
from calibration_arrays import array_spec, draw, surface
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.calibration import error_budget
from circuitsim.calibration.budget import _without_gain, budget_outputs
from circuitsim.calibration.drawn import device_statistics
from circuitsim.errors import InputError

BEND = 0.1


@pytest.fixture(scope="module")
def array():
    return array_spec(driver={"dac_bits": 5}, adc={"bits": 6})


@pytest.fixture(scope="module")
def experiments(array):
    return draw(array, 3)


@pytest.fixture(scope="module")
def found(array, experiments):
    return error_budget(array, surface(BEND), experiments, rng=np.random.default_rng(0))


@pytest.fixture(scope="module")
def outputs(array, experiments):
    return budget_outputs(array, surface(BEND), experiments, rng=np.random.default_rng(0))


def test_it_closes_when_recomputed_from_the_outputs(found, outputs):
    scale = np.abs(outputs.ideal).max()
    errors = {name: (out - outputs.ideal) / scale for name, out in outputs.single.items()}
    total = np.mean(((outputs.together - outputs.ideal) / scale) ** 2)
    assert {cause.name: cause.power for cause in found.causes} == {n: np.mean(e**2) for n, e in errors.items()}
    assert_allclose(found.total, total, rtol=1e-12, atol=0)
    assert_allclose(found.sum_of_causes + found.interaction, total, rtol=1e-10, atol=0)
    cross = np.mean(np.sum(list(errors.values()), axis=0) ** 2) - sum(np.mean(e**2) for e in errors.values())
    assert_allclose(found.correlation, cross, rtol=1e-9, atol=0)
    assert found.outputs == 2 * 11 * 10 and found.left_out == () and outputs.open_share == 0.0


def test_causes_are_what_closed_forms_say(found, array, experiments):
    """Without wires a row's driver sees the sum of its cells, a column's sense resistance the sum of its own."""
    scale = max(np.abs(e.v_in @ e.g).max() for e in experiments)

    def power(out):
        return np.mean(np.concatenate([(o - e.v_in @ e.g).ravel() for o, e in zip(out, experiments, strict=True)]) ** 2)

    power_of = {cause.name: cause.power for cause in found.causes}
    driver = [(e.v_in / (1 + 60.0 * e.g.sum(axis=1))) @ e.g for e in experiments]
    sense = [(e.v_in @ e.g) / (1 + 40.0 * e.g.sum(axis=0)) for e in experiments]
    cells = [(e.v_in * (1 + BEND * (8 * e.v_in - 1))) @ e.g for e in experiments]
    rounded = [(np.rint(e.v_in * 31 / 0.2) * 0.2 / 31) @ e.g for e in experiments]
    for name, out in (("driver", driver), ("sense", sense), ("cells", cells), ("dac", rounded)):
        assert_allclose(power_of[name], power(out) / scale**2, rtol=1e-8, atol=0, err_msg=name)


def test_all_together_is_the_solved_array(array, experiments):
    plain = array_spec()
    outputs = budget_outputs(plain, surface(BEND), experiments, rng=np.random.default_rng(0))
    assert set(outputs.single) == {"cells", "wires", "driver", "sense"}
    exact = [nodal.read(nodal.prepare(plain, e.g, surface(BEND)), e.v_in).out.ravel() for e in experiments]
    assert_allclose(outputs.together, np.concatenate(exact), rtol=1e-12, atol=0)


def test_an_ideal_array_has_no_error(experiments):
    ideal = array_spec(wire={"r_row": 0, "r_col": 0}, driver={"r_out": 0}, sense={"r_in": 0})
    found = error_budget(ideal, surface(0.0), experiments, rng=np.random.default_rng(0))
    assert max(found.total, *(cause.power for cause in found.causes)) < 1e-24  # rounding of float64, squared


def test_a_device_without_statistics_says_so():
    statistics, left_out = device_statistics(array_spec())
    assert statistics is None
    assert left_out == ("programming error and read noise: the card rram_sinh has no statistics",)


def test_nothing_to_split_is_refused(array):
    with pytest.raises(InputError, match="at least one matrix"):
        error_budget(array, surface(BEND), [], rng=np.random.default_rng(0))


def test_an_adc_of_stated_full_scale_keeps_it(array, experiments, outputs, found):
    largest = float(outputs.ideal.max())
    stated = array.replace(adc={"bits": 6, "full_scale": largest})
    power = {cause.name: cause.power for cause in found.causes}["adc"]
    same = error_budget(stated, surface(BEND), experiments, rng=np.random.default_rng(0))
    assert_allclose({cause.name: cause.power for cause in same.causes}["adc"], power, rtol=1e-12, atol=0)
    wide = error_budget(
        stated.replace(adc={"full_scale": 4 * largest}), surface(BEND), experiments, rng=np.random.default_rng(0)
    )
    assert {cause.name: cause.power for cause in wide.causes}["adc"] > 4 * power


def test_a_common_gain_is_taken_out_and_the_rest_squared():
    """Outputs of 0.8 and 1.8 for 1 and 2: a gain of 4.4/5 leaves 0.08 and 0.04 below and above."""
    gain, rest = _without_gain(np.array([0.8, 1.8]), np.array([1.0, 2.0]), 0.5)
    assert gain == pytest.approx(0.88) and rest == pytest.approx((0.08**2 + 0.04**2) / 2 / 0.25)
