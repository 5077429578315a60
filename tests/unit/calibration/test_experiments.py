from dataclasses import replace

import numpy as np
import pytest

from circuitsim.calibration.experiments import (
    HOLD_OUT_MATRICES,
    HOLD_OUT_VECTORS,
    INPUT_KINDS,
    MATRIX_KINDS,
    draw_inputs,
    draw_matrix,
    hold_out_experiments,
    input_side,
    random_experiments,
)
from circuitsim.calibration.solve_experiments import solve_in_nodal
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.nodal import ohmic
from circuitsim.results import SenseTable
from circuitsim.spec import parse_spec


@pytest.fixture(scope="module")
def spec():
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 12, "cols": 7, "cell": "1r"},
            "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 1, "r_col": 1},
            "driver": {"v_read": 0.2},
        }
    )


@pytest.mark.parametrize("kind", MATRIX_KINDS)
def test_matrices_stay_in_the_devices_range(spec, kind):
    g = draw_matrix(kind, spec, np.random.default_rng(0))
    assert g.shape == (12, 7)
    assert g.min() >= spec.device.g_min * (1 - 1e-12) and g.max() <= spec.device.g_max * (1 + 1e-12)
    assert np.ptp(g) > 0


@pytest.mark.parametrize("kind", INPUT_KINDS)
def test_inputs_stay_between_zero_and_the_read_voltage(spec, kind):
    v_in = draw_inputs(kind, 5, spec, np.random.default_rng(0))
    assert v_in.shape == (5, 12)
    assert v_in.min() >= 0 and v_in.max() <= 0.2


def test_experiments_name_every_vector_and_repeat_with_the_seed(spec):
    draw = [
        random_experiments(
            spec, np.random.default_rng(3), matrices=("uniform", "binary"), vectors={"sparse": 2, "all_on": 1}
        )
        for _ in range(2)
    ]
    assert draw[0][0].input_kinds == ("sparse", "sparse", "all_on")
    assert np.all(draw[0][0].v_in[2] == 0.2)
    for a, b in zip(*draw, strict=True):
        assert np.array_equal(a.g, b.g) and np.array_equal(a.v_in, b.v_in)


@pytest.mark.parametrize("kind", MATRIX_KINDS)
def test_a_device_with_two_states_gets_no_other_conductance(spec, kind):
    low, high = 4.79958e-05, 0.000166667
    two = spec.replace(device={"model": "mtj_pma", "g_min": low, "g_max": high})
    g = draw_matrix(kind, two, np.random.default_rng(0))
    assert set(np.unique(g)) == {low, high}


def test_added_kinds_leave_the_draws_of_the_others(spec):
    rng, alone = np.random.default_rng(3), np.random.default_rng(3)
    experiments = hold_out_experiments(spec, rng, added=np.random.default_rng(9))
    usual = random_experiments(spec, alone, matrices=HOLD_OUT_MATRICES, vectors=HOLD_OUT_VECTORS)
    assert experiments[:3] == usual and rng.random() == alone.random()
    assert [e.matrix_kind for e in experiments[3:]] == ["dense", "hot", "differential"]
    assert {kind for e in experiments for kind in e.input_kinds} == set(INPUT_KINDS)
    for extreme in experiments[3:5]:  # whole and half driven arrays are where these err most
        assert set(extreme.input_kinds) == {"uniform", "binary", "all_on", "far", "near"}


def test_a_hot_matrix_has_one_column_at_g_max_and_a_dense_one_few_cells_at_g_min(spec):
    rng = np.random.default_rng(1)
    hot = {int(draw_matrix("hot", spec, rng).mean(axis=0).argmax()) for _ in range(40)}
    assert hot == set(range(7))  # any column
    g = draw_matrix("hot", spec, rng)
    assert sorted(set(g.mean(axis=0))) == pytest.approx([1e-6, 1e-4], rel=1e-12)
    dense = np.concatenate([draw_matrix("dense", spec, rng).ravel() for _ in range(40)])
    assert set(dense) == {1e-6, 1e-4} and np.mean(dense == 1e-4) == pytest.approx(0.9, abs=0.02)


def test_differential_matrices_have_one_of_each_pair_at_g_min(spec):
    g = draw_matrix("differential", spec.replace(array={"cols": 8}), np.random.default_rng(1))
    pairs = g.reshape(12, 4, 2)
    assert np.all(pairs.min(axis=2) == 1e-6) and np.mean(pairs.max(axis=2) > 1e-6) == 1
    assert 0.3 < np.mean(pairs[..., 0] > pairs[..., 1]) < 0.7


@pytest.mark.parametrize("sense", ["bottom", "top"])
def test_near_inputs_are_the_half_that_far_ones_are_not(spec, sense):
    array = spec.replace(wire={"col_sense": sense})
    far, near = (draw_inputs(kind, 2, array, np.random.default_rng(0)) > 0 for kind in ("far", "near"))
    assert np.array_equal(near, ~far)
    assert near[0, -1 if sense == "bottom" else 0]


def test_relu_inputs_rest_half_of_the_time(spec):
    v_in = draw_inputs("relu", 400, spec, np.random.default_rng(0))
    assert np.mean(v_in == 0) == pytest.approx(0.5, abs=0.03) and v_in.max() <= 0.2


