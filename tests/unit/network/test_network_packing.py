"""Groups of a convolution that share tiles, and where small layers lie."""

from dataclasses import dataclass

import numpy as np
import pytest
from gated_arrays import gated_spec
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim.errors import SpecError
from circuitsim.network import (
    ExactProduct,
    LayerRange,
    LinearLayer,
    exact_product,
    expected_crosstalk,
    float_product,
    layer_places,
    program,
    tile_conductances,
)
from circuitsim.network.reading import read_layer
from circuitsim.spec import parse_spec

KNOWN = LayerRange(activation_max=4.0)


@dataclass(frozen=True)
class OneLayer:
    weights: np.ndarray

    @property
    def layers(self):
        return (LinearLayer("dw", "Conv", self.weights),)

    def run(self, images, product):
        raise NotImplementedError

    def run_float(self, images):
        raise NotImplementedError


def wired(side=64, r=2.0, ratio=100, **sections):
    data = {
        "schema": 1,
        "array": {"rows": side, "cols": side, "cell": "1r"},
        "device": {"model": "rram_ohmic", "g_min": 1e-4 / ratio, "g_max": 1e-4},
        "wire": {"r_row": r, "r_col": r},
        "driver": {"v_read": 0.2, "r_out": 50.0},
        "sense": {"r_in": 50.0},
    }
    return parse_spec({**data, **sections})


def depthwise(groups=20, inputs=9, outputs=1):
    return np.random.default_rng(groups).normal(size=(groups, inputs, outputs))


def products(spec, weights, *, digits=None):
    """What a layer gives on exact arrays, what it should give, and the reading."""
    tiles = program(OneLayer(weights), spec, exact_product(spec)).layers["dw"]
    x = np.random.default_rng(1).uniform(-4.0, 4.0, (5, *weights.shape[:2]))
    x = x if digits is None else np.rint(x * digits / 4.0) * 4.0 / digits
    reading = read_layer(tiles, spec, x, KNOWN)
    return reading, float_product(tiles.layer, x), tiles


