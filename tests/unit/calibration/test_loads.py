"""The load table: matrices within the cap, errors that never fall, a coefficient that fresh tiles keep."""

import functools
from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec, surface
from hypothesis import given
from hypothesis import strategies as st

from circuitsim import nodal
from circuitsim.behavioral import mvm, program
from circuitsim.calibration import families as known_families
from circuitsim.calibration import find_worst, full_scale_of_box, load_table, loads
from circuitsim.calibration.ascent import flip_promising
from circuitsim.calibration.box import Box
from circuitsim.calibration.loads import CAPS, _heavy_rows, _patterns, _profiles, _random_patterns
from circuitsim.results import TileModel, column_load

CELL = surface(0.3)
SPEC = array_spec(12, 10, wire={"r_row": 30.0, "r_col": 60.0})
MODEL = TileModel(SPEC, CELL, 2, (0.0, 0.2))


@functools.cache
def full_scale():
    """Not a constant: it solves, and nothing may be compiled while tests are collected."""
    return full_scale_of_box(SPEC, CELL)[0]


@pytest.fixture(scope="module")
def table():
    worst = find_worst(MODEL, full_scale(), rng=np.random.default_rng(0), starts=0)
    found, largest = load_table(MODEL, full_scale(), worst=worst, rng=np.random.default_rng(0))
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
        error = np.abs(mvm(program(MODEL, g), v_in) - nodal.read(nodal.prepare(SPEC, g, CELL), v_in).out) / full_scale()
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
    worst = find_worst(MODEL, full_scale(), rng=np.random.default_rng(0), starts=0, most_programs=1)
    weak = replace(worst, error=1e-9)
    found, largest = load_table(MODEL, full_scale(), worst=weak, rng=np.random.default_rng(0), families="few")
    assert largest.error == found.worst[-1] > 1e-9
    assert column_load(largest.witness.case.g, 1e-4) <= 0.5 * (1 + 1e-9)


def test_few_families_cost_less_and_a_seed_repeats(table):
    worst = find_worst(MODEL, full_scale(), rng=np.random.default_rng(0), starts=0)
    seen = []
    (one, _), (two, _) = (
        load_table(
            MODEL,
            full_scale(),
            worst=worst,
            rng=np.random.default_rng(0),
            families="few",
            progress=lambda *step: seen.append(step),
        )
        for _ in range(2)
    )
    assert one == two and seen[:5] == [(number, 5) for number in range(1, 6)]
    assert all(few >= 0.5 * every for few, every in zip(one.worst, table.worst, strict=True))


def profile(text):
    """A column of cells from the farthest row on: # at g_max, o half way, . at g_min."""
    return np.array([{"#": 1.0, "o": 0.5, ".": 0.0}[mark] for mark in text])


PROFILES = {"near rows": ".....o##", "far rows": "##o.....", "middle rows": "..o##...", "rows at both ends": "#o.....#"}
PROFILES |= {"spread rows": "#.o.#..."}


def test_columns_of_a_load_are_as_drawn():
    """Two rows and a half of eight; spread rows halve what is left, as often as it takes."""
    found = dict(_profiles(8, 2.5 / 8))
    equal = found.pop("equal cells")
    assert found.keys() == PROFILES.keys() and np.all(equal == 2.5 / 8)
    for name, text in PROFILES.items():
        np.testing.assert_allclose(found[name], profile(text), rtol=0, atol=1e-12, err_msg=name)
    assert np.flatnonzero(dict(_profiles(6, 0.5))["spread rows"]).tolist() == [0, 2, 4]


def test_matrices_of_a_load_are_as_drawn():
    """24 columns, so that half, a third, a quarter and a fifth of them differ; two rows and a half of eight."""
    columns = {name: profile(text)[:, None] for name, text in PROFILES.items()}
    columns["equal cells"] = np.full((8, 1), 2.5 / 8)
    at = np.arange(24)
    drawn, spread = {}, columns["spread rows"] * np.ones(24)
    for name, column in columns.items():
        drawn[f"{name}, one column"] = column * (at == 0)
        drawn[f"{name}, all columns"] = column * np.ones(24)
        drawn[f"{name}, every other column"] = column * (at % 2 == 0)
    for name, other in (("near rows", "far rows"), ("far rows", "near rows")):
        drawn[f"{name}, {other} in the middle column"] = np.where(at == 12, columns[other], columns[name])
    for name in ("near rows", "middle rows"):
        first = np.where(at == 6, columns[name], spread * (at < 6))
        drawn[f"spread rows in the first quarter of the columns, {name} in the next"] = first
    far = np.arange(8)[:, None] < 4
    for place, column in (("first", 0), ("middle", 12), ("last", 23)):
        drawn[f"far half of a column low, {place}"] = np.where(far & (at == column), 0.0, spread)
        drawn[f"near half of a column low, {place}"] = np.where(~far & (at == column), 0.0, spread)
    drawn["stair"] = spread * np.where(far & (at < 6), 0.0, np.where(far & (at == 6), 0.1, 1.0))
    found = dict(_patterns(8, 24, 2.5 / 8, few=False))
    assert found.keys() == drawn.keys()
    for name, pattern in found.items():
        np.testing.assert_allclose(pattern, drawn[name], rtol=0, atol=1e-12, err_msg=name)
    few = dict(_patterns(8, 24, 2.5 / 8, few=True)).keys()
    whole = ("near rows", "spread rows")
    left_out = {
        f"{name}, {what}" for name in columns if name not in whole for what in ("all columns", "every other column")
    }
    left_out |= {f"{end} half of a column low, {place}" for end in ("far", "near") for place in ("first", "last")}
    assert few == drawn.keys() - left_out


