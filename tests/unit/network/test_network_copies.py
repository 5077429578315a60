"""Copies of columns, averaged digitally, and scales of tiles and columns: what both save of the converters' errors."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from gated_arrays import gated_spec

from circuitsim import nodal
from circuitsim.errors import SpecError
from circuitsim.evaluation import BehavioralProduct, NodalProduct
from circuitsim.network import (
    Copied,
    Differential,
    LayerRange,
    LinearLayer,
    evaluate,
    exact_product,
    fit_ranges,
    float_difference,
    float_product,
    program,
    scheme_of,
    tile_conductances,
)
from circuitsim.network.onnx import cut
from circuitsim.network.reading import read_layer
from circuitsim.periphery import adc_table
from circuitsim.results import TileModel

MAPPINGS = [
    {"copies": 3},
    {"copies": 2, "weights": "reference"},
    {"copies": 2, "weights": "offset", "inputs": "differential"},
    {"scale": "tile"},
    {"scale": "column"},
    {"scale": "column", "weights": "reference", "inputs": "offset"},
    {"scale": "column", "copies": 2, "inputs": "offset", "crosstalk": 1.0},
]


@dataclass(frozen=True)
class OneLayer:
    weights: np.ndarray

    @property
    def layers(self):
        return (LinearLayer("l", "Gemm", self.weights),)

    def run(self, images, product):
        (layer,) = self.layers
        return product(layer, np.asarray(images, dtype=float)[:, None])[:, 0]

    def run_float(self, images):
        return self.run(images, float_product)


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


@pytest.mark.parametrize("mapping", MAPPINGS)
@pytest.mark.parametrize("model", ["mlp", "cnn"])
def test_exact_arrays_give_the_float_network(spec, mapping, model, request):
    network = cut(request.getfixturevalue(model))
    images = np.random.default_rng(2).normal(size=(6, 15) if model == "mlp" else (3, 3, 8, 8))
    array = spec.replace(array={"rows": 14, "cols": 22}, mapping=mapping)
    assert float_difference(network, array, images).max() < 1e-5


@pytest.mark.parametrize("mapping", [{"copies": 2}, {"scale": "column"}, {"scale": "tile", "copies": 2}])
def test_slices_and_gates(spec, mapping):
    """Slices of 16 bits, and bits on gates, leave the rounding of the weights alone."""
    x, weights = np.random.default_rng(1).integers(-15, 16, (5, 1, 21)) / 15.0, drawn(1, 21, 4)
    sliced = spec.replace(array={"rows": 16, "cols": 32}, mapping={**mapping, "bits_per_cell": 8, "weight_bits": 16})
    gates = gated_spec(16, 12, driver={"v_read": 0.2, "input_code": "bit_serial", "dac_bits": 4}, mapping=mapping)
    for array, rounding in ((sliced, 1e-4), (gates, 1e-10)):
        tiles = program(OneLayer(weights), array, exact_product(array)).layers["l"]
        y, expected = read_layer(tiles, array, x, LayerRange(1.0)).y, float_product(tiles.layer, x)
        assert np.abs(y - expected).max() <= rounding * np.abs(expected).max()


def errors(spec, weights, *, bits=6, noise=None):
    """Errors (vectors, outputs) of products by an ADC, relative to the least weights' range; no DAC, no wires."""
    array = spec.replace(array={"rows": 64, "cols": 64}, adc={"bits": bits, "full_scale": 4e-4})
    tiles = program(OneLayer(weights), array, exact_product(array)).layers["l"]
    x = np.random.default_rng(1).uniform(0.0, 1.0, (400, 1, weights.shape[1]))
    y = read_layer(tiles, array, x, LayerRange(1.0, full_scale=4e-4), rng=noise).y
    return (y - float_product(tiles.layer, x))[:, 0]


@pytest.mark.parametrize("copies", [2, 4])
def test_rounding_of_six_bits_falls_by_the_root_of_the_copies_or_more(spec, copies):
    """Errors of a pair of independent roundings, LSB·sqrt(2/12), over √copies; at most over the copies themselves.

    The second limit is that of copies whose currents lie evenly between two codes.
    """
    weights = drawn(1, 60, 8)
    found = [float(np.std(errors(spec.replace(mapping={"copies": n}), weights))) for n in (1, copies)]
    lsb = 4e-4 / 63 * float(np.abs(weights).max()) / (99e-6 * 0.2)
    assert found[0] == pytest.approx(lsb * np.sqrt(2 / 12), rel=0.1)
    range_lost = np.sqrt(np.mean((1 - 0.05 * np.arange(copies)) ** -2.0))
    assert found[0] / copies < found[1] / range_lost < 1.05 * found[0] / np.sqrt(copies)