@pytest.mark.parametrize(
    ("current", "side"), [((0.0, 1e-4), 1), ((-1e-4, 1e-4), 1), ((-1e-4, 0.0), -1), ((-1e-4, 5e-11), -1)]
)
def test_inputs_lie_on_the_side_that_the_amplifiers_take(spec, current, side):
    assert input_side(spec, None) == 1
    assert input_side(spec, SenseTable(current=np.array(current), drop=np.array([0.0, 1e-3]))) == side


def test_unknown_kinds_are_named(spec):
    with pytest.raises(InputError, match="matrix kind = 'gaussian': expected one of log_uniform"):
        draw_matrix("gaussian", spec, np.random.default_rng(0))
    with pytest.raises(InputError, match="input kind = 'sine': expected one of uniform"):
        draw_inputs("sine", 1, spec, np.random.default_rng(0))


@pytest.fixture(scope="module")
def large(spec):
    return spec.replace(array={"rows": 301, "cols": 400})


def test_matrices_are_distributed_as_their_kinds_say(large):
    """Sample sizes of 120 400: fractions are within 0.6 % (four standard errors), means within 1 % of the range."""
    found = {kind: draw_matrix(kind, large, np.random.default_rng(1)) for kind in MATRIX_KINDS}
    low, high = 1e-6, 1e-4
    assert np.mean(found["log_uniform"] < 1e-5) == pytest.approx(0.5, abs=0.006)  # half of two decades
    assert np.mean(found["log_uniform"] < 1e-6 * 10**0.5) == pytest.approx(0.25, abs=0.006)
    assert np.mean(found["uniform"]) == pytest.approx((low + high) / 2, rel=0.01)
    assert np.mean(found["uniform"] < low + 0.25 * (high - low)) == pytest.approx(0.25, abs=0.006)
    assert set(np.unique(found["binary"])) == {low, high}
    assert np.mean(found["binary"] == high) == pytest.approx(0.5, abs=0.006)
    share = (found["few_high"] - low) / (high - low)
    assert np.mean(share == 0) == pytest.approx(0.5, abs=0.006)
    assert np.median(share[share > 0]) == pytest.approx(0.25 * 0.67449, rel=0.02)  # of a normal distribution's size
    assert share.max() == 1.0
    share = (found["differential"] - low) / (high - low)
    assert share.min() == 0.0 and share.max() == 1.0  # more than four standard deviations are cut
    assert np.median(share[share > 0]) == pytest.approx(0.25 * 0.67449, rel=0.02)


def test_inputs_are_distributed_as_their_kinds_say(large):
    found = {kind: draw_inputs(kind, 400, large, np.random.default_rng(1)) for kind in INPUT_KINDS}
    assert found["uniform"].mean() == pytest.approx(0.1, rel=0.01) and found["uniform"].max() > 0.1999
    on = found["sparse"] > 0
    assert on.mean() == pytest.approx(0.15, abs=0.005) and found["sparse"][on].mean() == pytest.approx(0.1, rel=0.02)
    assert set(np.unique(found["binary"])) == {0.0, 0.2}
    shares = (found["binary"] > 0).mean(axis=1)  # between a tenth and nine tenths of the rows, anew for each vector
    assert shares.min() < 0.2 and shares.max() > 0.8 and shares.mean() == pytest.approx(0.5, abs=0.05)
    assert shares.std() == pytest.approx(0.8 / 12**0.5, rel=0.15)
    assert 0.019 < found["faint"].max() <= 0.02 and found["faint"].mean() == pytest.approx(0.01, rel=0.01)
    assert np.all(found["all_on"] == 0.2)


@pytest.mark.parametrize(("rows", "driven"), [(12, 6), (7, 4), (1, 1)])
def test_the_far_half_lies_opposite_to_the_sense_amplifiers(spec, rows, driven):
    array = spec.replace(array={"rows": rows})
    bottom = draw_inputs("far", 3, array, np.random.default_rng(0))
    assert np.all(bottom == np.where(np.arange(rows) < driven, 0.2, 0.0))
    top = draw_inputs("far", 3, array.replace(wire={"col_sense": "top"}), np.random.default_rng(0))
    assert np.all(top == bottom[:, ::-1])


@pytest.mark.parametrize("kind", INPUT_KINDS)
def test_inputs_lie_above_the_reference(spec, kind):
    plain, raised = (
        draw_inputs(kind, 4, spec.replace(sense={"v_ref": v_ref}), np.random.default_rng(2)) for v_ref in (0.0, 0.3)
    )
    np.testing.assert_allclose(raised, plain + 0.3, rtol=1e-15)


def test_intended_conductances_stay_in_the_range_of_the_device_and_drawn_ones_in_that_of_the_surface(spec):
    one = random_experiments(spec, np.random.default_rng(3), matrices=("uniform",), vectors={"uniform": 1})[0]
    cell = ohmic((1e-7, 1e-3), (0.0, 0.2))
    low = replace(one, g=np.full((12, 7), 5e-7))
    with pytest.raises(OutsideRangeError, match=r"g\[0, 0\] = 5e-07 S"):
        solve_in_nodal(spec, cell, [low])
    assert np.all(solve_in_nodal(spec, cell, [low], drawn=True)[0].out > 0)


def test_a_hold_out_matrix_meets_twenty_vectors():
    """As many as `check_hold_out` asks of all matrices together, so that one matrix alone has enough of each kind."""
    assert sum(HOLD_OUT_VECTORS.values()) == 20
