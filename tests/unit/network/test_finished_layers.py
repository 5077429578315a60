"""ReLU and windows that a layer's read takes, against the same nodes computed by onnxruntime behind it."""

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from circuitsim.errors import InputError
from circuitsim.network import evaluate, exact_product, fit_ranges, program
from circuitsim.network.layers_on_tiles import LayersOnTiles
from circuitsim.network.onnx import cut
from circuitsim.network.onnx.steps import HostStep

pytestmark = pytest.mark.filterwarnings("ignore::circuitsim.errors.ClippingWarning")

PLAIN = {"kernel_shape": [2, 2], "strides": [2, 2]}
POOLS = {
    "halves": PLAIN,
    "steps": {"kernel_shape": [3, 2], "strides": [1, 3]},
    "neighbours": {"kernel_shape": [2, 3]},
    "overlaps": {"kernel_shape": [3, 3], "strides": [2, 2]},
}


@pytest.fixture
def network_of(make_model, weights):
    """Conv, Relu, a pool, a flat layer with a ReLU, and the output, with planes of 17 × 18 pixels."""

    def make(pool, *, between=("Relu", "MaxPool")):
        attributes = {"Relu": {}, "MaxPool": pool}
        inner = [(op, [f"h{k}"], [f"h{k + 1}"], attributes[op]) for k, op in enumerate(between)]
        nodes = [
            ("Conv", ["x", "k", "c"], ["h0"], {}),
            *inner,
            ("Conv", [f"h{len(between)}", "k2"], ["s"], {}),
            ("Relu", ["s"], ["r"], {}),
            ("Flatten", ["r"], ["f"], {}),
            ("MatMul", ["f", "w"], ["y"], {}),
        ]
        high, wide = (
            (n - m) // step + 1
            for n, m, step in zip((17, 18), pool["kernel_shape"], pool.get("strides", [1, 1]), strict=True)
        )
        shapes = {"k": (3, 1, 2, 2), "c": (3,), "k2": (2, 3, 2, 2), "w": (2 * (high - 1) * (wide - 1), 3)}
        return cut(make_model(nodes, {name: weights(*shape) for name, shape in shapes.items()}, [None, 1, 18, 19]))

    return make


def finishes(network):
    return [step.finish for step in network.routine.steps if isinstance(step, HostStep)]


@pytest.mark.parametrize("name", POOLS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_finished_layers_equal_those_that_the_host_finishes(spec, network_of, monkeypatch, name, dtype):
    network = network_of(POOLS[name], between=("MaxPool", "Relu") if name == "steps" else ("Relu", "MaxPool"))
    assert all(finish is not None and finish.rectify for finish in finishes(network))
    array = spec.replace(driver={"dac_bits": 5}, adc={"bits": 6})
    images = np.random.default_rng(1).normal(size=(9, 1, 18, 19)).astype(np.float32)
    images[2:4, :, :9] = 0.0
    programmed = program(network, array, exact_product(array, dtype=dtype))
    ranges = fit_ranges(programmed, images[:3])
    found = [evaluate(programmed, images, ranges=ranges, n_jobs=n_jobs) for n_jobs in (1, 3)]
    monkeypatch.setattr("circuitsim.network.inference.chunk_size", lambda *_, **__: 2)
    found.append(evaluate(programmed, images, ranges=ranges))
    monkeypatch.setattr(LayersOnTiles, "finished", lambda *_: None)
    apart = evaluate(programmed, images, ranges=ranges)
    for each in found:
        assert_array_equal(each.logits, apart.logits)
        assert each.layers == apart.layers


def test_what_a_read_cannot_finish_stays_on_the_host(make_model, weights):
    for more in ({"pads": [0, 0, 0, 0], "ceil_mode": 1}, {"dilations": [2, 1]}, {"auto_pad": "SAME_UPPER"}):
        nodes = [("Conv", ["x", "k"], ["h"], {}), ("MaxPool", ["h"], ["y"], {**PLAIN, **more})]
        network = cut(make_model(nodes, {"k": weights(2, 1, 2, 2)}, [None, 1, 9, 9], y_rank=4))
        assert finishes(network) == [None]
    twice = [("Conv", ["x", "k"], ["h"], {}), ("Relu", ["h"], ["r"], {}), ("Conv", ["r", "l"], ["s"], {})]
    twice.append(("Add", ["s", "h"], ["y"], {}))
    network = cut(make_model(twice, {"k": weights(2, 1, 1, 1), "l": weights(2, 2, 1, 1)}, [None, 1, 9, 9], y_rank=4))
    assert finishes(network) == [None, None]  # the sum reads what the ReLU reads


def test_windows_larger_than_the_plane_are_left_to_the_host(spec, make_model, weights):
    nodes = [("Conv", ["x", "k"], ["h"], {}), ("MaxPool", ["h"], ["y"], {"kernel_shape": [3, 3]})]
    network = cut(make_model(nodes, {"k": weights(2, 1, 2, 2)}, [None, 1, None, None], y_rank=4))
    programmed = program(network, spec, exact_product(spec))
    ranges, small = fit_ranges(programmed, np.ones((2, 1, 6, 6), np.float32)), np.ones((2, 1, 3, 3), np.float32)
    assert evaluate(programmed, small, ranges=ranges).logits.shape == network.run_float(small).shape


def test_inputs_whose_squares_overflow_are_read_and_those_that_are_not_finite_are_refused(spec, make_model, weights):
    nodes = [("MatMul", ["x", "a"], ["h"], {}), ("Relu", ["h"], ["r"], {}), ("MatMul", ["r", "b"], ["y"], {})]
    constants, images = {"a": np.full((4, 4), 1e30, np.float32), "b": weights(4, 4)}, np.ones((2, 4), np.float32)
    programmed = program(cut(make_model(nodes, constants, [None, 4])), spec, exact_product(spec))
    found = evaluate(programmed, images, ranges=fit_ranges(programmed, images))
    assert_allclose(found.logits, programmed.network.run_float(images), rtol=1e-5)
    nodes[1] = ("Log", ["h"], ["r"], {})
    programmed = program(cut(make_model(nodes, constants, [None, 4])), spec, exact_product(spec))
    ranges = fit_ranges(programmed, images)
    with pytest.raises(InputError, match="'r' of layer 'n2' holds values that are not finite"):
        evaluate(programmed, 0 * images, ranges=ranges)
