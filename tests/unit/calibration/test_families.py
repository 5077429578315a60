"""Structured matrices and inputs stay in the box, whatever its shape."""

import numpy as np
import pytest
from calibration_arrays import array_spec

from circuitsim.calibration.box import Box
from circuitsim.calibration.families import structured_inputs, structured_matrices
from circuitsim.calibration.random_starts import STARTS, random_inputs, random_matrix
from circuitsim.spec import check_conductances

SHAPES = [(1, 1), (1, 2), (2, 1), (2, 2), (3, 5), (64, 64), (7, 130)]
RANGES = [None, (-0.2, 0.2), (-0.2, 0.0), (0.1, 0.2)]


@pytest.mark.parametrize("shape", SHAPES)
def test_matrices_are_of_the_array_and_differ(shape):
    spec = array_spec(*shape)
    every, few = (structured_matrices(Box.of(spec), families) for families in ("all", "few"))
    assert few.keys() <= every.keys() and "all high" in few and len(few) <= 21
    assert len({g.tobytes() for g in every.values()}) == len(every)
    for g in every.values():
        check_conductances(spec, g)


@pytest.mark.parametrize("kind", STARTS)
@pytest.mark.parametrize("shape", SHAPES)
def test_random_matrices_are_of_the_array(shape, kind):
    check_conductances(array_spec(*shape), random_matrix(kind, Box.of(array_spec(*shape)), np.random.default_rng(0)))


@pytest.mark.parametrize("v_range", RANGES)
@pytest.mark.parametrize("shape", SHAPES)
def test_inputs_fill_the_range_and_do_not_leave_it(shape, v_range):
    box = Box.of(array_spec(*shape), v_range)
    structured, drawn = structured_inputs(box), random_inputs(box, np.random.default_rng(0), each=10)
    assert (structured.min(), structured.max()) == box.v_range
    assert any((v == box.spec.sense.v_ref).all() for v in structured)
    assert drawn.min() >= box.v_low and drawn.max() <= box.v_high
    assert len({v.tobytes() for v in structured}) == len(structured)


def test_signed_inputs_drive_rows_against_each_other():
    box = Box.of(array_spec(8, 8), (-0.2, 0.2))
    assert any(set(v) == {-0.2, 0.2} for v in structured_inputs(box))
    assert not any(v.min() < 0 for v in structured_inputs(Box.of(array_spec(8, 8))))


def test_there_is_a_family_for_each_known_mechanism():
    names = structured_matrices(Box.of(array_spec(64, 64)), "all")
    assert len(names) == 47
    behind = names["first quarter of the columns hot, and the middle half of the next"]
    assert set(behind[:, :16].ravel()) == {1e-4} and set(behind[:, 17:].ravel()) == {1e-6}
    np.testing.assert_array_equal(behind[:, 16] == 1e-4, (np.arange(64) >= 16) & (np.arange(64) < 48))
    stair = names["stair"]
    assert set(stair[:32, :16].ravel()) == {1e-6} and set(stair[32:].ravel()) == {1e-4}
    assert stair[0, 16] == pytest.approx(1e-6 + 0.1 * 9.9e-5, rel=1e-12)


def hot(rows, cols):
    """Cells at g_max, 1, where a row and a column of the drawing are marked; the first row is the farthest one."""
    return np.outer([mark == "#" for mark in rows], [mark == "#" for mark in cols]).astype(float)


ALL, EVERY_OTHER, ROW = 12 * "#", 6 * ".#", "......#....."
FAR, NEAR, MIDDLE, ENDS = "######......", "......######", "...######...", "###......###"
COLUMNS = {"first": "#...........", "middle": "......#.....", "last": "...........#"}
QUARTER, HALF = ("###.........", "...#........"), ("######......", "......#.....")  # hot columns, and the next one

DRAWN = {"all high": hot(ALL, ALL), "all low": 0 * hot(ALL, ALL), "checker": (np.indices((12, 12)).sum(0) % 2)}
DRAWN |= {"hot row": hot(ROW, ALL), "low row": 1 - hot(ROW, ALL), "low column": 1 - hot(ALL, COLUMNS["middle"])}
DRAWN |= {"far rows hot": hot(FAR, ALL), "near rows hot": hot(NEAR, ALL)}
DRAWN |= {"first columns hot": hot(ALL, FAR), "last columns hot": hot(ALL, NEAR)}
DRAWN |= {"quarter block, far and first": hot(FAR, FAR), "quarter block, near and last": hot(NEAR, NEAR)}
DRAWN["stair"] = 1 - hot(FAR, QUARTER[0]) - 0.9 * hot(FAR, QUARTER[1])
for place, column in COLUMNS.items():
    one = hot(ALL, column)
    DRAWN[f"hot column, {place}"] = one
    DRAWN[f"every other row and a column hot, {place}"] = np.maximum(hot(EVERY_OTHER, ALL), one)
    for end, on in (("far", FAR), ("near", NEAR)):
        DRAWN[f"{end} half of a column low, {place}"] = 1 - hot(on, column)
        DRAWN[f"{end} rows and a column hot, {place}"] = np.maximum(hot(on, ALL), one)
for share, (first, following) in (("quarter", QUARTER), ("half", HALF)):
    for place, on in (("far half", FAR), ("near half", NEAR), ("middle half", MIDDLE), ("ends", ENDS)):
        name = f"first {share} of the columns hot, and the {place} of the next"
        DRAWN[name] = hot(ALL, first) + hot(on, following)


