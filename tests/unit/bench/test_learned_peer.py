"""The learned correction, held against the solved array on matrices that it was not fitted to."""

import sys

import numpy as np
import pytest
from calibration_arrays import array_spec, draw, surface
from numpy.testing import assert_array_equal

from circuitsim.bench.learned_peer import fit_peer, prepare_peer, read_peer
from circuitsim.calibration import solve_in_nodal
from circuitsim.errors import MissingExtraError

SPEC, CELL = array_spec(), surface(0.1)


@pytest.fixture(scope="module")
def fitting():
    return draw(SPEC, 11, ("log_uniform", "uniform", "binary", "few_high"))


@pytest.fixture(scope="module")
def peer(fitting):
    return fit_peer(fitting, solve_in_nodal(SPEC, CELL, fitting), rng=np.random.default_rng(0))


def test_it_beats_the_plain_product_on_new_matrices(peer):
    new = draw(SPEC, 12)
    truths = solve_in_nodal(SPEC, CELL, new)

    def rms(outs):
        return np.sqrt(np.mean([np.mean((o - t.out) ** 2) for o, t in zip(outs, truths, strict=True)]))

    assert rms([read_peer(prepare_peer(peer, e.g), e.v_in) for e in new]) < 0.2 * rms([e.v_in @ e.g for e in new])


def test_the_same_generator_gives_the_same_peer(peer, fitting):
    again = fit_peer(fitting, solve_in_nodal(SPEC, CELL, fitting), rng=np.random.default_rng(0))
    other = fit_peer(fitting, solve_in_nodal(SPEC, CELL, fitting), rng=np.random.default_rng(1))
    g, v_in = fitting[0].g, fitting[0].v_in
    expected = read_peer(prepare_peer(peer, g), v_in)
    assert_array_equal(read_peer(prepare_peer(again, g), v_in), expected)
    assert (read_peer(prepare_peer(other, g), v_in) != expected).any()


def test_inputs_that_drive_nothing_give_no_current(peer, fitting):
    prepared = prepare_peer(peer, fitting[0].g)
    assert_array_equal(read_peer(prepared, np.zeros((2, SPEC.array.rows))), np.zeros((2, SPEC.array.cols)))


def test_without_scikit_learn_it_names_the_extra(fitting, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(MissingExtraError, match=r"^scikit-learn is not installed: pip install 'circuitsim\[bench\]'$"):
        fit_peer(fitting, solve_in_nodal(SPEC, CELL, fitting), rng=np.random.default_rng(0))
