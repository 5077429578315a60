"""Arrays of other sizes: the same cell and wires, other experiments, the error against the array solver."""

from dataclasses import replace

import numpy as np
import pytest
from calibration_arrays import array_spec, surface
from numpy.testing import assert_allclose

from circuitsim import behavioral, nodal
from circuitsim.calibration.extrapolate import extrapolate
from circuitsim.results import TileModel


def largest_output(spec, cell):
    """Largest output of reads at full inputs with one column at g_max and the others at g_min, whichever column it is.

    No matrix gives more: current in other columns lowers the row voltages.
    """
    all_on = np.full((1, spec.array.rows), 0.2)
    best = 0.0
    for column in range(spec.array.cols):
        g = np.full(spec.shape, 1e-6)
        g[:, column] = 1e-4
        best = max(best, nodal.read(nodal.prepare(spec, g, cell), all_on).out.max())
    for g in np.full((2, *spec.shape), 1e-4) * np.random.default_rng(3).integers(0, 2, (2, *spec.shape)).clip(0.01):
        assert nodal.read(nodal.prepare(spec, g, cell), all_on).out.max() < best
    return best


@pytest.mark.parametrize("factor", [1, 2, 3])
def test_a_larger_array_has_the_error_of_its_own_tiles(model, factor):
    found = extrapolate(model, rng=np.random.default_rng(0), factor=factor)
    assert (found.rows, found.cols, found.truth) == (12 * factor, 10 * factor, "nodal")
    assert found.error.samples == 2 * 9 * 10 * factor  # two matrices, nine vectors
    larger = array_spec(rows=12 * factor, cols=10 * factor)
    assert_allclose(found.full_scale, largest_output(larger, model.surface), rtol=1e-9, atol=0)
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
