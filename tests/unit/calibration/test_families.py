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
    assert few.keys() <= every.keys() and "all high" in few and len(few) <= 18
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
    assert len(names) == 39
    behind = names["first quarter of the columns hot, and the middle half of the next"]
    assert set(behind[:, :16].ravel()) == {1e-4} and set(behind[:, 17:].ravel()) == {1e-6}
    np.testing.assert_array_equal(behind[:, 16] == 1e-4, (np.arange(64) >= 16) & (np.arange(64) < 48))
    stair = names["stair"]
    assert set(stair[:32, :16].ravel()) == {1e-6} and set(stair[32:].ravel()) == {1e-4}
    assert stair[0, 16] == pytest.approx(1e-6 + 0.1 * 9.9e-5, rel=1e-12)
