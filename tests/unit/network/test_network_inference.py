import dataclasses

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.errors import ClippingWarning, InputError
from circuitsim.network import (
    ExactProduct,
    evaluate,
    evaluate_float,
    evaluate_ideal,
    fit_ranges,
    float_difference,
    load_network,
    program,
)
from circuitsim.network.onnx import cut

IMAGES = np.random.default_rng(4).normal(size=(40, 15))


@pytest.fixture
def network(mlp):
    return cut(mlp)


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def demo_spec(spec):
    return spec.replace(array={"rows": 64, "cols": 64}, driver={"dac_bits": 8}, adc={"bits": 8})


def test_ohmic_arrays_without_wires_and_converters_equal_the_float_network(spec, digits):
    network = load_network(NETWORK)
    found = float_difference(network, demo_spec(spec), digits.test_images)
    assert found.shape == (450,)
    assert found.max() < 1e-5


def test_convolutions_on_arrays_equal_the_float_network(spec, cnn):
    images = np.random.default_rng(5).normal(size=(5, 3, 8, 8))
    # float32 rounding of logits of order 10
    assert float_difference(cut(cnn), spec, images).max() < 1e-5


def test_the_sanity_check_fails_when_the_product_is_wrong(spec, network):
    def one_percent(place, g):
        return lambda v_in: 1.01 * v_in @ g

    assert float_difference(network, spec, IMAGES, product=one_percent).max() > 1e-3


def test_demo_network_has_a_layer_larger_than_the_array_and_signed_inputs(spec, digits):
    network = load_network(NETWORK)
    programmed = program(network, demo_spec(spec), ExactProduct())
    assert [len(layer.places) for layer in programmed.layers.values()] == [3, 6, 2]
    _, inputs, outputs = network.layers[1].weights.shape
    assert inputs > 64
    assert 2 * outputs > 64
    ranges = fit_ranges(programmed, digits.train_images[:100])
    found = evaluate(programmed, digits.test_images, digits.test_labels, ranges=ranges)
    assert found.layers[0].reads == 450 * 3  # no negative input: the negative phase is never read
    assert found.layers[1].reads > 450 * 6 * 1.9


def test_eight_bits_keep_the_demo_accuracy_and_one_loses_some(spec, digits):
    network = load_network(NETWORK)
    known = {"calibration_images": digits.train_images[:200]}
    eight = evaluate_ideal(network, demo_spec(spec), digits.test_images, digits.test_labels, **known)
    exact_net = evaluate_float(network, digits.test_images, digits.test_labels)
    assert eight.name == "ideal"
    assert eight.accuracy is not None
    assert exact_net.accuracy is not None
    assert eight.accuracy >= exact_net.accuracy - 0.01
    assert np.abs(eight.logits - exact_net.logits).max() > 1e-3
    coarse = demo_spec(spec).replace(adc={"bits": 1})
    one = evaluate_ideal(network, coarse, digits.test_images, digits.test_labels, **known)
    assert one.accuracy is not None
    assert one.accuracy < 0.93


def test_statistics_say_what_each_layer_saw(spec, network):
    converters = spec.replace(adc={"bits": 6}, driver={"dac_bits": 5})
    programmed = program(network, converters, ExactProduct())
    ranges = fit_ranges(programmed, IMAGES)
    found = evaluate(programmed, IMAGES, np.zeros(40, dtype=int), ranges=ranges, name="exact")
    assert found.name == "exact"
    assert found.accuracy == np.mean(found.classes == 0)
    assert [layer.name for layer in found.layers] == ["n0", "n2", "n5"]
    first = found.layers[0]
    assert (first.op, first.inputs, first.outputs, first.groups, first.tiles) == ("Gemm", 15, 13, 1, 8)
    assert first.reads == 40 * 2 * 8
    assert first.conversions == 40 * 2 * 2 * 26  # images, phases, tiles along the rows, columns in use
    assert first.lsb == pytest.approx(ranges["n0"].full_scale / 63)
    assert first.adc_clipped <= 2e-3
    assert first.input_clipped == 0.0
    assert first.adc_rule == ranges["n0"].adc_rule != ""
    assert first.input_max == np.abs(IMAGES.astype(np.float32)).max()


def test_a_narrow_adc_range_warns(spec, network):
    programmed = program(network, spec.replace(adc={"bits": 6}), ExactProduct())
    ranges = fit_ranges(programmed, IMAGES)
    ranges["n2"] = dataclasses.replace(ranges["n2"], full_scale=1e-6)
    with pytest.warns(ClippingWarning, match=r"layer 'n2': .*% of the outputs lie outside the ADC's range of 1 µA"):
        evaluate(programmed, IMAGES, ranges=ranges)


def test_no_labels_no_accuracy(network):
    found = evaluate_float(network, IMAGES)
    assert found.accuracy is None
    assert_allclose(found.logits[np.arange(40), found.classes], found.logits.max(axis=1), rtol=0, atol=0)


