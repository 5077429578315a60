"""Intervals of outputs: true arrays within the error of their tiles lie inside, others need not; what has none."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest

from circuitsim.errors import InputError
from circuitsim.network import (
    LayerRange,
    LinearLayer,
    OutputBounds,
    evaluate,
    exact_product,
    fit_ranges,
    float_product,
    input_vectors,
    output_bounds,
    output_tensor,
    program,
)
from circuitsim.network.layer_bounds import bounded_products
from circuitsim.network.onnx import cut

pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")
ERROR = 2e-7  # A, of currents up to 1e-4


@dataclass(frozen=True)
class Perceptron:
    """Two layers with ReLU between; `signed` takes tanh, so that the second layer reads in two phases."""

    layers: tuple[LinearLayer, ...]
    signed: bool = False
    not_rising: tuple[str, ...] = ()

    def run(self, images, product):
        hidden, output = self.layers
        a = output_tensor(hidden, np.asarray(product(hidden, input_vectors(hidden, images))), images.shape)
        a = np.tanh(a) if self.signed else np.maximum(a, 0.0)
        return output_tensor(output, np.asarray(product(output, input_vectors(output, a))), a.shape)

    def run_float(self, images):
        return self.run(images, float_product)


def perceptron(**values):
    rng = np.random.default_rng(3)
    layers = [
        LinearLayer(f"fc{k}", "Gemm", rng.normal(0, 0.4, (1, inputs, outputs)), rng.normal(0, 0.1, outputs))
        for k, (inputs, outputs) in enumerate([(15, 7), (7, 3)])
    ]
    return Perceptron(tuple(layers), **values)


class Off:
    """Exact tiles whose every current is off by up to an error that its read draws; a plain function as a product."""

    def __init__(self, spec, error):
        self.exact, self.error, self.rng = exact_product(spec), error, np.random.default_rng(1)

    def __call__(self, place, g):
        return partial(self.read, self.exact(place, g))

    def read(self, exact, v_in):
        out = exact(v_in)
        return out + self.error * self.rng.choice([-1.0, 1.0, 0.3], out.shape)


def all_errors(programmed, error):
    return {name: np.full(len(layer.places), error) for name, layer in programmed.layers.items()}


def converted(spec, **sections):
    return spec.replace(driver={"dac_bits": 6}, adc={"bits": 8, "full_scale": "auto"}, **sections)


VARIANTS = {
    "unsigned": ({}, {}),
    "signed, two phases": ({}, {"signed": True}),
    "offset": ({"mapping": {"weights": "offset"}}, {}),
    "reference": ({"mapping": {"weights": "reference"}}, {"signed": True}),
    "sliced": ({"mapping": {"bits_per_cell": 2, "weight_bits": 4}}, {}),
    "digital": ({"mapping": {"digital": ["fc1"]}}, {"signed": True}),
    "pulses": ({"driver": {"input_code": "pulse_width", "dac_bits": 4}}, {}),
    "raised": ({"sense": {"v_ref": 0.1}}, {}),
}


@pytest.mark.parametrize("adc", [True, False])
@pytest.mark.parametrize("variant", VARIANTS)
def test_every_array_within_the_errors_lies_inside_and_others_do_not(spec, variant, adc):
    sections, values = VARIANTS[variant]
    spec = converted(spec).replace(**sections)
    spec = spec if adc else spec.replace(adc={"bits": None})
    network = perceptron(**values)
    images = np.random.default_rng(0).uniform(-1 if network.signed else 0, 1, (40, 15))
    images[::5, :10] = 0.0  # tiles without a read
    programmed = program(network, spec, exact_product(spec))
    ranges = fit_ranges(programmed, images)
    bounds = output_bounds(programmed, images, ranges=ranges, errors=all_errors(programmed, ERROR))
    for error, inside in ((0.0, True), (ERROR, True), (100 * ERROR, False)):
        off = replace(programmed, layers=program(network, spec, Off(spec, error)).layers)
        outputs = evaluate(off, images, ranges=ranges).logits
        assert np.all((outputs >= bounds.low) & (outputs <= bounds.high)) == inside, error


class Leaks:
    """Exact tiles with a current more in every column of one side of the pairs, as circuits put out at rest."""

    def __init__(self, spec, side):
        self.exact, self.side = exact_product(spec), side

    def __call__(self, place, g):
        return partial(self.read, self.exact(place, g))

    def read(self, exact, v_in):
        out = exact(v_in)
        out[:, self.side :: 2] += 5e-6
        return out


@pytest.mark.parametrize("side", [0, 1])
def test_a_tile_that_may_not_be_read_may_add_nothing(spec, side):
    network = perceptron()
    programmed = program(network, spec, Leaks(spec, side))
    layer, known = programmed.layers["fc0"], LayerRange(1.0)
    low, high = np.zeros((1, 1, 15)), np.full((1, 1, 15), 1e-4)
    errors = np.zeros(len(layer.places))
    ends = bounded_products(layer, spec, (low, high), known, errors, tables=programmed.tables)
    assert np.all(ends[0] <= 0) and np.all(ends[1] >= 0) and np.all(ends[0] < ends[1])
    still = bounded_products(layer, spec, (low, low), known, errors, tables=programmed.tables)
    assert np.all(still[0] == 0) and np.all(still[1] == 0)
    driven = bounded_products(layer, spec, (high, high), known, errors, tables=programmed.tables)
    assert np.all(driven[0] > 0) if side == 0 else np.all(driven[1] < 0)  # always read, so that it always leaks


def test_without_errors_the_ends_meet_at_the_outputs(spec):
    network, spec = perceptron(signed=True), converted(spec)
    images = np.random.default_rng(0).uniform(-1, 1, (70, 15))  # more than are computed at once
    programmed = program(network, spec, exact_product(spec))
    ranges = fit_ranges(programmed, images)
    bounds = output_bounds(programmed, images, ranges=ranges, errors=all_errors(programmed, 0.0))
    outputs = evaluate(programmed, images, ranges=ranges).logits
    np.testing.assert_allclose(bounds.low, outputs, rtol=0, atol=1e-4)
    np.testing.assert_allclose(bounds.high, outputs, rtol=0, atol=1e-4)
    assert np.all(bounds.certain) and np.all(bounds.low <= outputs) and np.all(outputs <= bounds.high)


def test_a_class_is_certain_where_its_lower_end_is_above_all_other_upper_ends():
    low = np.array([[1.0, 0.0, -1.0], [1.0, 0.0, -1.0]])
    high = np.array([[2.0, 0.9, 0.0], [2.0, 1.0, 0.0]])
    bounds = OutputBounds(low, high)
    assert bounds.certain.tolist() == [True, False] and np.allclose(bounds.margin, [0.1, 0.0])
    pixels = OutputBounds(np.stack([low, low], axis=2), np.stack([high, high - 0.05], axis=2))
    assert pixels.certain.tolist() == [True, False] and pixels.margin.shape == (2, 2)
    with pytest.raises(InputError, match="one number an image, no classes"):
        assert OutputBounds(low[:, :1], high[:, :1]).certain


def test_networks_and_arrays_without_intervals_are_refused(spec):
    spec, images = converted(spec), np.random.default_rng(0).uniform(0, 1, (4, 15))

    def bound(network, spec=spec, **given):
        programmed = program(network, spec, exact_product(spec))
        ranges = fit_ranges(programmed, images)
        errors = all_errors(programmed, ERROR)
        return output_bounds(programmed, images, **{"ranges": ranges, "errors": errors} | given)

    with pytest.raises(InputError, match=r"^node 's' \(Softmax\): its result need not rise"):
        bound(perceptron(not_rising=("node 's' (Softmax)",)))
    with pytest.raises(InputError, match="does not state which nodes"):
        bound(perceptron(not_rising=None))
    with pytest.raises(InputError, match=r"^driver.input_code = 'bit_serial': .*expected 'amplitude' or 'pulse_width'"):
        bound(perceptron(), spec.replace(driver={"input_code": "bit_serial"}))
    with pytest.raises(InputError, match="errors lack the layer 'fc0'"):
        bound(perceptron(), errors={})


def test_a_network_that_falls_unsaid_is_noticed(spec):
    class Falls(Perceptron):
        def run(self, images, product):
            return -super().run(images, product)

    network, images = Falls(perceptron().layers), np.random.default_rng(0).uniform(0, 1, (4, 15))
    programmed = program(network, spec, exact_product(spec))
    with pytest.raises(InputError, match="fall where what they are computed from rises"):
        output_bounds(programmed, images, ranges=fit_ranges(programmed, images), errors=all_errors(programmed, ERROR))


def test_vectors_that_are_not_in_the_order_of_images_are_refused(spec, make_model, weights):
    """The layer reads (15, batch, 4): its vectors run over the first axis before the images."""
    nodes = [
        ("Transpose", ["x"], ["t"], {"perm": [1, 0, 2]}),
        ("MatMul", ["t", "w"], ["h"], {}),
        ("Transpose", ["h"], ["u"], {"perm": [1, 0, 2]}),
        ("Flatten", ["u"], ["y"], {}),
    ]
    network = cut(make_model(nodes, {"w": weights(4, 3)}, [None, 5, 4]))
    images = np.random.default_rng(0).uniform(0, 1, (4, 5, 4)).astype(np.float32)
    programmed = program(network, spec, exact_product(spec))
    with pytest.raises(InputError, match="does not take its vectors in the order of the images"):
        output_bounds(programmed, images, ranges=fit_ranges(programmed, images), errors=all_errors(programmed, ERROR))


def test_an_onnx_network_has_intervals(spec, cnn):
    network, images = cut(cnn), np.random.default_rng(0).uniform(0, 1, (6, 3, 8, 8)).astype(np.float32)
    spec = converted(spec)
    programmed = program(network, spec, exact_product(spec))
    ranges = fit_ranges(programmed, images)
    bounds = output_bounds(programmed, images, ranges=ranges, errors=all_errors(programmed, ERROR))
    off = replace(programmed, layers=program(network, spec, Off(spec, ERROR)).layers)
    outputs = evaluate(off, images, ranges=ranges).logits
    assert np.all((outputs >= bounds.low) & (outputs <= bounds.high)) and bounds.high.dtype == np.float32