def test_families_are_as_drawn():
    box = Box.of(array_spec(12, 12))
    every = structured_matrices(box, "all")
    found = {name: g for name, g in every.items() if not name.startswith("graded")}
    assert found.keys() == DRAWN.keys() and len(every) == len(found) + 8
    for name, g in found.items():
        np.testing.assert_allclose(g, box.conductances(DRAWN[name]), rtol=1e-12, err_msg=name)


def test_graded_matrices_hold_conductances_of_all_the_range_side_by_side():
    box = Box.of(array_spec(6, 12))
    found = {name: g for name, g in structured_matrices(box, "all").items() if name.startswith("graded")}
    low, high = box.spec.device.g_min, box.spec.device.g_max
    for name, g in found.items():
        least, most = (low * 1.6, high / 1.6) if "by ratio" in name else (0.1 * high, 0.9 * high)
        assert g.min() < max(least, 2e-6) and g.max() > most, name
    assert (np.diff(found["graded columns"], axis=1) > 0).all() and np.ptp(
        found["graded columns"], axis=0
    ).max() < 1e-12
    unlike = found["graded unlike columns, by ratio"][0]
    assert (np.abs(np.diff(np.log(unlike))) > 1.0).all()  # of ln 100: no column is like its neighbour
    assert len(np.unique(found["graded cells"])) == 72


def test_the_first_half_of_an_odd_number_is_the_larger_one():
    box = Box.of(array_spec(5, 7))
    found = {name: box.conductances(np.zeros((5, 7))).max() < g for name, g in structured_matrices(box, "all").items()}
    np.testing.assert_array_equal(found["first columns hot"], np.ones((5, 1)) * (np.arange(7) < 4) > 0)
    np.testing.assert_array_equal(found["far rows hot"], (np.arange(5) < 3)[:, None] * np.ones(7) > 0)
    low = ~found["far half of a column low, last"]
    np.testing.assert_array_equal(low, np.outer(np.arange(5) < 3, np.arange(7) == 6))
    np.testing.assert_array_equal(
        found["first half of the columns hot, and the near half of the next"][0], np.arange(7) < 3
    )


def test_few_families_are_those_that_were_the_worst_of_some_model():
    few = structured_matrices(Box.of(array_spec(12, 12)), "few").keys()
    left_out = {"far half of a column low, first", "near half of a column low, first"}
    kinds = ("all high", "hot column", "far half of a column", "near half of a column", "far rows and", "near rows and")
    further = {"stair", "every other row and a column hot, last"}
    further |= {"first quarter of the columns hot, and the middle half of the next"}
    further |= {"first half of the columns hot, and the near half of the next"}
    further |= {"graded columns", "graded columns, by ratio", "graded unlike columns, by ratio"}
    assert few == {name for name in DRAWN if name.startswith(kinds)} - left_out | further


@pytest.mark.parametrize(("cols", "pairs"), [(8, [(0, 1), (4, 5), (6, 7)]), (6, [(0, 1), (2, 3), (4, 5)])])
def test_cells_of_two_devices_have_a_hot_pair_of_columns(cols, pairs):
    access = {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8}
    box = Box.of(array_spec(8, cols).replace(array={"cell": "2t2r"}, access=access))
    found = structured_matrices(box, "few")
    for place, pair in zip(COLUMNS, pairs, strict=True):
        expected = np.isin(np.arange(cols), pair) * np.ones((8, 1))
        np.testing.assert_array_equal(found[f"hot pair, {place}"], box.conductances(expected))


def driven(box):
    """The inputs as drawings: # at the upper end, - at the lower one, o half way, . at rest."""
    marks = {box.v_high / 2: "o", box.v_low / 2: "u", box.v_high: "#", box.v_low: "-", box.spec.sense.v_ref: "."}
    return {"".join(marks[volts] for volts in v) for v in structured_inputs(box)}


def test_inputs_are_blocks_from_either_end_single_rows_and_halves():
    counts = {1, 2, 3, 4, 6, 8, 9, 10}  # eighths of the rows, and the first few
    expected = {count * "#" + (12 - count) * "." for count in counts}
    expected |= {each[::-1] for each in expected} | {12 * ".", ALL, 12 * "o", MIDDLE, ENDS, ROW, EVERY_OTHER}
    assert driven(Box.of(array_spec(12, 3))) == expected
    turned = {each.replace("#", "-").replace("o", "u") for each in expected}
    apart = {each.replace(".", "-") for each in expected - {12 * "o"}}
    opposite = {each.replace("#", "x").replace("-", "#").replace("x", "-") for each in apart}
    assert driven(Box.of(array_spec(12, 3), (-0.2, 0.2))) == expected | turned | apart | opposite


def test_quarters_of_rows_that_four_does_not_divide_leave_more_to_the_middle():
    expected = {
        *(".......", "#######", "ooooooo"),
        *("#......", "##.....", "###....", "####...", "#####..", "######."),  # 7 k/8 rows, rounded: 1 to 6; 4
        *("......#", ".....##", "....###", "...####", "..#####", ".######"),
        *(".#####.", "#.....#"),  # 7 // 4 = 1 row at either end
        *("...#...", ".#.#.#."),
    }
    assert driven(Box.of(array_spec(7, 3))) == expected


def test_blocks_behind_hot_columns_have_quarters_of_whole_rows():
    box = Box.of(array_spec(7, 8))
    found = structured_matrices(box, "all")
    for place, on in (
        ("middle half", ".#####."),
        ("ends", "#.....#"),
        ("far half", "###...."),
        ("near half", "...####"),
    ):
        g = found[f"first quarter of the columns hot, and the {place} of the next"]
        np.testing.assert_array_equal(g, box.conductances(hot(7 * "#", "##......") + hot(on, "..#.....")))
