"""Zero points of int8 weights, made explicit: onnxruntime (1.17 to 1.24 at least) crashes on products that have none.

On processors without VNNI, onnxruntime turns products of uint8 and int8 into products of uint8 where it is asked for
exact results, and reads the zero point of the weights without asking whether there is one. An explicit zero is the same
model.
"""

from collections.abc import Iterable

import numpy as np
import onnx
from onnx import numpy_helper

_WEIGHTS = 1
"""Position of the weights among the inputs of these nodes."""
_ZERO_POINT = {"MatMulInteger": 3, "DynamicQuantizeMatMul": 3, "MatMulIntegerToFloat": 5, "QAttention": 7}
"""Position of the zero point of the weights, by operator."""
_ZERO = "zero point of int8 weights"


def with_zero_points(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model whose products with constant int8 weights all have a zero point; the same one if none lacks it."""
    if not any(_lacking(graph.node) for graph in _graphs(model.graph)):
        return model
    explicit = onnx.ModelProto()
    explicit.CopyFrom(model)
    graphs = list(_graphs(explicit.graph))
    signed = {name for graph in graphs for name in _int8_constants(graph)}
    for node in (node for graph in graphs for node in _lacking(graph.node) if node.input[_WEIGHTS] in signed):
        position = _ZERO_POINT[node.op_type]
        node.input.extend([""] * (position + 1 - len(node.input)))
        node.input[position] = _ZERO
    explicit.graph.initializer.append(numpy_helper.from_array(np.zeros((), np.int8), _ZERO))  # inner graphs see it too
    return explicit


def _lacking(nodes: Iterable[onnx.NodeProto]) -> list[onnx.NodeProto]:
    """Return the products of codes without a zero point of their weights."""
    return [
        node for node in nodes
        if (position := _ZERO_POINT.get(node.op_type)) and not "".join(node.input[position : position + 1])
    ]  # fmt: skip


def _graphs(graph: onnx.GraphProto) -> Iterable[onnx.GraphProto]:
    """Yield a graph and those inside its nodes."""
    yield graph
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        for inner in [attribute.g] if attribute.HasField("g") else attribute.graphs:
            yield from _graphs(inner)


def _int8_constants(graph: onnx.GraphProto) -> Iterable[str]:
    yield from (each.name for each in graph.initializer if each.data_type == onnx.TensorProto.INT8)
    for node in graph.node:
        if node.op_type == "Constant" and node.attribute[0].t.data_type == onnx.TensorProto.INT8:
            yield node.output[0]
