"""Parts of an ONNX graph: what a node reads, the graphs inside it, and some of the nodes as a model of their own."""

from collections.abc import Mapping, Sequence

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference

from circuitsim.errors import InputError
from circuitsim.network.onnx.complaints import describe, session_of
from circuitsim.network.onnx.held import named_tensor, too_large, with_named_inputs

Types = dict[str, onnx.ValueInfoProto]
"""Types of tensors by name, with the shape where it is known."""


def subgraphs(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    """Return the sub-graphs of a control-flow node."""
    return [graph for attribute in node.attribute for graph in ([attribute.g] if attribute.HasField("g") else [])] + [
        graph for attribute in node.attribute for graph in attribute.graphs
    ]


def reads(node: onnx.NodeProto) -> list[str]:
    """Return the tensors that a node reads, including those that its sub-graphs read from outside."""
    names = [name for name in node.input if name]
    for graph in subgraphs(node):
        inside = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
        inside |= {tensor.values.name for tensor in graph.sparse_initializer}
        for inner in graph.node:
            names += [name for name in reads(inner) if name not in inside]
            inside |= set(inner.output)
        names += [value.name for value in graph.output if value.name not in inside]
    return names


def part_of(
    model: onnx.ModelProto,
    nodes: Sequence[onnx.NodeProto],
    sources: Mapping[str, onnx.ValueInfoProto | None],
    targets: Sequence[str],
    constants: Mapping[str, np.ndarray],
) -> onnx.ModelProto:
    """Return a model of some of the nodes; it accepts inputs of any length, so that any batch runs.

    Large constants are only named in it where all of them do not fit, see `held`.

    Raises:
        InputError: The type of a tensor that the nodes read is not known.
    """
    inputs = []
    for name, value in sources.items():
        if value is None:
            user = next(node for node in nodes if name in reads(node))
            raise InputError(
                f"{describe(user)} reads {name!r}, whose type is not known; expected a tensor that a standard operator "
                "writes: export without fused operators"
            )
        elem_type = value.type.tensor_type.elem_type
        free = value.type.HasField("tensor_type")
        inputs.append(helper.make_tensor_value_info(name, elem_type, None) if free else value)
    used = dict.fromkeys(name for node in nodes for name in reads(node) if name in constants)
    used |= dict.fromkeys(name for name in targets if name in constants)
    values = {name: np.asarray(constants[name]) for name in used}
    outside = too_large(values)
    tensors = [
        named_tensor(name, value) if name in outside else numpy_helper.from_array(value, name)
        for name, value in values.items()
    ]
    outputs = [onnx.ValueInfoProto(name=name) for name in targets]
    graph = helper.make_graph(list(nodes), "part", inputs, outputs, initializer=tensors)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)


def types_of(
    model: onnx.ModelProto,
    nodes: Sequence[onnx.NodeProto],
    sources: Types,
    constants: Mapping[str, np.ndarray],
) -> Types:
    """Return the types of all tensors that nodes write, and of those given.

    onnx infers types and shapes; onnxruntime knows the types of operators that onnx does not know.

    Raises:
        InputError: The types and shapes of the tensors contradict each other.
    """
    outputs = [name for node in nodes for name in node.output if name]
    part = part_of(model, nodes, sources, [], constants)
    for value in part.graph.input:
        value.CopyFrom(sources[value.name])
    try:
        graph = shape_inference.infer_shapes(with_named_inputs(part)).graph
    except Exception:  # the inference's own class has no public base
        raise InputError("the types and shapes of the ONNX model's tensors contradict each other") from None
    types = sources | {value.name: value for value in graph.value_info if value.type.WhichOneof("value")}
    if unknown := [name for name in outputs if name not in types]:
        types |= _types_by_running(model, nodes, types, unknown, constants)
    return types


def _types_by_running(model: onnx.ModelProto, nodes, types: Types, unknown: list[str], constants) -> Types:
    """Return the types of tensors as onnxruntime knows them, from a model of the nodes that write them."""
    writers = [node for node in nodes if set(unknown) & set(node.output)]
    written = {name for node in writers for name in node.output}
    read = dict.fromkeys(name for node in writers for name in reads(node))
    sources = {name: types.get(name) for name in read if name not in written and name not in constants}
    found = {}
    for value in session_of(part_of(model, writers, sources, unknown, constants), held=constants).get_outputs():
        if (kind := _element(value.type)) is not None:
            found[value.name] = helper.make_tensor_value_info(value.name, kind, None)
    return found


_NAMES = {"float": "FLOAT", "double": "DOUBLE"}


def _element(text: str) -> int | None:
    """Return the element type of onnxruntime's "tensor(float)"; None for what is no tensor."""
    if not text.startswith("tensor("):
        return None
    name = text[len("tensor(") : -1]
    return onnx.TensorProto.DataType.Value(_NAMES.get(name, name.upper()))
