"""Inputs of gates with several levels: every draw and every searched input selects a level."""

import numpy as np
import pytest
from gated_arrays import gated_spec, level_model, level_spec
from numpy.testing import assert_array_equal

from circuitsim.calibration.box import Box, full_scale_of_model
from circuitsim.calibration.calibrate import choose_grade
from circuitsim.calibration.experiments import (
    draw_inputs,
    hold_out_experiments,
    random_experiments,
    validation_vectors,
)
from circuitsim.calibration.families import structured_inputs
from circuitsim.calibration.level_inputs import LEVEL_KINDS, tried_levels
from circuitsim.calibration.random_starts import random_inputs
from circuitsim.calibration.search import find_worst
from circuitsim.errors import InputError
from circuitsim.spec import check_inputs

SPEC = level_spec(16, 6)
FINE = level_spec(16, 6, levels=tuple(np.linspace(0.0, 1.8, 16)))


def numbers(spec, x):
    check_inputs(spec, x)  # refuses what selects no level
    return np.unique(np.rint(x * (len(spec.driver.gate_levels) - 1)).astype(int))


@pytest.mark.parametrize("spec", [SPEC, FINE], ids=["5 levels", "16 levels"])
def test_a_hold_out_takes_every_level(spec):
    made = hold_out_experiments(spec, np.random.default_rng(0), added=np.random.default_rng(1))
    found = numbers(spec, np.concatenate([each.v_in for each in made]))
    assert_array_equal(found, np.arange(len(spec.driver.gate_levels)))
    assert {kind for each in made for kind in each.input_kinds} >= set(LEVEL_KINDS)
    assert not {"levels", "one_level"}.isdisjoint(validation_vectors(spec))


@pytest.mark.parametrize("kind", LEVEL_KINDS)
def test_kinds_are_what_they_say(kind):
    x = np.rint(4 * draw_inputs(kind, 200, SPEC, np.random.default_rng(0)))
    assert x.shape == (200, 16) and set(np.unique(x)) <= {0, 1, 2, 3, 4}
    if kind == "sparse_levels":
        assert 0.08 < np.mean(x > 0) < 0.16
    elif kind == "low_levels":
        assert set(np.unique(x)) == {0, 1, 2}
    elif kind == "one_level":
        assert (x == x[:, :1]).all() and set(x[:, 0]) == {1, 2, 3, 4}
    elif kind == "steps":
        assert 1 < (np.diff(x, axis=1) != 0).sum(axis=1).mean() < 5


def test_gates_that_are_off_or_on_have_no_kinds_of_levels():
    with pytest.raises(InputError, match="input kind = 'levels': expected one of half, most"):
        draw_inputs("levels", 1, gated_spec(8, 4), np.random.default_rng(0))
    two = level_spec(8, 4, levels=(0.0, 1.8))
    assert validation_vectors(two) == validation_vectors(gated_spec(8, 4))
    assert Box.of(two).steps == (0.0, 1.0) == Box.of(gated_spec(8, 4)).steps


def test_a_search_tries_levels_between_the_ends():
    assert tried_levels(SPEC) == (0.0, 0.25, 0.5, 0.75, 1.0) == Box.of(SPEC).steps
    assert len(tried_levels(FINE)) == 5 and len(Box.of(FINE).fine_steps) == 9
    for spec in (SPEC, FINE):
        box = Box.of(spec)
        for x in (np.array(box.steps)[:, None] * np.ones(16), structured_inputs(box)):
            assert len(numbers(spec, x)) >= 5
        assert len(numbers(spec, random_inputs(box, np.random.default_rng(0), each=20))) == len(spec.driver.gate_levels)
    structured = structured_inputs(Box.of(SPEC))
    assert len(np.unique(structured, axis=0)) == len(structured)
    assert ((structured == 0.25).any(axis=1) & (structured == 1.0).any(axis=1)).any()  # a low level beside the top


def test_a_grade_is_chosen_and_its_worst_case_found_among_levels():
    model = level_model(SPEC)
    cells = {"off": model.off, "between": model.between}
    drawn = random_experiments(
        SPEC, np.random.default_rng(0), matrices=("log_uniform",), vectors=validation_vectors(SPEC)
    )
    chosen, tried = choose_grade(SPEC, model.surface, drawn, max_rms=2e-4, **cells)
    assert chosen.between == model.between and tried["grade 1"].rms > 10 * tried["grade 2"].rms
    full_scale, case = full_scale_of_model(chosen)
    assert (case.v_in == 1).all()
    worst = find_worst(chosen, full_scale, rng=np.random.default_rng(0), starts=0, families="few", most_programs=8)
    numbers(SPEC, worst.witness.case.v_in[None])
    assert worst.error > 2 * tried["grade 2"].rms
