"""Products of codes whose int8 weights have no zero point: the process survives, and the result is exact."""

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from circuitsim.network.onnx.complaints import session_of
from circuitsim.network.onnx.zero_points import with_zero_points

WEIGHTS = np.full((4, 6), 127, np.int8)  # beyond 63: what saturates in 16 bits
SCALE = np.float32(0.01)
QUANTIZED = np.full((3, 4), 255.0, np.float32)
CASES = {
    "MatMulInteger": (["q", "w"], "", 4 * 255 * 127),
    "MatMulInteger with that of its input": (["q", "w", "z"], "", 4 * 255 * 127),
    "DynamicQuantizeMatMul": (["x", "w", "s"], "com.microsoft", 4 * 255 * 1.27),
    "MatMulIntegerToFloat": (["q", "w", "s", "s"], "com.microsoft", 4 * 255 * 1.27 * 0.01),
}


def product(case: str, weights=WEIGHTS) -> onnx.ModelProto:
    inputs, domain, _ = CASES[case]
    values = {"w": weights, "s": SCALE, "z": np.uint8(0)}
    nodes = [
        helper.make_node("Cast", ["x"], ["q"], to=TensorProto.UINT8),
        helper.make_node(case.split()[0], inputs, ["y"], domain=domain),
    ]
    graph = helper.make_graph(
        nodes, "product",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, 4])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT if domain else TensorProto.INT32, None)],
        [numpy_helper.from_array(values[name], name) for name in sorted({*inputs} & values.keys())],
    )  # fmt: skip
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8)


@pytest.mark.parametrize("case", CASES)
def test_the_product_is_exact(case):
    found = session_of(product(case)).run(None, {"x": QUANTIZED})[0]
    assert found == pytest.approx(np.full((3, 6), CASES[case][2]), rel=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_only_int8_weights_get_a_zero_of_int8(case):
    explicit = with_zero_points(product(case, WEIGHTS.astype(np.uint8)))
    assert explicit.graph.node[1].input == product(case).graph.node[1].input


def test_products_of_inner_graphs_get_theirs():
    inner, outer = product("MatMulInteger").graph, product("MatMulInteger").graph
    names = [onnx.ValueInfoProto()]
    names[0].CopyFrom(inner.output[0])
    branch = helper.make_graph(inner.node, "branch", [], names)
    node = helper.make_node("If", ["c"], ["y"], then_branch=branch, else_branch=branch)
    values = [*outer.initializer, numpy_helper.from_array(np.bool_(True), "c")]
    graph = helper.make_graph([node], "outer", outer.input, outer.output, values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    products = [each.g.node[1] for each in with_zero_points(model).graph.node[0].attribute]
    assert all(len(each.input) == 4 for each in products)
    assert session_of(model).run(None, {"x": QUANTIZED})[0].max() == 4 * 255 * 127


def test_a_model_without_such_products_is_left_alone():
    model = product("MatMulInteger")
    model.graph.node[1].input.extend(["", "w"])
    assert with_zero_points(model) is model
