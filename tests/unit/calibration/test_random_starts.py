"""Matrices and inputs that a search draws: each kind shows what it is named for."""

import numpy as np
import pytest
from calibration_arrays import array_spec

from circuitsim.calibration.box import Box
from circuitsim.calibration.random_starts import STARTS, random_inputs, random_matrix

BOX = Box.of(array_spec(40, 60))


def drawn(kind, count=30):
    rng = np.random.default_rng(0)
    return [random_matrix(kind, BOX, rng) for _ in range(count)]


@pytest.mark.parametrize("kind", ["outer product", "blocks", "binary"])
def test_matrices_of_two_values_are_at_the_ends(kind):
    values = {value for g in drawn(kind) for value in np.unique(g)}
    assert values == {1e-6, 1e-4}


def test_hot_cells_are_those_of_some_rows_and_some_columns():
    for kind in ("outer product", "blocks"):
        for g in drawn(kind):
            hot = g == 1e-4
            np.testing.assert_array_equal(hot, np.outer(hot.any(axis=1), hot.any(axis=0)))
    shares = [np.mean(g == 1e-4) for g in drawn("outer product", 200)]
    assert np.mean(shares) == pytest.approx(0.25, abs=0.06)  # half of the rows and half of the columns


def test_blocks_are_stripes_of_some_width():
    """About four changes along each wire, where cells drawn one by one would change twenty or thirty times."""
    changes = []
    for g in drawn("blocks", 100):
        hot = (g == 1e-4).any(axis=1)
        if hot.any():
            changes.append(np.count_nonzero(hot[1:] != hot[:-1]))
    assert 2.5 < np.mean(changes) < 5


def test_binary_matrices_have_between_a_tenth_and_nine_tenths_hot():
    shares = [np.mean(g == 1e-4) for g in drawn("binary", 200)]
    assert 0.05 < min(shares) < 0.2 and 0.8 < max(shares) < 0.95
    assert np.mean(shares) == pytest.approx(0.5, abs=0.06)


def test_uniform_matrices_take_any_conductance():
    (g,) = drawn("uniform", 1)
    assert len(np.unique(g)) == g.size
    assert np.quantile(g, [0.25, 0.5, 0.75]) == pytest.approx([2.575e-5, 5.05e-5, 7.525e-5], rel=0.1)
    (g,) = drawn("log uniform", 1)
    assert np.quantile(g, [0.25, 0.5, 0.75]) == pytest.approx([10**-5.5, 1e-5, 10**-4.5], rel=0.2)
    assert STARTS == ("outer product", "uniform", "log uniform", "blocks", "binary")


@pytest.mark.parametrize("v_range", [(0.0, 0.2), (-0.2, 0.2)])
def test_inputs_are_anything_then_sparse_then_at_ends_and_rest(v_range):
    v_in = random_inputs(Box.of(array_spec(40, 2), v_range), np.random.default_rng(0), each=50)
    anything, sparse, ends = np.split(v_in, 3)
    assert v_in.shape == (150, 40) and len(np.unique(anything)) == anything.size
    assert np.mean(sparse != 0.0) == pytest.approx(0.15, abs=0.03)
    assert anything.mean() == pytest.approx(sum(v_range) / 2, abs=0.01)
    assert set(np.unique(ends)) == {*v_range, 0.0}
    values, counts = np.unique(ends, return_counts=True)
    assert counts == pytest.approx(ends.size / len(values), rel=0.12)
