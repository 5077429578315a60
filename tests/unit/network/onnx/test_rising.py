"""Which nodes on the host rise with what they read: held against values, and named where they need not."""

import numpy as np
import pytest

from circuitsim.network import float_product
from circuitsim.network.onnx import cut

RISING = {
    "Relu": [("Relu", ["h"], ["y"], {})],
    "LeakyRelu": [("LeakyRelu", ["h"], ["y"], {"alpha": 0.3})],
    "Clip": [("Clip", ["h", "low", "high"], ["y"], {})],
    "Tanh": [("Tanh", ["h"], ["y"], {})],
    "Mul by a constant of 0 or more": [("Mul", ["scale", "h"], ["y"], {})],
    "Sub of a constant": [("Sub", ["h", "scale"], ["y"], {})],
    "Div by a constant": [("Div", ["h", "scale"], ["y"], {})],
    "Add of two": [("Relu", ["h"], ["r"], {}), ("Add", ["h", "r"], ["y"], {})],
    "Concat": [("Relu", ["h"], ["r"], {}), ("Concat", ["h", "r"], ["y"], {"axis": 1})],
    "a shape that is computed": [("Shape", ["h"], ["s"], {}), ("Reshape", ["h", "s"], ["y"], {})],
    "BatchNormalization": [("BatchNormalization", ["h", "scale", "low6", "scale", "scale"], ["y"], {})],
    "ReduceMean": [("ReduceMean", ["h"], ["y"], {"axes": [1], "keepdims": 1})],
    "Transpose, Slice": [("Transpose", ["h"], ["t"], {}), ("Slice", ["t", "zero", "two"], ["y"], {})],
}
NOT_RISING = {
    "Softmax": [("Softmax", ["h"], ["y"], {})],
    "Mul of two": [("Mul", ["h", "h"], ["y"], {})],
    "Mul by a constant of both signs": [("Mul", ["h", "signed"], ["y"], {})],
    "Sub from a constant": [("Sub", ["scale", "h"], ["y"], {})],
    "Sub of two": [("Relu", ["h"], ["r"], {}), ("Sub", ["h", "r"], ["y"], {})],
    "Neg": [("Neg", ["h"], ["y"], {})],
    "Abs": [("Abs", ["h"], ["y"], {})],
    "LeakyRelu that falls": [("LeakyRelu", ["h"], ["y"], {"alpha": -0.3})],
    "Cast to bool": [("Cast", ["h"], ["b"], {"to": 9}), ("Cast", ["b"], ["y"], {"to": 1})],
    "BatchNormalization that falls": [("BatchNormalization", ["h", "signed", "low6", "scale", "scale"], ["y"], {})],
    "a product of two": [("Transpose", ["h"], ["t"], {}), ("MatMul", ["h", "t"], ["y"], {})],
    "Where on a comparison": [("Less", ["h", "scale"], ["c"], {}), ("Where", ["c", "h", "scale"], ["y"], {})],
}


@pytest.fixture
def network(make_model, weights):
    def make(nodes):
        constants = {
            "w": weights(5, 6),
            "scale": np.linspace(0.5, 2, 6, dtype=np.float32),
            "signed": np.linspace(-1, 1, 6, dtype=np.float32),
            "low6": np.zeros(6, np.float32),
            "low": np.float32(-0.5),
            "high": np.float32(0.5),
            "zero": np.array([0]),
            "two": np.array([2]),
        }
        used = {name for _, read, _, _ in nodes for name in read} | {"w"}
        given = {name: value for name, value in constants.items() if name in used}
        return cut(make_model([("MatMul", ["x", "w"], ["h"], {}), *nodes], given, [None, 5]))

    return make


@pytest.mark.parametrize("nodes", RISING.values(), ids=RISING.keys())
def test_nodes_that_rise(network, nodes):
    cut_network = network(nodes)
    assert cut_network.not_rising == ()
    rng = np.random.default_rng(0)
    low = rng.normal(size=(200, 1, 6)).astype(np.float32)
    up = (low + rng.exponential(0.3, low.shape) * (rng.random(low.shape) < 0.3)).astype(np.float32)
    images = np.zeros((200, 5), np.float32)
    ends = [cut_network.run(images, lambda layer, x, end=end: end) for end in (low, up)]
    assert np.all(ends[0] <= ends[1]) and np.any(ends[0] < ends[1])


@pytest.mark.parametrize("nodes", NOT_RISING.values(), ids=NOT_RISING.keys())
def test_nodes_that_need_not_rise_are_named(network, nodes):
    found = network(nodes).not_rising
    assert found and all(text.startswith("node 'n") and text.endswith(")") for text in found)


def test_nodes_that_fall_before_any_value_is_read_do_not_count(network):
    """What depends on constants alone may do anything; and so may a layer, whose intervals follow by its signs."""
    nodes = [("Neg", ["scale"], ["n"], {}), ("Add", ["h", "n"], ["y"], {})]
    found = network(nodes)
    assert found.not_rising == () and found.run(np.ones((2, 5), np.float32), float_product).shape == (2, 6)