def test_wrong_labels_and_ranges_are_refused(spec, network):
    with pytest.raises(InputError, match=r"labels have shape \(3,\), expected \(40,\), one for each image"):
        evaluate_float(network, IMAGES, np.zeros(3))
    programmed = program(network, spec, ExactProduct())
    with pytest.raises(InputError, match="ranges lack the layer 'n0'"):
        evaluate(programmed, IMAGES, ranges={})


def wired_accuracies(spec, digits, r_wire):
    """Accuracy of the float network, of ohmic arrays with wires, and of these with digital gain."""
    wired = demo_spec(spec).replace(wire={"r_row": r_wire, "r_col": r_wire}, driver={"r_out": 50.0})
    network = load_network(NETWORK)

    def product(place, g):
        matrix = nodal.effective_matrix(nodal.prepare(wired, g))
        return lambda v_in: v_in @ matrix

    programmed = program(network, wired, product)
    images, labels = digits.test_images, digits.test_labels
    known = [fit_ranges(programmed, digits.train_images[:200], gain=gain) for gain in (False, True)]
    found = [evaluate(programmed, images, labels, ranges=ranges).accuracy for ranges in known]
    return evaluate_float(network, images, labels).accuracy, *found


def test_small_ir_drop_hardly_changes_the_classes(spec, digits):
    exact_net, plain, trimmed = wired_accuracies(spec, digits, 2.0)
    assert plain >= exact_net - 0.01
    assert trimmed >= exact_net - 0.01


def test_gain_recovers_most_of_what_a_large_ir_drop_takes(spec, digits):
    exact_net, plain, trimmed = wired_accuracies(spec, digits, 20.0)
    assert plain < exact_net - 0.15
    assert trimmed > 0.5 * (plain + exact_net)


def test_inputs_beyond_the_range_warn(spec, network, recwarn):
    programmed = program(network, spec, ExactProduct())
    ranges = fit_ranges(programmed, IMAGES)
    evaluate(programmed, IMAGES, ranges=ranges)
    assert not recwarn.list
    with pytest.warns(ClippingWarning, match=r"layer 'n0': .*% of the inputs, up to .*largest calibration input"):
        evaluate(programmed, 3 * IMAGES, ranges=ranges)
    outlier = IMAGES.copy()
    outlier[0, 0] = 50.0  # 0.17 % of the inputs
    with pytest.warns(ClippingWarning, match=r"'n0': 0.17% of the inputs, up to 50, exceed"):
        evaluate(programmed, outlier, ranges=ranges)


def test_coarse_ranges_clip_what_they_were_chosen_to_clip_without_a_warning(spec, digits, recwarn):
    network = load_network(NETWORK)
    coarse = demo_spec(spec).replace(adc={"bits": 2})
    found = evaluate_ideal(network, coarse, digits.test_images, calibration_images=digits.train_images[:200])
    assert max(layer.adc_clipped for layer in found.layers) > 0.01
    assert not [warning for warning in recwarn if issubclass(warning.category, ClippingWarning)]


def test_the_sanity_check_is_relative_to_the_outputs(spec, make_model, weights):
    for scale in (1e-6, 1.0, 1e6):
        model = make_model([("MatMul", ["x", "w"], ["y"], {})], {"w": weights(15, 4) * np.float32(scale)}, [None, 15])
        exact = float_difference(cut(model), spec, IMAGES).max()
        assert exact < 1e-6

        def one_percent(place, g):
            return lambda v_in: 1.01 * v_in @ g

        wrong = float_difference(cut(model), spec, IMAGES, product=one_percent).max()
        assert wrong == pytest.approx(0.01, rel=1e-3)


def test_outputs_that_are_not_finite_are_refused(make_model, weights):
    model = make_model(
        [("MatMul", ["x", "w"], ["h"], {}), ("Add", ["h", "b"], ["y"], {})],
        {"w": weights(15, 2), "b": np.array([0.0, np.nan], np.float32)},
        [None, 15],
    )
    with pytest.raises(InputError, match="'float': the network's output for image 0 is not finite"):
        evaluate_float(cut(model), IMAGES)


def test_products_of_whole_numbers_are_rounded(make_model, spec):
    nodes = [("Cast", ["x"], ["i"], {"to": 6}), ("MatMul", ["i", "w"], ["h"], {}), ("Cast", ["h"], ["y"], {"to": 1})]
    network = cut(make_model(nodes, {"w": np.array([[3], [5], [7]], np.int32)}, [None, 3]))
    images = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

    def just_below(layer, activations):
        return activations @ layer.weights[0] - 1e-9

    assert network.run(images, just_below).tolist() == network.run_float(images).tolist() == [[34.0], [79.0]]
    with pytest.raises(InputError, match=r"layer 'n1' gives 1e\+10, beyond the range of its type int32"):
        network.run(images, lambda layer, activations: np.full((2, 1, 1), 1e10))
