"""The compiled read of bands is the read of any namespace: sizes that fill no block, both precisions, NaN."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import behavioral
from circuitsim.behavioral.banded_read import banded_levels, read_bands

# Sizes that fill no block, and ranges of the inputs.
ARRAYS = [(size, (0.0, 0.4), 0.0) for size in ((1, 1), (3, 5), (9, 7), (18, 3), (33, 17), (17, 40), (64, 64))]
ARRAYS += [((18, 17), (0.0, 0.4), 0.2), ((18, 17), (-0.2, 0.2), 0.0)]


@pytest.mark.parametrize("grade", [3, 4])
@pytest.mark.parametrize(("size", "v_range", "v_ref"), ARRAYS)
def test_it_gives_the_numbers_of_the_plain_one(make_spec, make_model, conductances, grade, size, v_range, v_ref):
    rows, cols = size
    spec = make_spec(rows, cols, v_read=v_range[1] - v_ref, v_ref=v_ref)
    model, rng = make_model(grade, v_range=v_range, spec=spec), np.random.default_rng(0)
    # Rounding of 14 products; float32 has it 5e8 times larger.
    for dtype, rtol in (("float64", 1e-12), ("float32", 5e-6)):
        tile = behavioral.program(model, conductances(spec), dtype=dtype)
        for batch in (1, 5, 128, 300):
            v = rng.uniform(*v_range, (batch, rows)).astype(dtype)
            expected = read_bands(tile, v)
            found = behavioral.mvm(tile, v)
            assert found.dtype == expected.dtype == dtype
            assert_allclose(found, expected, rtol=0, atol=rtol * np.abs(expected).max())


def test_vectors_do_not_touch_one_another(make_model, conductances, inputs):
    model = make_model(4)
    tile = behavioral.program(model, conductances(model.spec))
    v = inputs(model.spec.array.rows, model.v_range, each=50)
    expected = behavioral.mvm(tile, v)
    v[7, 3] = np.nan
    found = behavioral.mvm(tile, v)
    assert np.isnan(found[7]).all()
    others = np.arange(len(v)) != 7
    assert_allclose(found[others], expected[others], rtol=0, atol=0)
    assert behavioral.mvm(tile, v[:0]).shape == (0, model.spec.array.cols)


def test_inputs_in_any_layout(make_model, conductances, inputs):
    model = make_model(4)
    tile = behavioral.program(model, conductances(model.spec))
    v = inputs(model.spec.array.rows, model.v_range)
    expected = behavioral.mvm(tile, v)
    scattered = np.asfortranarray(np.repeat(v, 2, axis=1))[:, ::2]
    assert_allclose(behavioral.mvm(tile, scattered), expected, rtol=0, atol=0)
    on = v > 0.2
    assert_allclose(behavioral.mvm(tile, on), behavioral.mvm(tile, on.astype(float)), rtol=0, atol=0)


def test_two_repetitions_of_the_levels_are_enough(monkeypatch, make_model, conductances, inputs):
    """Two leave 1.7e-6 of full scale, a fiftieth of the model's error."""
    model = make_model(4)
    tile = behavioral.program(model, conductances(model.spec))
    v = inputs(model.spec.array.rows, model.v_range, each=50)
    i_out = read_bands(tile, v)
    monkeypatch.setattr("circuitsim.behavioral.banded_read.REPETITIONS", 12)
    settled = read_bands(tile, v)
    assert np.sqrt(np.mean((i_out - settled) ** 2)) <= 4e-6 * settled.max()
    assert np.abs(i_out - settled).max() > 0


def test_levels_are_those_of_the_columns(make_model, conductances, inputs):
    """Nothing driven is the lower end of the table; all rows on nearly its upper end."""
    model = make_model(4)
    tile = behavioral.program(model, conductances(model.spec))
    off, on = (np.full((1, 32), v) for v in model.v_range)
    for levels, end in ((banded_levels(tile, off), -0.4), (banded_levels(tile, on), 0.6)):
        assert len(levels) == 4
        assert_allclose(np.concatenate(levels), end, rtol=0, atol=0.08)