@pytest.mark.parametrize("ends", [("left", "bottom"), ("right", "bottom"), ("left", "top"), ("both", "both")])
@pytest.mark.parametrize("shape", [(20, 9, 1), (5, 9, 2), (3, 30, 9), (1, 9, 8), (2, 80, 40)])
def test_every_weight_lies_on_a_cell_of_its_own_near_driver_and_sense(shape, ends):
    row_drive, col_sense = ends
    spec = wired(wire={"r_row": 2.0, "r_col": 2.0, "row_drive": row_drive, "col_sense": col_sense})
    layer = LinearLayer("dw", "Conv", np.arange(1.0, 1.0 + np.prod(shape)).reshape(shape))
    w_max = float(layer.weights.max())
    held = []
    for place in layer_places("dw", shape, spec):
        g = tile_conductances(layer, place, spec, w_max=w_max)
        rows, cols = np.nonzero(g > 1e-6 * (1 + 1e-9))
        assert cols.max() == 62 if row_drive == "right" else cols.min() == 0  # the last column is a negative side
        assert rows.min() == 0 if col_sense == "top" else rows.max() == 63
        held.append((g[rows, cols] - 1e-6) * w_max / 99e-6)
        assert len(rows) == place.rows * (place.cols // 2) // place.groups == place.cells // 2
    assert_allclose(np.sort(np.concatenate(held)), np.arange(1.0, 1.0 + np.prod(shape)), rtol=1e-9)


def test_groups_lie_on_the_diagonal_that_keeps_their_wires_equally_long():
    """The group near its drivers is far from its sense amplifiers, whichever ends these are at."""
    for row_drive, col_sense in (("left", "bottom"), ("right", "bottom"), ("left", "top"), ("right", "top")):
        spec = wired(wire={"r_row": 2.0, "r_col": 2.0, "row_drive": row_drive, "col_sense": col_sense})
        layer = LinearLayer("dw", "Conv", np.ones((7, 9, 1)))
        (place,) = layer_places("dw", (7, 9, 1), spec)
        rows, cols = np.nonzero(tile_conductances(layer, place, spec, w_max=1.0) > 5e-5)
        to_driver = cols if row_drive == "left" else 63 - cols
        to_sense = 63 - rows if col_sense == "bottom" else rows
        assert np.ptp(to_driver / 2 + to_sense / 9) <= 1.5


MAPPINGS = [{}, {"bits_per_cell": 8, "weight_bits": 16}, {"inputs": "unsigned"}, {"crosstalk": 0}]


@pytest.mark.parametrize("mapping", [*MAPPINGS, {"weights": "reference"}, {"weights": "offset"}])
def test_packed_groups_give_the_float_product(mapping):
    weights = depthwise()
    spec = wired(mapping=mapping)
    tiles = program(OneLayer(weights), spec, ExactProduct()).layers["dw"]
    x = np.random.default_rng(1).uniform(0.0 if "inputs" in mapping else -4.0, 4.0, (5, 20, 9))
    y, expected = read_layer(tiles, spec, x, KNOWN).y, float_product(tiles.layer, x)
    rounded = 1e-4 if "weight_bits" in mapping else 1e-12  # sixteen bits
    assert np.abs(y - expected).max() <= rounded * np.abs(expected).max()
    packs = mapping.get("weights") is None and mapping.get("crosstalk") is None
    assert max(place.groups for place in tiles.places) == (7 if packs else 1)


@pytest.mark.parametrize("ends", [("right", "bottom"), ("left", "top"), ("right", "top")])
def test_groups_are_read_from_where_they_lie(ends):
    weights = depthwise()
    spec = wired(wire={"r_row": 2.0, "r_col": 2.0, "row_drive": ends[0], "col_sense": ends[1]})
    reading, expected, tiles = products(spec, weights)
    assert max(place.groups for place in tiles.places) == 7
    assert np.abs(reading.y - expected).max() <= 1e-12 * np.abs(expected).max()


@pytest.mark.parametrize("code", ["bit_serial", "pulse_width"])
def test_packed_groups_on_gates_and_by_pulses(code):
    weights = depthwise(6, 3, 2)
    gates = gated_spec(16, 12, driver={"v_read": 0.2, "input_code": code, "dac_bits": 4}, mapping={"crosstalk": 1.0})
    lines = wired(16, driver={"v_read": 0.2, "input_code": code, "dac_bits": 4})
    for spec, groups in ((gates, 3), (lines, 3)):
        reading, expected, tiles = products(spec, weights, digits=15)
        assert [place.groups for place in tiles.places] == [groups] * (6 // groups)
        assert np.abs(reading.y - expected).max() <= 1e-10 * np.abs(expected).max()


def test_one_read_serves_all_groups_of_a_tile():
    counts = []
    for mapping in ({}, {"crosstalk": 0}):
        spec = wired(mapping=mapping, adc={"bits": 8})
        tiles = program(OneLayer(depthwise(21)), spec, ExactProduct()).layers["dw"]
        reading = read_layer(tiles, spec, np.ones((5, 21, 9)), LayerRange(1.0, full_scale=1e-4))
        counts.append((reading.reads, reading.conversions))
    assert counts == [(5 * 3, 5 * 42), (5 * 21, 5 * 42)]


def test_the_converters_of_a_packed_tile_round_each_column():
    spec = wired(adc={"bits": 6, "full_scale": 3e-5}, driver={"v_read": 0.2, "dac_bits": 4})
    weights, known = depthwise(), LayerRange(4.0, full_scale=3e-5)
    x = np.random.default_rng(1).uniform(-4.0, 4.0, (5, 20, 9))
    found = []
    for mapping in ({}, {"crosstalk": 0}):
        array = spec.replace(mapping=mapping, device={"g_min": 1e-12})  # neighbours add nothing to a column
        tiles = program(OneLayer(weights), array, ExactProduct()).layers["dw"]
        found.append(read_layer(tiles, array, x, known).y)
    assert_allclose(*found, rtol=0, atol=1e-9 * np.abs(found[1]).max())


@pytest.mark.parametrize(("side", "most"), [(64, 2800), (128, 1048)])
def test_mobilenet_v2_takes_a_third_and_a_seventh_of_the_tiles(side, most):
    """(expansion, channels, blocks, first stride) of its stages; strides do not change the weights."""
    stages = [(1, 16, 1), (6, 24, 2), (6, 32, 3), (6, 64, 4), (6, 96, 3), (6, 160, 3), (6, 320, 1)]
    shapes, channels = [(1, 27, 32)], 32
    for expansion, width, blocks in stages:
        for _ in range(blocks):
            inner = channels * expansion
            shapes += [(1, channels, inner)] * (expansion > 1) + [(inner, 9, 1), (1, inner, width)]
            channels = width
    shapes += [(1, 320, 1280), (1, 1280, 1000)]
    spec = wired(side)
    tiles = [len(layer_places("l", shape, spec)) for shape in shapes]
    assert sum(shape[0] for shape in shapes if shape[0] > 1) == 7136
    assert sum(tiles) <= most
    apart = spec.replace(mapping={"crosstalk": 0})
    assert sum(len(layer_places("l", shape, apart)) for shape in shapes) == {64: 8908, 128: 7665}[side]


def test_less_crosstalk_is_allowed_on_fewer_groups():
    counts = []
    for allowed in (0.1, 0.03, 0.02, 0.01, 0.005, 0.0):
        spec = wired(r=20.0, mapping={"crosstalk": allowed})
        tiles = layer_places("dw", (960, 9, 1), spec)
        counts.append(max(place.groups for place in tiles))
        assert expected_crosstalk(tiles, spec) <= allowed
        together = wired(r=20.0, mapping={"crosstalk": 1.0})
        more = layer_places("dw", (counts[-1] + 1, 9, 1), together)
        assert counts[-1] == 7 or expected_crosstalk(more, together) > allowed
    assert counts[0] == 7 and counts[-1] == 1 and counts == sorted(counts, reverse=True) and len(set(counts)) >= 5
    assert layer_places("dw", (20, 9, 1), wired(r=20.0)) == layer_places(
        "dw", (20, 9, 1), wired(r=20.0, mapping={"crosstalk": 0.03})
    )


def test_arrays_without_wires_have_no_crosstalk():
    spec = wired(r=0.0, driver={"v_read": 0.2}, sense={})
    tiles = layer_places("dw", (20, 9, 1), spec)
    assert expected_crosstalk(tiles, spec) == 0.0 and max(place.groups for place in tiles) == 7


def test_crosstalk_without_pairs_is_refused():
    for weights in ("offset", "reference"):
        with pytest.raises(SpecError, match=f"crosstalk = 0.1 has no effect with weights = '{weights}'"):
            wired(mapping={"weights": weights, "crosstalk": 0.1})
    with pytest.raises(SpecError, match=r"mapping\.crosstalk = -1"):
        wired(mapping={"crosstalk": -1})


def test_places_of_a_packed_layer_name_their_groups():
    tiles = layer_places("dw", (20, 9, 1), wired())
    owners = np.concatenate([np.arange(20)[place.group_part] for place in tiles])
    assert_array_equal(owners, np.arange(20))


@pytest.mark.parametrize(("end", "used"), [("bottom", (False, True)), ("top", (True, False)), ("both", (True, True))])
def test_expected_is_the_largest_rise_of_a_column(end, used):
    """Rows in use at 1 V through g_min each, but for those of the own group, into a column of 3 ohm a segment."""
    spec = wired(wire={"r_row": 0.0, "r_col": 3.0, "col_sense": end}, mapping={"crosstalk": 1.0})
    (place,) = tiles = layer_places("dw", (7, 9, 1), spec)
    ladder = np.diag(np.full(64, 2 / 3)) - np.diag(np.full(63, 1 / 3), 1) - np.diag(np.full(63, 1 / 3), -1)
    for row, sensed in zip((0, -1), used, strict=True):
        ladder[row, row] = 1 / 3 + (1 / 53 if sensed else 0.0)
    rise = np.linalg.inv(ladder)[place.row_part, place.row_part]
    others = np.kron(1 - np.eye(7), np.ones((9, 9)))
    assert expected_crosstalk(tiles, spec) == pytest.approx(1e-6 * (rise * others).sum(axis=1).max(), rel=1e-9)
