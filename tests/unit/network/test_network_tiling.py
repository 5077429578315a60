import itertools
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.network import Differential, Offset
from circuitsim.network.tiling import padded, places

PAIRS = Differential(1e-6, 1e-4)


@pytest.mark.parametrize("shape", [(1, 96, 80), (1, 64, 32), (1, 65, 33), (1, 1, 1), (3, 9, 5), (1, 127, 200)])
def test_tiles_cover_every_weight_once_and_fit(shape):
    seen = np.zeros(shape, dtype=int)
    tiles = places("fc", shape, (64, 64), PAIRS)
    for place in tiles:
        seen[place.group, slice(*place.inputs), slice(*place.outputs)] += 1
        assert 1 <= place.rows <= 64
        assert 2 <= place.cols <= 64
    np.testing.assert_array_equal(seen, 1)
    assert [place.index for place in tiles] == list(range(len(tiles)))
    groups, inputs, outputs = shape
    assert len(tiles) == groups * -(-inputs // 64) * -(-outputs // 32)


def test_parts_differ_by_one_at_most():
    for inputs, rows in itertools.product(range(1, 60), (1, 2, 7, 16)):
        sizes = [place.rows for place in places("fc", (1, inputs, 1), (rows, 2), PAIRS)]
        assert max(sizes) - min(sizes) <= 1
        assert max(sizes) <= rows


def test_padding_is_programmed_to_g_min():
    g = padded(np.full((2, 4), 5e-5), (3, 6), g_min=1e-6)
    assert g.shape == (3, 6)
    np.testing.assert_array_equal(g[:2, :4], 5e-5)
    np.testing.assert_array_equal(g[2], 1e-6)
    np.testing.assert_array_equal(g[:, 4:], 1e-6)


def test_one_column_cannot_hold_a_signed_weight():
    with pytest.raises(InputError, match=r"array\.cols = 1: differential weights need at least 2 columns"):
        places("fc", (1, 4, 4), (8, 1), PAIRS)


def test_offset_weights_take_one_column_each():
    tiles = places("fc", (1, 4, 9), (8, 5), Offset(1e-6, 1e-4))
    assert [(place.outputs, place.cols) for place in tiles] == [((0, 4), 4), ((4, 9), 5)]


@dataclass(frozen=True)
class SharedColumn:
    """Two columns for each output, and one for all of them."""

    name: str = "shared"
    columns_per_output: int = 2
    shared_columns: int = 1
    paired: bool = False


def test_a_shared_column_leaves_room_for_fewer_outputs():
    tiles = places("fc", (1, 4, 4), (8, 8), cast(Any, SharedColumn()))
    assert [(place.outputs, place.cols) for place in tiles] == [((0, 2), 5), ((2, 4), 5)]
    with pytest.raises(InputError, match=r"array\.cols = 2: shared weights need at least 3 columns"):
        places("fc", (1, 4, 5), (8, 2), cast(Any, SharedColumn()))
