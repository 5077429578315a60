"""The search finds what trying everything finds, states its effort, and repeats itself."""

import itertools
import time

import numpy as np
import pytest
from calibration_arrays import array_spec, surface

from circuitsim import nodal
from circuitsim.behavioral import mvm, program
from circuitsim.calibration import find_worst, full_scale_of_box, structured_worst, worst_inputs
from circuitsim.calibration import search as search_module
from circuitsim.calibration.ascent import change_blocks, flip_rows
from circuitsim.calibration.comparison import LimitReached, Search
from circuitsim.calibration.families import affordable_families, structured_inputs
from circuitsim.calibration.random_starts import STARTS
from circuitsim.errors import InputError
from circuitsim.results import TileModel

CELL = surface(0.3)
SMALL = array_spec(3, 2, wire={"r_row": 300.0, "r_col": 500.0})
SPEC = array_spec(12, 10, wire={"r_row": 30.0, "r_col": 60.0})


def model(spec, grade=2, v_range=(0.0, 0.2)):
    return TileModel(spec, CELL, grade, v_range)


def full_scale(spec, v_range=(0.0, 0.2)):
    return full_scale_of_box(spec, CELL, v_range=v_range)[0]


def errors(tested, g, v_in, scale):
    exact = nodal.read(nodal.prepare(tested.spec, g, CELL, v_range=tested.v_range), v_in).out
    return np.abs(mvm(program(tested, g), v_in) - exact) / scale


@pytest.fixture(scope="module")
def found():
    return find_worst(model(SPEC), full_scale(SPEC), rng=np.random.default_rng(0), starts=1)


def corners(rows, *values):
    return np.array(list(itertools.product(values, repeat=rows)))


@pytest.mark.parametrize(("grade", "v_range"), [(1, (0.0, 0.2)), (2, (0.0, 0.2)), (3, (0.0, 0.2)), (2, (-0.2, 0.2))])
def test_it_finds_the_worst_of_all_corners(grade, v_range):
    tested, scale = model(SMALL, grade, v_range), full_scale(SMALL, v_range)
    inputs = corners(3, *dict.fromkeys([v_range[0], v_range[0] / 2, 0.0, 0.1, 0.2]))
    matrices = corners(6, 1e-6, 1e-4).reshape(-1, 3, 2)
    everything = max(errors(tested, g, inputs, scale).max() for g in matrices)
    found = find_worst(tested, scale, rng=np.random.default_rng(0), starts=2)
    assert found.error >= everything * (1 - 1e-6)
    assert found.programs < 4 * len(matrices)


def test_flips_find_the_worst_of_all_inputs():
    spec = array_spec(6, 4, wire={"r_row": 300.0, "r_col": 500.0})
    tested, scale = model(spec), full_scale(spec)
    inputs = corners(6, 0.0, 0.1, 0.2)
    for seed in range(5):
        g = np.random.default_rng(seed).choice([1e-6, 1e-4], spec.shape)
        found = worst_inputs(tested, g, rng=np.random.default_rng(0), full_scale=scale)
        assert found.error >= errors(tested, g, inputs, scale).max() * (1 - 1e-6)
        np.testing.assert_array_equal(found.witness.case.g, g)


def test_flips_climb_from_anywhere():
    scale = full_scale(SPEC)
    search = Search(model(SPEC), scale)
    both = search.program(np.where(np.arange(10) == 0, 1e-4, 1e-6) * np.ones((12, 1)))
    start = search.read(both, np.zeros((1, 12)), "here")
    best = flip_rows(search, start)
    assert best.error > 3 * start.error and best.family == "here"
    assert best.error >= search.errors(both, structured_inputs(search.box), "there").max()


def test_blocks_make_a_structured_matrix_of_a_random_one():
    scale = full_scale(SPEC)
    worst = structured_worst(model(SPEC), scale)
    search = Search(model(SPEC), scale)
    g = np.random.default_rng(3).uniform(1e-6, 1e-4, SPEC.shape)
    inputs = structured_inputs(search.box)
    start = search.read(search.program(g), inputs, "random")
    best = change_blocks(search, start, inputs, programs=60)
    assert best.error > 1.5 * start.error and best.error >= 0.9 * worst.error
    assert search.programs <= 61


def test_the_witness_shows_the_error(found):
    tested, scale = model(SPEC), full_scale(SPEC)
    case, witness = found.witness.case, found.witness
    exact = nodal.read(nodal.prepare(SPEC, case.g, CELL), case.v_in[None]).out[0, case.column]
    assert witness.nodal == pytest.approx(exact, rel=1e-12)
    assert witness.tile == pytest.approx(mvm(program(tested, case.g), case.v_in[None])[0, case.column], rel=1e-12)
    assert found.error == pytest.approx(abs(witness.tile - witness.nodal) / scale, rel=1e-12)
    assert witness.ngspice is None


