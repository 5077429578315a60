"""Arrays of other sizes: the same cell and wires, other experiments, the error against the array solver."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec, surface

from circuitsim import behavioral, nodal
from circuitsim.calibration.extrapolate import extrapolate
from circuitsim.results import TileModel


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_a_larger_array_has_the_error_of_its_own_tiles(model, factor):
    found = extrapolate(model, rng=np.random.default_rng(0), factor=factor)
    assert (found.rows, found.cols, found.truth) == (12 * factor, 10 * factor, "nodal")
    assert found.error.samples == 2 * 9 * 10 * factor  # two matrices, nine vectors
    larger = array_spec(rows=12 * factor, cols=10 * factor)
    all_on, g = np.full((1, larger.array.rows), 0.2), np.full(larger.shape, 1e-4)
    limit = nodal.read(nodal.prepare(larger, g, model.surface), all_on).out.max()
    assert 0.05 * limit < found.full_scale < limit  # no matrix conducts more than one of g_max alone
    own = replace(model, spec=larger)
    v = np.random.default_rng(1).uniform(0, 0.2, (20, larger.array.rows))
    g = np.exp(np.random.default_rng(2).uniform(np.log(1e-6), np.log(1e-4), larger.shape))
    exact = nodal.read(nodal.prepare(larger, g, model.surface), v).out
    rms = np.sqrt(np.mean((behavioral.mvm(behavioral.program(own, g), v) - exact) ** 2)) / found.full_scale
    assert 0.2 * rms < found.error.rms < 5 * rms  # other matrices of the same kind


def test_its_error_grows_with_the_array(model):
    rms = [extrapolate(model, rng=np.random.default_rng(0), factor=factor).error.rms for factor in (1, 2, 4)]
    assert rms[0] < rms[1] < rms[2]


def test_twice_as_large_is_the_rule(model):
    found = extrapolate(model, rng=np.random.default_rng(0))
    assert (found.rows, found.cols) == (24, 20)
    assert found == extrapolate(model, rng=np.random.default_rng(0), factor=2)


@pytest.mark.parametrize(("rows", "cols", "made"), [(128, 129, False), (129, 128, False), (4, 3, True)])
def test_no_array_beyond_65536_cells_is_solved(rows, cols, made):
    large = TileModel(array_spec(rows=rows, cols=cols), surface(0.1), 2, (0.0, 0.2))
    assert (extrapolate(large, rng=np.random.default_rng(0)) is not None) == made


def test_wires_stated_segment_by_segment_have_no_larger_array():
    spec = array_spec(rows=4, cols=3).replace(wire={"r_row": np.full((4, 3), 2.0)})
    assert extrapolate(TileModel(spec, surface(0.1), 2, (0.0, 0.2)), rng=np.random.default_rng(0)) is None
