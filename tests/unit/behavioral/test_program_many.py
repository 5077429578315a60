"""Tiles that are programmed together, beside one after another."""

import numpy as np
import pytest

from circuitsim import behavioral
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.levels import surface_of
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec


def model_of(grade, v_ref=0.0):
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 6, "cols": 4, "cell": "1r"},
            "device": {"model": "rram_sinh", "params": {"v0": 0.25}, "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 5.0, "r_col": 5.0},
            "driver": {"v_read": 0.2},
            "sense": {"v_ref": v_ref},
        }
    )
    return TileModel(spec, surface_of(spec), grade, (v_ref, v_ref + 0.2))


def matrices(model):
    g = 10 ** np.random.default_rng(0).uniform(-6, -4, (5, *model.spec.shape))
    g[1, 2] = 0.0
    return g


@pytest.mark.parametrize("grade", [1, 2])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_tiles_are_those_of_one_at_a_time(grade, dtype):
    model = model_of(grade, v_ref=0.05)
    g, v_in = matrices(model), np.random.default_rng(1).uniform(0.05, 0.25, (3, 6)).astype(dtype)
    together = behavioral.program_many(model, list(g), dtype=dtype)
    alone = [behavioral.program(model, each, dtype=dtype) for each in g]
    assert together == alone
    for one, other in zip(together, alone, strict=True):
        assert np.array_equal(behavioral.mvm(one, v_in), behavioral.mvm(other, v_in))


def test_the_tiles_do_not_follow_the_conductances_that_were_given():
    model = model_of(1)
    g = matrices(model)
    tiles = behavioral.program_many(model, g)
    kept = tiles[2].source.g.copy()
    g[2] = 5e-5
    assert np.array_equal(tiles[2].source.g, kept)
    assert behavioral.program_many(model, []) == []


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [(2e-4, OutsideRangeError, r"g\[3, 1\]"), (np.nan, InputError, "finite"), (-1e-6, InputError, ">= 0")],
)
def test_a_wrong_conductance_is_refused_as_in_one_tile(value, error, words):
    model = model_of(1)
    g = matrices(model)
    g[4, 3, 1] = value
    with pytest.raises(error, match=words):
        behavioral.program_many(model, list(g))
    with pytest.raises(InputError, match="shape"):
        behavioral.program_many(model, [g[0], g[1, :3]])
