"""What a layer's statistics say, recounted from its inputs and from every current of its tiles."""

import dataclasses

import numpy as np
import pytest

from circuitsim.errors import ClippingWarning, InputError
from circuitsim.network import ExactProduct, RecordedProduct, evaluate, evaluate_ideal, fit_ranges, program
from circuitsim.network.onnx import cut
from circuitsim.network.reading import LayerRange

pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")
X = np.random.default_rng(2).normal(size=(20, 6)).astype(np.float32)


@pytest.fixture
def one_layer(make_model, weights):
    """6 inputs, 3 outputs: six columns of one 10 × 9 tile."""
    return cut(make_model([("MatMul", ["x", "w"], ["y"], {})], {"w": weights(6, 3)}, [None, 6]))


def read(network, spec, known, images=X):
    records = []
    programmed = program(network, spec, RecordedProduct(ExactProduct(), records))
    return evaluate(programmed, images, ranges={"n0": known}), records


@pytest.mark.parametrize("limit", [0.5, 1.0, 10.0])
def test_inputs_are_clipped_beyond_the_activation_that_v_read_stands_for(one_layer, spec, limit):
    found, records = read(one_layer, spec, LayerRange(activation_max=limit, input_rule="given"))
    (layer,) = found.layers
    size = np.abs(X.astype(float))
    assert layer.input_clipped == pytest.approx(np.mean(size > limit))
    assert layer.input_lost == pytest.approx(np.sqrt(np.sum(np.maximum(size - limit, 0) ** 2) / np.sum(size**2)))
    assert layer.input_max == pytest.approx(size.max()) and layer.input_rule == "given"
    assert layer.activation_max == limit
    assert layer.i_max == pytest.approx(max(np.abs(r.i_out[:, :6]).max() for r in records))
    assert (layer.adc_clipped, layer.lsb, layer.full_scale) == (0.0, None, None)
    clipped = np.clip(X.astype(float), -limit, limit)
    expected = clipped @ program(one_layer, spec, ExactProduct()).layers["n0"].layer.weights[0]
    np.testing.assert_allclose(found.logits, expected, rtol=1e-5, atol=1e-6)


def test_conversions_are_those_of_the_columns_in_use(one_layer, spec):
    records = read(one_layer, spec, LayerRange(activation_max=4.0, input_rule=""))[1]
    currents = np.concatenate([r.i_out[:, :6].ravel() for r in records])
    full_scale = float(np.quantile(currents, 0.9))
    known = LayerRange(activation_max=4.0, input_rule="", full_scale=full_scale, adc_rule="given")
    (layer,) = read(one_layer, spec.replace(adc={"bits": 6}), known)[0].layers
    lsb = full_scale / 63
    assert layer.lsb == pytest.approx(lsb) and layer.full_scale == full_scale
    reads = np.count_nonzero((X > 0).any(axis=1)) + np.count_nonzero((X < 0).any(axis=1))  # phases with an input
    assert layer.conversions == currents.size == 6 * reads and layer.reads == reads and layer.vectors == 20
    assert layer.adc_clipped == pytest.approx(np.mean(currents > full_scale + lsb / 2))
    assert layer.adc_rule == "given"


def test_images_without_input_count_and_clip_nothing(one_layer, spec):
    known = LayerRange(activation_max=1.0, input_rule="", full_scale=1e-6)
    found, records = read(one_layer, spec.replace(adc={"bits": 6}), known, np.zeros((5, 6), np.float32))
    (layer,) = found.layers
    assert records == [] and np.all(found.logits == 0)
    assert (layer.reads, layer.conversions, layer.adc_clipped, layer.input_clipped) == (0, 0, 0.0, 0.0)
    assert (layer.input_lost, layer.input_max, layer.i_max, layer.vectors) == (0.0, 0.0, 0.0, 5)


@pytest.mark.parametrize(("share", "warns"), [(0.005, False), (0.02, True)])
def test_more_than_a_hundredth_outside_the_adc_is_told(one_layer, spec, recwarn, share, warns):
    records = read(one_layer, spec, LayerRange(activation_max=4.0, input_rule=""))[1]
    currents = np.concatenate([r.i_out[:, :6].ravel() for r in records])
    bits = spec.replace(adc={"bits": 12})
    known = LayerRange(activation_max=4.0, input_rule="", full_scale=float(np.quantile(currents, 1 - share)))
    recwarn.clear()
    read(one_layer, bits, known)
    assert any(issubclass(w.category, ClippingWarning) for w in recwarn) == warns
    recwarn.clear()
    read(one_layer, bits, dataclasses.replace(known, adc_clipped=0.015))  # up to twice what was chosen is expected
    assert not [w for w in recwarn if issubclass(w.category, ClippingWarning)]


def test_a_gain_multiplies_the_products_and_not_the_bias(make_model, weights, spec):
    model = make_model(
        [("Gemm", ["x", "w", "b"], ["y"], {})], {"w": weights(6, 3), "b": np.array([5, -5, 0], np.float32)}, [None, 6]
    )
    network = cut(model)
    one, two = (read(network, spec, LayerRange(activation_max=4.0, input_rule="", gain=gain))[0] for gain in (1.0, 2.0))
    bias = np.array([5.0, -5.0, 0.0])
    np.testing.assert_allclose(two.logits - bias, 2 * (one.logits - bias), rtol=1e-5, atol=1e-5)
    assert (one.layers[0].gain, two.layers[0].gain) == (1.0, 2.0)


def test_the_ideal_network_differs_by_converters_alone(one_layer, spec):
    plain = evaluate_ideal(one_layer, spec, X, calibration_images=X)
    assert plain.name == "ideal" and plain.score is None
    np.testing.assert_allclose(plain.logits, one_layer.run_float(X), rtol=1e-5, atol=1e-6)
    coarse = evaluate_ideal(one_layer, spec.replace(adc={"bits": 3}), X, calibration_images=X)
    lsb = coarse.layers[0].lsb
    unit = 0.2 / coarse.layers[0].activation_max * (1e-4 - 1e-6) / coarse.layers[0].w_max  # A for a product of 1
    error = np.abs(coarse.logits - plain.logits).max()
    assert 0.2 * lsb / unit < error <= 2.05 * lsb / unit  # four conversions of half an LSB for each output


def test_one_number_an_image_has_no_classes(make_model, weights, spec):
    network = cut(make_model([("MatMul", ["x", "w"], ["y"], {})], {"w": weights(6, 1)}, [None, 6]))
    found, _ = read(network, spec, LayerRange(activation_max=4.0, input_rule=""))
    with pytest.raises(InputError, match=r"output has shape \(20, 1\): one number an image, no classes"):
        _ = found.classes
    assert found.accuracy is None


@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_a_dark_network_has_its_gain(make_model, spec, scale):
    network = cut(
        make_model([("MatMul", ["x", "w"], ["y"], {})], {"w": scale * np.eye(6, dtype=np.float32)}, [None, 6])
    )
    known = fit_ranges(program(network, spec.replace(adc={"bits": 8}), ExactProduct()), X, gain=True)["n0"]
    assert known.gain == pytest.approx(1.0, abs=0.01) and known.full_scale > 0