def test_no_random_read_is_worse(found):
    tested, scale, rng = model(SPEC), full_scale(SPEC), np.random.default_rng(5)
    drawn = [
        errors(tested, rng.uniform(1e-6, 1e-4, SPEC.shape), rng.choice([0.0, 0.2], (50, 12)), scale).max()
        for _ in range(20)
    ]
    assert found.error > 2 * max(drawn)


def test_the_structured_stage_is_part_of_the_whole(found):
    tested, scale = model(SPEC), full_scale(SPEC)
    part = structured_worst(tested, scale)
    assert part.error <= found.error and part.programs < found.programs and part.vectors < found.vectors
    assert structured_worst(tested, scale, families="few").programs < part.programs


def test_a_seed_gives_one_result(found):
    again, three = (
        find_worst(model(SPEC), full_scale(SPEC), rng=np.random.default_rng(seed), starts=1) for seed in (0, 8)
    )
    one = found
    assert one == again
    assert (one.programs, one.vectors) != (three.programs, three.vectors)


def test_limits_end_the_search_and_are_stated():
    tested, scale = model(SPEC), full_scale(SPEC)
    few = find_worst(tested, scale, rng=np.random.default_rng(0), most_programs=5)
    assert few.stopped and few.programs == 5
    assert few == find_worst(tested, scale, rng=np.random.default_rng(0), most_programs=5)
    brief = find_worst(tested, scale, rng=np.random.default_rng(0), time_limit=1e-9)
    assert brief.stopped and brief.programs == 1 and brief.error > 0
    tiny = array_spec(2, 2)
    patient = find_worst(
        model(tiny), full_scale(tiny), rng=np.random.default_rng(0), starts=0, time_limit=3600.0, most_programs=10**6
    )
    assert not patient.stopped


def test_a_machine_that_is_busy_with_other_work_does_not_cut_a_search_short():
    search = Search(model(SPEC), full_scale(SPEC), time_limit=0.5)
    g = np.full(SPEC.shape, 1e-4)
    search.read(search.program(g), structured_inputs(search.box), "before")
    time.sleep(0.6)
    search.read(search.program(g), structured_inputs(search.box), "after")
    assert search.programs == 2


@pytest.mark.parametrize("spec", [array_spec(3, 2), array_spec(1, 1)])
def test_progress_reaches_its_total(spec):
    seen = []
    find_worst(model(spec, 1), full_scale(spec), rng=np.random.default_rng(0), progress=lambda *step: seen.append(step))
    assert [finished for finished, _ in seen] == list(range(1, seen[0][1] + 1))


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"starts": -1}, "starts = -1: expected a whole number >= 0"),
        ({"full_scale": 0.0}, r"full_scale = 0\.0: expected a finite number > 0"),
        ({"families": "some"}, "families = 'some': expected 'all' or 'few'$"),
        ({"most_programs": 0}, "most_programs = 0"),
    ],
)
def test_what_makes_no_sense_is_refused(changed, sentence):
    given = {"model": model(SPEC), "full_scale": 1e-4, "rng": np.random.default_rng(0)} | changed
    with pytest.raises(InputError, match=sentence):
        find_worst(**given)


def test_random_starts_take_the_kinds_in_turn_and_stop_at_none(monkeypatch):
    kinds = []
    monkeypatch.setattr(search_module, "climb_from_random", lambda search, inputs, kind, *_, **__: kinds.append(kind))
    for starts in (0, 2, 7):
        kinds.clear()
        find_worst(model(SMALL, 1), full_scale(SMALL), rng=np.random.default_rng(0), starts=starts)
        assert kinds == [STARTS[k % 5] for k in range(starts)]


@pytest.mark.parametrize(("shape", "families"), [((96, 96), "all"), ((97, 95), "all"), ((96, 97), "few")])
def test_arrays_of_more_than_96_by_96_cells_take_the_few_families(shape, families):
    assert affordable_families(array_spec(*shape)) == families


def test_a_step_is_a_matrix_an_ascent_the_changes_or_a_random_start(monkeypatch):
    monkeypatch.setattr(search_module, "climb_from_random", lambda *_, **__: None)
    monkeypatch.setattr(search_module, "change_blocks", lambda *_, **__: None)
    spec = array_spec(12, 12)
    for families, starts, total in (("few", 0, 21 + 12 + 1), ("few", 3, 21 + 12 + 1 + 3), ("all", 1, 47 + 12 + 1 + 1)):
        seen = []
        find_worst(
            model(spec, 1), 1e-4, rng=np.random.default_rng(0), starts=starts, families=families,
            progress=lambda *step, seen=seen: seen.append(step),
        )  # fmt: skip
        assert seen == [(step, total) for step in range(1, total + 1)]


