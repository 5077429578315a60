"""The load table: matrices within the cap, errors that never fall, a coefficient that fresh tiles keep."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec, surface
from hypothesis import given
from hypothesis import strategies as st

from circuitsim import nodal
from circuitsim.behavioral import mvm, program
from circuitsim.calibration import find_worst, full_scale_of_box, load_table
from circuitsim.calibration.box import Box
from circuitsim.calibration.loads import CAPS, _patterns, _random_patterns
from circuitsim.results import TileModel, column_load

CELL = surface(0.3)
SPEC = array_spec(12, 10, wire={"r_row": 30.0, "r_col": 60.0})
MODEL = TileModel(SPEC, CELL, 2, (0.0, 0.2))
FULL_SCALE = full_scale_of_box(SPEC, CELL)[0]


@pytest.fixture(scope="module")
def table():
    worst = find_worst(MODEL, FULL_SCALE, rng=np.random.default_rng(0), starts=0)
    found, largest = load_table(MODEL, FULL_SCALE, worst=worst, rng=np.random.default_rng(0))
    assert found.worst[-1] == worst.error == largest.error and largest.witness == worst.witness
    assert largest.programs > worst.programs and largest.vectors > worst.vectors
    return found


@given(st.integers(1, 20), st.integers(1, 12), st.sampled_from(CAPS[:-1]))
def test_no_matrix_exceeds_its_cap_and_some_reach_it(rows, cols, cap):
    spec = array_spec(rows, cols)
    share = (cap - 0.01) / 0.99
    drawn = [*_patterns(rows, cols, share, few=False), *_random_patterns(rows, cols, share, np.random.default_rng(0))]
    loads = [column_load(Box.of(spec).conductances(pattern), 1e-4) for _, pattern in drawn]
    assert max(loads) <= cap * (1 + 1e-9)
    assert max(loads) == pytest.approx(cap, rel=1e-9)


def test_errors_never_fall_with_the_load(table):
    assert table.loads == CAPS
    assert list(table.worst) == sorted(table.worst) and table.worst[0] > 0
    assert table.worst[0] < 0.2 * table.worst[-1]


def test_fresh_tiles_stay_below_the_table_and_the_coefficient(table):
    rng = np.random.default_rng(11)
    for _ in range(40):
        kind, density = rng.integers(3), rng.uniform(0.02, 1)
        g = np.where(rng.random(SPEC.shape) < density, 1e-4, 1e-6)
        if kind == 1:
            g = 1e-6 + 9.9e-5 * rng.random(SPEC.shape) * density
        if kind == 2:
            g = np.exp(rng.uniform(np.log(1e-6), np.log(1e-4), SPEC.shape))
        v_in = np.concatenate([rng.choice([0.0, 0.2], (30, 12)), rng.uniform(0, 0.2, (30, 12))])
        error = np.abs(mvm(program(MODEL, g), v_in) - nodal.read(nodal.prepare(SPEC, g, CELL), v_in).out) / FULL_SCALE
        load = column_load(g, 1e-4)
        assert error.max() <= table.worst_at(load)
        assert error.max() <= table.coefficient * load


def test_the_coefficient_contains_the_table_with_margin(table):
    ratios = [worst / load for load, worst in zip(table.loads, table.worst, strict=True)]
    assert table.coefficient == pytest.approx(1.5 * max(ratios), rel=1e-12)


def test_caps_that_no_matrix_can_keep_are_left_out():
    spec = array_spec(6, 4, device={"g_min": 2.5e-5})
    model = TileModel(spec, CELL, 2, (0.0, 0.2))
    scale = full_scale_of_box(spec, CELL)[0]
    worst = find_worst(model, scale, rng=np.random.default_rng(0), starts=0)
    assert load_table(model, scale, worst=worst, rng=np.random.default_rng(0))[0].loads == (0.3, 0.5, 1.0)


def test_the_largest_error_is_that_of_the_load_where_it_was_found():
    worst = find_worst(MODEL, FULL_SCALE, rng=np.random.default_rng(0), starts=0, most_programs=1)
    weak = replace(worst, error=1e-9)
    found, largest = load_table(MODEL, FULL_SCALE, worst=weak, rng=np.random.default_rng(0), families="few")
    assert largest.error == found.worst[-1] > 1e-9
    assert column_load(largest.witness.case.g, 1e-4) <= 0.5 * (1 + 1e-9)


def test_few_families_cost_less_and_a_seed_repeats(table):
    worst = find_worst(MODEL, FULL_SCALE, rng=np.random.default_rng(0), starts=0)
    seen = []
    (one, _), (two, _) = (
        load_table(
            MODEL,
            FULL_SCALE,
            worst=worst,
            rng=np.random.default_rng(0),
            families="few",
            progress=lambda *step: seen.append(step),
        )
        for _ in range(2)
    )
    assert one == two and seen[:5] == [(number, 5) for number in range(1, 6)]
    assert all(few >= 0.5 * every for few, every in zip(one.worst, table.worst, strict=True))