def test_the_far_half_of_an_odd_number_of_rows_is_the_larger_one():
    found = dict(_patterns(5, 6, 0.5, few=False))
    np.testing.assert_array_equal(found["far half of a column low, first"][:3, 0], 0.0)
    assert found["far half of a column low, first"][3:, 0].sum() == found["spread rows, all columns"][3:, 0].sum() > 0


def test_random_columns_of_a_load_carry_it():
    for name, pattern in _random_patterns(8, 12, 2.5 / 8, np.random.default_rng(0)):
        assert pattern.shape == (8, 12)
        np.testing.assert_allclose(pattern.sum(axis=0), 2.5, rtol=1e-12, err_msg=name)
        if name != "random uniform":
            assert np.all(np.sort(pattern, axis=0) == np.sort(profile("##o....."))[:, None])
        assert len({column.tobytes() for column in pattern.T}) > 6
    dense = dict(_random_patterns(8, 12, 0.9, np.random.default_rng(0)))["random uniform"]
    assert dense.max() == 1.0 and np.all(dense.mean(axis=0) <= 0.9 + 1e-12)


@pytest.mark.parametrize(
    ("largest", "heavy", "first", "second"),
    [
        ("#..o#.#.", "#...#.#.", "#...#...", "......#."),
        ("oooooooo", "########", "####....", "....####"),
        ("........", "########", "####....", "....####"),
    ],
)
def test_inputs_drive_the_rows_with_the_largest_cells_and_either_half_of_them(largest, heavy, first, second):
    pattern = np.outer(profile(largest), [0.2, 1.0, 0.0])
    np.testing.assert_array_equal(_heavy_rows(pattern), [profile(heavy), profile(first), profile(second)])


def test_large_arrays_take_the_few_families_unless_others_are_asked_for(monkeypatch):
    seen = []
    monkeypatch.setattr(loads, "_worst_of_load", lambda *_, few, **__: seen.append(few) or worst)
    worst = find_worst(MODEL, full_scale(), rng=np.random.default_rng(0), starts=0, most_programs=1)
    for large, families in ((119, None), (120, None), (119, "all"), (120, "few")):
        monkeypatch.setattr(known_families, "LARGE", large)  # cells; the array has 120
        load_table(MODEL, full_scale(), worst=worst, rng=np.random.default_rng(0), families=families)
    assert seen[::5] == [True, False, False, True]


def test_inputs_of_the_three_worst_matrices_and_of_random_ones_are_improved(monkeypatch):
    climbed = []
    monkeypatch.setattr(
        loads, "flip_promising", lambda search, starts: climbed.extend(starts) or flip_promising(search, starts)
    )
    worst = find_worst(MODEL, full_scale(), rng=np.random.default_rng(0), starts=0, most_programs=1)
    load_table(MODEL, full_scale(), worst=worst, rng=np.random.default_rng(0), families="few")
    assert len(climbed) == 5 * 6
    for first in range(0, 30, 6):
        errors = [start.error for start in climbed[first : first + 3]]
        assert errors == sorted(errors, reverse=True) and not any(
            "random" in s.family for s in climbed[first : first + 3]
        )
        assert [s.family for s in climbed[first + 3 : first + 6]] == [
            "random binary 1",
            "random binary 2",
            "random uniform",
        ]


def test_tables_say_whether_a_search_was_stopped(monkeypatch):
    seen = []
    once = loads.largest_found
    monkeypatch.setattr(loads, "largest_found", lambda first, *others: seen.extend(others) or once(first, *others))
    worst = find_worst(MODEL, full_scale(), rng=np.random.default_rng(0), starts=0, most_programs=1)
    _, largest = load_table(MODEL, full_scale(), worst=worst, rng=np.random.default_rng(0), families="few")
    assert worst.stopped and largest.stopped and seen and not any(found.stopped for found in seen)
