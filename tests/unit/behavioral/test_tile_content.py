"""Tiles as values and arrays: what comes back is the same tile, whatever its kind."""

import json

import numpy as np
import pytest
from gated_arrays import gated_model, gated_spec, level_model, level_spec, log_uniform
from string_arrays import series_model, series_spec

from circuitsim import behavioral
from circuitsim.errors import InputError
from circuitsim.results import TileModel


def models(make_model, make_spec):
    small = make_spec(rows=9, cols=4)
    shifted = make_spec(rows=9, cols=4, v_ref=0.1)
    for grade in behavioral.GRADES:
        yield make_model(grade=grade, spec=small)
    yield make_model(grade=1, spec=shifted)
    yield make_model(grade=2, v0=None, spec=shifted)
    for grade in behavioral.GATED_GRADES:
        yield gated_model(gated_spec(9, 4), grade)
        yield level_model(level_spec(9, 4), grade)
    for grade in behavioral.STRING_GRADES:
        yield series_model(series_spec(9, 4), grade)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_a_tile_comes_back_bit_for_bit(make_model, make_spec, dtype):
    for model in models(make_model, make_spec):
        g = log_uniform(model.spec)
        tile = behavioral.program(model, g, dtype=dtype)
        content, arrays = behavioral.tile_content(tile)
        again = behavioral.restored_tile(model, g, json.loads(json.dumps(content)), arrays)
        assert again == tile
        x = np.random.default_rng(0).integers(0, 2, (3, 9)) * 0.2
        x = (x if model.spec.array.input_line == "bl" else x / 0.2).astype(dtype)
        found, expected = behavioral.mvm(again, x), behavioral.mvm(tile, x)
        assert found.dtype == expected.dtype == dtype and np.array_equal(found, expected)
        if isinstance(tile, behavioral.Tile):
            assert np.array_equal(behavioral.power(again, x), behavioral.power(tile, x))


def test_numbers_keep_their_type_and_infinities(make_model, make_spec):
    model = make_model(grade=2, spec=make_spec(rows=4, cols=3))
    g = log_uniform(model.spec)
    content, arrays = behavioral.tile_content(behavioral.program(model, g))
    for number in (np.float32(0.1), np.float64(1 / 3), -np.inf):
        content["fields"]["r_sense"] = behavioral.tile_content(
            _with(behavioral.restored_tile(model, g, content, arrays), number)
        )[0]["fields"]["r_sense"]
        found = behavioral.restored_tile(model, g, json.loads(json.dumps(content, allow_nan=False)), arrays).r_sense
        assert (found, type(found)) == (number, type(number))


def _with(tile, r_sense):
    from dataclasses import replace

    return replace(tile, r_sense=r_sense)


@pytest.mark.parametrize(
    "content", [None, [], {}, {"part": "TileModel", "fields": {}}, {"part": "Tile", "fields": {}}, {"array": 7}]
)
def test_what_is_no_tile_is_refused(make_model, make_spec, content):
    model: TileModel = make_model(grade=1, spec=make_spec(rows=4, cols=3))
    with pytest.raises(InputError, match="the content is not that of a tile"):
        behavioral.restored_tile(model, np.zeros((4, 3)), content, [])