def test_noise_of_converters_falls_by_the_root_of_the_copies(spec, monkeypatch):
    def noisy(spec, *, full_scale=None):
        return replace(adc_table(spec, full_scale=full_scale), noise=full_scale / 63)

    monkeypatch.setattr("circuitsim.network.converting.adc_table", noisy)
    weights = drawn(1, 60, 8)
    one, four = (
        float(np.std(errors(spec.replace(mapping={"copies": n}), weights, noise=np.random.default_rng(3))))
        for n in (1, 4)
    )
    assert four == pytest.approx(one * np.sqrt(np.mean((1 - 0.05 * np.arange(4)) ** -2.0) / 4), rel=0.1)


def test_copies_lie_side_by_side_and_use_less_of_the_range(spec):
    scheme = scheme_of(spec.replace(mapping={"copies": 2}))
    assert scheme == Copied(1e-6, 1e-4, Differential(1e-6, 1e-4), 2) and scheme.columns_per_output == 4
    g = scheme.conductances(np.array([[1.0, -0.5]]), w_max=1.0)
    np.testing.assert_allclose((g[0] - 1e-6) / 99e-6, [1, 0, 0.95, 0, 0, 0.5, 0, 0.475], atol=1e-12)
    equal = scheme_of(spec.replace(mapping={"copies": 2, "bits_per_cell": 1}))
    np.testing.assert_allclose(equal.conductances(np.array([[1.0]]), w_max=1.0), [[1e-4, 1e-6, 1e-4, 1e-6]])
    assert scheme_of(spec.replace(mapping={"copies": 1})) == Differential(1e-6, 1e-4)


@pytest.mark.parametrize("copies", [0, 9, 1.5])
def test_numbers_of_copies_that_make_no_sense(spec, copies):
    with pytest.raises(SpecError, match=r"mapping\.copies"):
        spec.replace(mapping={"copies": copies})


def test_each_tile_and_column_uses_the_whole_range(spec):
    weights = drawn(1, 21, 6) * np.logspace(0, -2, 6)
    weights[0, 5:, 5] = 0.0
    for scale in ("layer", "tile", "column"):
        array = spec.replace(mapping={"scale": scale})
        tiles = program(OneLayer(weights), array, exact_product(array)).layers["l"]
        largest = []
        for place in tiles.places:
            g = tile_conductances(tiles.layer, place, array, w_max=tiles.w_max)[place.row_part, place.col_part]
            assert g.min() >= 1e-6 * (1 - 1e-12) and g.max() <= 1e-4 * (1 + 1e-12)
            pairs = g.max(axis=0).reshape(-1, 2).max(axis=1)
            largest += [pairs.max()] if scale == "tile" else pairs.tolist()
        whole = np.isclose(largest, 1e-4, rtol=1e-9)
        if scale == "layer":
            assert np.count_nonzero(whole) == 1
        else:
            assert np.all(whole | np.isclose(largest, 1e-6, rtol=1e-9))  # a column of zeros has no scale


def test_columns_of_small_weights_are_converted_as_finely_as_others(spec):
    sizes = np.logspace(0, -2, 8)
    weights = drawn(1, 60, 8) * sizes
    layer, column = (np.std(errors(spec.replace(mapping={"scale": s}), weights), axis=0) for s in ("layer", "column"))
    own = np.abs(weights[0]).max(axis=0) / np.abs(weights).max()
    assert np.all(column[:3] < layer[:3] * 1.3)
    assert column[-1] == pytest.approx(column[0] * own[-1] / own[0], rel=0.2)
    signal = np.std(np.random.default_rng(1).uniform(0.0, 1.0, (400, 60)) @ weights[0, :, -1])
    assert layer[-1] > 0.5 * signal > 1.5 * column[-1]


@pytest.mark.parametrize("mapping", [{"copies": 2}, {"scale": "column"}, {"scale": "tile"}])
def test_behavioral_and_nodal_tiles_agree(spec, mapping):
    wires = {"wire": {"r_row": 2.0, "r_col": 2.0}, "driver": {"r_out": 50.0}, "sense": {"r_in": 50.0}}
    array = spec.replace(**wires, mapping=mapping, adc={"bits": 8})
    network, images = OneLayer(drawn(1, 21, 4)), np.random.default_rng(1).uniform(-1.0, 1.0, (40, 21))
    model = TileModel(array, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 2, (0.0, 0.2))
    found = []
    for product in (NodalProduct(array), BehavioralProduct(model)):
        programmed = program(network, array.replace(adc={"bits": None}), product)
        found.append(evaluate(programmed, images, ranges=fit_ranges(programmed, images)).logits)
    assert np.abs(found[1] - found[0]).max() < 1e-4 * np.abs(found[0]).max()
    assert np.abs(found[0] - network.run_float(images)).max() > 1e-3 * np.abs(found[0]).max()  # the wires are felt
