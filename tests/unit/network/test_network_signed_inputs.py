"""Signed activations in one read: two rows for each input, or about the middle of the range."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from gated_arrays import gated_spec
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.errors import InputError
from circuitsim.evaluation import BehavioralProduct, NodalProduct
from circuitsim.network import (
    LayerRange,
    LinearLayer,
    RecordedProduct,
    evaluate,
    exact_product,
    fit_ranges,
    float_difference,
    float_product,
    layer_places,
    program,
)
from circuitsim.network.inputs import encode
from circuitsim.network.onnx import cut
from circuitsim.network.reading import read_layer
from circuitsim.results import TileModel

ONE_READ = ["differential", "offset"]
KNOWN = LayerRange(4.0)


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


def drawn(shape=(5, 1, 21), *, digits=None):
    x = np.random.default_rng(1).uniform(-4.0, 4.0, shape)
    return x if digits is None else np.rint(x * digits / 4.0) * 4.0 / digits


def weights(*shape):
    return np.random.default_rng(0).normal(size=shape)


@pytest.mark.parametrize("inputs", ONE_READ)
@pytest.mark.parametrize("model", ["mlp", "cnn"])
@pytest.mark.parametrize("mapping", [{}, {"weights": "offset"}, {"weights": "reference"}])
def test_exact_arrays_give_the_float_network(spec, inputs, model, mapping, request):
    network = cut(request.getfixturevalue(model))
    images = np.random.default_rng(2).normal(size=(6, 15) if model == "mlp" else (3, 3, 8, 8))
    assert float_difference(network, spec.replace(mapping={**mapping, "inputs": inputs}), images).max() < 1e-5


@pytest.mark.parametrize("inputs", ONE_READ)
@pytest.mark.parametrize("code", ["amplitude", "bit_serial", "pulse_width", "gates", "gate_pulses"])
def test_every_code_of_inputs_gives_the_products_of_its_codes(spec, inputs, code):
    driver = {"v_read": 0.2, "dac_bits": 5}
    kind = {"gates": "bit_serial", "gate_pulses": "pulse_width"}.get(code, code)
    if code.startswith("gate"):
        array = gated_spec(16, 12, driver={**driver, "input_code": kind}, mapping={"inputs": inputs})
    else:
        array = spec.replace(driver={**driver, "input_code": kind}, mapping={"inputs": inputs})
    x = drawn(digits=31 if inputs == "differential" else 15)
    tiles = program(OneLayer(weights(1, 21, 4)), array, exact_product(array)).layers["l"]
    expected = float_product(tiles.layer, x)
    assert np.abs(read_layer(tiles, array, x, KNOWN).y - expected).max() <= 1e-10 * np.abs(expected).max()


@pytest.mark.parametrize("inputs", ONE_READ)
def test_slices_give_the_product_of_the_rounded_weights(spec, inputs):
    x, found = drawn(), []
    for each in (inputs, "two_phase"):
        array = spec.replace(mapping={"inputs": each, "bits_per_cell": 2, "weight_bits": 4})
        tiles = program(OneLayer(weights(1, 21, 4)), array, exact_product(array)).layers["l"]
        found.append(read_layer(tiles, array, x, KNOWN).y)
    assert_allclose(*found, rtol=0, atol=1e-10 * np.abs(found[1]).max())


@pytest.mark.parametrize(("inputs", "tiles"), [("differential", 5), ("offset", 3), ("two_phase", 3)])
def test_both_signs_take_one_read(spec, inputs, tiles):
    array = spec.replace(mapping={"inputs": inputs})
    programmed = program(OneLayer(weights(1, 21, 4)), array, exact_product(array)).layers["l"]
    reading = read_layer(programmed, array, drawn(), KNOWN)
    assert len(programmed.places) == tiles and reading.encoded == 5 * 21
    assert reading.reads == tiles * 5 * (2 if inputs == "two_phase" else 1)


def test_the_rows_of_an_input_lie_side_by_side_and_carry_opposite_weights(spec):
    array, records = spec.replace(mapping={"inputs": "differential"}), []
    network = OneLayer(np.array([[[2.0, -1.0], [0.5, 0.0]]]))
    tiles = program(network, array, RecordedProduct(exact_product(array), records)).layers["l"]
    read_layer(tiles, array, np.array([[[4.0, -1.0]]]), KNOWN)
    (record,) = records
    assert_allclose(record.v_in[0, -4:], [0.2, 0.0, 0.0, 0.05], atol=1e-15)
    signed = record.g[-4:, 0:4:2] - record.g[-4:, 1:4:2]
    assert_allclose(signed / 99e-6, [[1, -0.5], [-1, 0.5], [0.25, 0], [-0.25, 0]], atol=1e-12)


def test_packed_groups_take_differential_inputs(spec):
    array = spec.replace(array={"rows": 32, "cols": 32}, mapping={"inputs": "differential"})
    network = OneLayer(weights(4, 5, 2))
    tiles = program(network, array, exact_product(array)).layers["l"]
    assert [place.groups for place in layer_places("l", (4, 5, 2), array)] == [2, 2]
    x = drawn((5, 4, 5))
    expected = float_product(tiles.layer, x)
    assert np.abs(read_layer(tiles, array, x, KNOWN).y - expected).max() <= 1e-10 * np.abs(expected).max()


def test_zero_of_offset_inputs_has_a_code_and_both_ends_are_driven(spec):
    array = spec.replace(mapping={"inputs": "offset"}, driver={"dac_bits": 3})
    found = encode(np.array([[-1.0, 0.0, 1.0, 0.34, 2.0, -1.5]]), array, activation_max=1.0)
    assert found.weights == (1.0,) and found.clipped == 2
    assert_allclose(found.v[0, 0] / 0.2 * 7, [0, 3, 6, 4, 6, 0], atol=1e-12)
    assert found.full_scale == pytest.approx(0.2 * 3 / 7)
    for driver in ({"dac_bits": 1}, {"dac_bits": 1, "input_code": "bit_serial"}):
        with pytest.raises(InputError, match=r"mapping.inputs = 'offset' with driver.dac_bits = 1: expected three"):
            encode(np.zeros(3), array.replace(driver=driver), activation_max=1.0)


def test_an_odd_row_cannot_hold_an_input_of_two_rows(spec):
    one = spec.replace(array={"rows": 1}, mapping={"inputs": "differential"})
    with pytest.raises(InputError, match=r"array\.rows = 1: an input takes 2 rows"):
        layer_places("l", (1, 4, 2), one)


@pytest.mark.parametrize("inputs", ["two_phase", *ONE_READ])
def test_behavioral_and_nodal_tiles_agree_and_a_gain_takes_the_mean_loss_off(spec, inputs):
    """The rms error of the behavioral model; offset inputs also lose a share of their middle, which a gain restores."""
    array = spec.replace(
        wire={"r_row": 2.0, "r_col": 2.0}, driver={"r_out": 50.0}, sense={"r_in": 50.0}, mapping={"inputs": inputs}
    )
    network, images = OneLayer(weights(1, 21, 4)), drawn((60, 21))
    model = TileModel(array, nodal.ohmic((1e-6, 1e-4), (0.0, 0.2)), 2, (0.0, 0.2))
    exact, fast = (program(network, array, product) for product in (NodalProduct(array), BehavioralProduct(model)))
    fitted = fit_ranges(exact, images[:30])
    assert (fitted["l"].gain == 1.0) == (inputs != "offset")  # whose middle is a large product
    ranges = {"l": replace(fitted["l"], gain=1.0)}
    y, other = (evaluate(each, images[30:], ranges=ranges).logits for each in (exact, fast))
    true = network.run_float(images[30:])
    assert np.abs(y - other).max() < 1e-4 * np.abs(true).max()
    gained = evaluate(exact, images[30:], ranges=fit_ranges(exact, images[:30], gain=True)).logits
    assert np.std(gained - true) < 0.5 * np.std(y - true)