def test_changed_matrices_are_read_with_the_inputs_that_erred_most(monkeypatch):
    given = {}
    monkeypatch.setattr(
        search_module, "climb_from_random", lambda search, inputs, *_, **__: given.update(random=inputs)
    )
    monkeypatch.setattr(search_module, "change_blocks", lambda search, start, inputs, **_: given.update(blocks=inputs))
    tested, scale = model(SPEC, 1, (-0.2, 0.2)), full_scale(SPEC, (-0.2, 0.2))
    find_worst(tested, scale, rng=np.random.default_rng(0), starts=1)
    search = Search(tested, scale)
    inputs = structured_inputs(search.box)
    matrices = search_module.structured_matrices(search.box, "all").values()
    largest = np.max([errors(tested, g, inputs, scale).max(axis=1) for g in matrices], axis=0)
    assert len(inputs) > 32
    for kept in given.values():
        chosen = (inputs == kept[:, None]).all(axis=2).any(axis=0)
        assert chosen.sum() == len(kept) == 32 and largest[chosen].min() >= largest[~chosen].max() * (1 - 1e-6)


@pytest.mark.parametrize(("shape", "programs"), [((12, 10), 80), ((64, 64), 40), ((64, 32), 80), ((128, 128), 20)])
def test_small_arrays_try_more_matrices_than_large_ones(monkeypatch, shape, programs):
    asked = []
    monkeypatch.setattr(
        search_module, "structured_matrices", lambda box, families: {"low": box.conductances(np.zeros(shape))}
    )
    monkeypatch.setattr(search_module, "structured_inputs", lambda box: np.zeros((1, shape[0])))
    monkeypatch.setattr(search_module, "flip_promising", lambda search, starts, **_: starts)
    monkeypatch.setattr(search_module, "change_blocks", lambda *_, programs: asked.append(programs))
    find_worst(model(array_spec(*shape), 1), 1e-3, rng=np.random.default_rng(0), starts=0)
    assert asked == [programs]


@pytest.mark.parametrize("programs", [1, 2, 3, 5, 8])
def test_inputs_are_those_of_the_last_matrix_however_few_are_tried(programs):
    search = Search(model(SPEC), full_scale(SPEC))
    inputs = structured_inputs(search.box)
    start = search.read(search.program(np.full(SPEC.shape, 1e-5)), inputs, "even")
    best = change_blocks(search, start, inputs, programs=programs)
    assert search.programs <= programs + 1
    assert flip_rows(search, best).error <= best.error * (1 + 1e-4)


def test_more_random_starts_find_little_more(found):
    """`tests/benchmark/test_search_starts.py` tries ten of them, at every grade."""
    starts = find_worst(model(SPEC), full_scale(SPEC), rng=np.random.default_rng(1), starts=3)
    assert found.error >= 0.95 * starts.error


ODD = {
    "one cell": array_spec(1, 1),
    "one row": array_spec(1, 2),
    "one column": array_spec(3, 1),
    "both ends": array_spec(4, 3, wire={"row_drive": "both", "col_sense": "both"}),
    "from the right to the top": array_spec(4, 3, wire={"row_drive": "right", "col_sense": "top"}),
    "reference": array_spec(4, 3, sense={"v_ref": 0.02}),
}


@pytest.mark.parametrize("name", ODD)
def test_every_array_is_searched(name):
    spec = ODD[name]
    tested = TileModel(spec, CELL, 1, spec.drive_range)
    found = find_worst(tested, full_scale_of_box(spec, CELL)[0], rng=np.random.default_rng(0), starts=1)
    assert not found.stopped and found.error > 0
    low, high = spec.drive_range
    assert low <= found.witness.case.v_in.min() and found.witness.case.v_in.max() <= high


def test_turning_the_array_round_turns_the_witness():
    plain, turned = (
        find_worst(TileModel(spec, CELL, 2, (0.0, 0.2)), full_scale(spec), rng=np.random.default_rng(0), starts=0)
        for spec in (array_spec(4, 3), array_spec(4, 3, wire={"row_drive": "right", "col_sense": "top"}))
    )
    assert turned.error == pytest.approx(plain.error, rel=1e-6)
    np.testing.assert_array_equal(turned.witness.case.g, plain.witness.case.g[::-1, ::-1])


def test_a_search_may_read_its_last_matrix_and_program_no_other():
    search = Search(model(SPEC), full_scale(SPEC), most_programs=1)
    both = search.program(np.full((12, 10), 1e-5))
    for _ in range(2):
        assert search.errors(both, structured_inputs(search.box), "here").shape[1] == 10
    with pytest.raises(LimitReached):
        search.program(np.full((12, 10), 1e-5))
