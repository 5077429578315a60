"""Trims of drift on a schedule, and gains and offsets of columns, over draws of phase-change cells."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import t as student
from small_networks import convolution_and_gemm

from circuitsim.errors import InputError
from circuitsim.evaluation import BehavioralProduct, score_draws
from circuitsim.evaluation.drawn_scores import last_trim
from circuitsim.evaluation.drift_compensation import _straight_line

DAY = 86400.0


@pytest.fixture(scope="module")
def score(make_model, make_spec):
    spec = make_spec(rows=12, cols=8, device="pcm_joshi", r_row=5.0, r_col=5.0)
    spec = spec.replace(device={"g_min": 8e-6, "g_max": 2.4e-5})
    model = replace(make_model(grade=2, v_range=(0.0, 0.2), spec=make_spec(rows=12, cols=8, v_read=0.2)), spec=spec)
    model = replace(model, spec=spec.replace(driver={"v_read": 0.2}))
    network, images = convolution_and_gemm(4), np.random.default_rng(0).uniform(0, 1, (26, 1, 4, 4))
    given = {"calibration_images": images[:6], "seeds": (0, 1, 2), "causes": ("programming", "drift")}
    labels = network.run_float(images[6:])
    return lambda **more: score_draws(network, BehavioralProduct(model), images[6:], labels, **{**given, **more})


def test_a_trim_holds_what_the_last_reference_read_found(score):
    times, ways = (5 * DAY, 10 * DAY, 20 * DAY), ("none", "layer", "column")
    at_once = score(times=times, compensations=ways)
    scheduled = score(times=times, compensations=ways, trim_every=10 * DAY)
    assert_array_equal(scheduled.scores[1:], at_once.scores[1:])  # these times are instants of the schedule
    assert_array_equal(scheduled.gains[0], 1.0)  # before the first trim
    assert_array_equal(scheduled.scores[0, 1], scheduled.scores[0, 0])
    late = score(times=(19 * DAY,), compensations=ways, trim_every=10 * DAY)
    assert_array_equal(late.gains[0], at_once.gains[1])


def test_gain_and_offset_of_columns_bring_back_more_than_a_gain_of_the_layer(score):
    found = score(times=(365 * DAY,), compensations=("none", "layer", "column", "column_offset"))
    none, layer, column, offset = found.mean[0]  # rms error
    assert column < layer < none and offset < layer
    data = found.to_dataset()
    half = student.ppf(0.975, 2) * found.scores.std(axis=2, ddof=1) / np.sqrt(3)
    assert_allclose(data["half_width_95"], half, rtol=1e-9)
    assert_allclose(data["mean"], found.scores.mean(axis=2), rtol=1e-12)


def test_the_line_of_a_column_is_found():
    now = np.random.default_rng(0).uniform(1e-6, 1e-4, (5, 3))
    gain, offset = _straight_line(now * [1.5, 1.0, 2.0] + [1e-6, 0.0, -2e-6], now)
    assert_allclose(gain, [1.5, 1.0, 2.0])
    assert_allclose(offset, [1e-6, 0.0, -2e-6], atol=1e-18)


@pytest.mark.parametrize(("t", "trim"), [(0.0, 0.0), (29.0, 0.0), (30.0, 30.0), (0.3 * 3, 0.3 * 3), (95.0, 90.0)])
def test_the_last_trim(t, trim):
    assert last_trim(t, 30.0 if t > 1 else 0.3) == pytest.approx(trim)


def test_no_trim_is_later_than_its_time():
    assert last_trim(0.3, 0.1) == 0.3 and last_trim(0.7, 0.1) == 0.7  # 3 · 0.1 is above 0.3


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"trim_every": DAY}, "without a compensation; expected network, layer, column or column_offset"),
        ({"trim_every": -1.0, "compensations": ("layer",)}, "trim_every = -1 s: expected a time above 0"),
        (
            {"trim_every": 2 * DAY, "compensations": ("layer",)},
            "trim_every = 2 d: the first is later than all times; expected 1 d or less",
        ),
    ],
)
def test_a_schedule_without_effect_is_refused(score, given, said):
    with pytest.raises(InputError, match=said):
        score(times=(DAY,), **given)
