"""Small models made node by node, and a small array without wires."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from circuitsim.spec import parse_spec


@pytest.fixture
def spec():
    """10×9 ohmic array (the ninth column stays unused: outputs take two), ideal DAC and ADC."""
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 10, "cols": 9, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
        }
    )


@pytest.fixture
def make_model():
    """Model of nodes (op, inputs, outputs, attributes), named n0, n1, …, and constants, from "x" to "y"."""

    def make(nodes, constants, x_shape, *, y_rank=2, opset=13):
        made = [helper.make_node(op, i, o, name=f"n{k}", **a) for k, (op, i, o, a) in enumerate(nodes)]
        tensors = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
        x = helper.make_tensor_value_info("x", TensorProto.FLOAT, x_shape)
        y = helper.make_tensor_value_info("y", TensorProto.FLOAT, [None] * y_rank)
        graph = helper.make_graph(made, "test", [x], [y], initializer=tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=8)
        onnx.checker.check_model(model)
        return model

    return make


@pytest.fixture
def weights():
    """float32 weights of a shape, the same for the same shape."""

    def draw(*shape):
        return np.random.default_rng(list(shape)).normal(0.0, 0.5, shape).astype(np.float32)

    return draw


@pytest.fixture
def mlp(make_model, weights):
    """15–13–7–3 perceptron: Gemm with transB and alpha, beta; MatMul without bias and an Add; Gemm without bias."""
    nodes = [
        ("Gemm", ["x", "w1", "b1"], ["h1"], {"transB": 1, "alpha": 0.5, "beta": 2.0}),
        ("Tanh", ["h1"], ["a1"], {}),
        ("MatMul", ["a1", "w2"], ["h2"], {}),
        ("Add", ["h2", "b2"], ["s2"], {}),
        ("Relu", ["s2"], ["a2"], {}),
        ("Gemm", ["a2", "w3"], ["y"], {}),
    ]
    shapes = {"w1": (13, 15), "b1": (1, 13), "w2": (13, 7), "b2": (7,), "w3": (7, 3)}
    return make_model(nodes, {name: weights(*shape) for name, shape in shapes.items()}, [None, 15])


@pytest.fixture
def cnn(make_model, weights):
    """Two convolutions (padded and strided; grouped and dilated), pooling, a residual sum, and a Gemm."""
    nodes = [
        ("Conv", ["x", "k1", "c1"], ["h1"], {"pads": [1, 0, 2, 1], "strides": [2, 1]}),
        ("Relu", ["h1"], ["a1"], {}),
        ("Conv", ["a1", "k2"], ["h2"], {"group": 2, "dilations": [1, 2], "pads": [1, 1, 0, 1]}),
        ("Add", ["h2", "a1"], ["s2"], {}),
        ("MaxPool", ["s2"], ["p2"], {"kernel_shape": [2, 2], "strides": [2, 2]}),
        ("Flatten", ["p2"], ["f"], {}),
        ("Gemm", ["f", "w3", "b3"], ["y"], {}),
    ]
    shapes = {"k1": (4, 3, 3, 2), "c1": (4,), "k2": (4, 2, 2, 2), "w3": (4 * 2 * 4, 5), "b3": (5,)}
    return make_model(nodes, {name: weights(*shape) for name, shape in shapes.items()}, [None, 3, 8, 8])
