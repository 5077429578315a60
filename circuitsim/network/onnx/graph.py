"""Cut an ONNX model at its products with constant weights: layers for tiles, all other nodes for onnxruntime."""

import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, inliner, numpy_helper, shape_inference

from circuitsim.errors import InputError
from circuitsim.network.onnx.complaints import check_interface, check_valid, describe, descriptions, session_of
from circuitsim.network.onnx.digital import digital_products
from circuitsim.network.onnx.nodes import check_supported, layer_of, subgraphs, value_bound
from circuitsim.network.onnx.runner import ArrayStep, HostStep, OnnxNetwork

_RANDOM = frozenset({"Bernoulli", "Multinomial", "RandomNormalLike", "RandomUniformLike"})


def load_onnx(path: str | Path) -> OnnxNetwork:
    """Read an ONNX file and cut it into layers for tiles and steps for onnxruntime.

    Raises:
        InputError: The file is missing or is not a valid ONNX model, or one of its nodes is not supported.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected an ONNX model")
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf's DecodeError, or a missing or forbidden file of external weights
        if type(error).__name__ == "DecodeError":
            raise InputError(f"{path}: not an ONNX model; expected a file that a framework exported as ONNX") from None
        raise InputError(
            f"{path}: an ONNX model whose file of external weights is missing or lies elsewhere; expected it beside "
            "the model"
        ) from None
    return cut(model)


def cut(model: onnx.ModelProto) -> OnnxNetwork:
    """Cut a model into layers for tiles and steps for onnxruntime.

    Raises:
        InputError: The model is not valid, does not have one input and one output, or has a node that is not supported.
    """
    digest = hashlib.sha256(model.SerializeToString(deterministic=True)).hexdigest()
    source = check_interface(model)
    check_valid(model)
    whole = session_of(model)
    try:
        model = shape_inference.infer_shapes(inliner.inline_local_functions(model) if model.functions else model)
    except Exception:  # the inference's own class has no public base; types that stay unknown are told below
        raise InputError("the types and shapes of the ONNX model's tensors contradict each other") from None
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    constants |= {tensor.values.name: _dense(tensor) for tensor in graph.sparse_initializer}
    nodes = _fold(model, constants)
    producers = {name: node for node in nodes for name in node.output}
    target = graph.output[0].name
    if target not in producers:
        raise InputError(f"the ONNX model's output {target!r} does not depend on its input")
    arrays = _array_steps(nodes, producers, constants)
    host = [node for k, node in enumerate(nodes) if k not in arrays]
    types = {value.name: value for value in (*graph.input, *graph.value_info, *graph.output)}
    tensor_type = source.type.tensor_type
    return OnnxNetwork(
        layers=tuple(step.layer for step in arrays.values()),
        steps=tuple(_steps(model, nodes, arrays, constants, types)),
        source=source.name,
        target=target,
        input_shape=tuple(d.dim_value if d.HasField("dim_value") else None for d in tensor_type.shape.dim),
        input_type=np.dtype(helper.tensor_dtype_to_np_dtype(tensor_type.elem_type)),
        session=whole,
        on_host=dict(sorted(Counter(node.op_type for node in host).items())),
        digital=digital_products(host, constants, types),
        described=descriptions(model),
        digest=digest,
    )


def _dense(tensor: onnx.SparseTensorProto) -> np.ndarray:
    """Return a sparse constant as an array; its indices count elements, or name one along each axis."""
    values, indices = numpy_helper.to_array(tensor.values), numpy_helper.to_array(tensor.indices)
    shape = tuple(tensor.dims)
    dense = np.zeros(shape, values.dtype)
    dense[np.unravel_index(indices, shape) if indices.ndim == 1 else tuple(indices.T)] = values
    return dense


def _array_steps(nodes, producers, constants) -> dict[int, ArrayStep]:
    """Return the layers by the position of their node; their names must be unique, because they identify the tiles."""
    steps: dict[int, ArrayStep] = {}
    names: set[str] = set()
    for k, node in enumerate(nodes):
        check_supported(node, constants)
        bound = value_bound(node.input[0], producers, constants) if node.input else None
        layer = layer_of(node, constants, input_bound=bound)
        if layer is None:
            continue
        if layer.name in names:
            raise InputError(f"{describe(node)} shares its name with another node; expected unique names")
        names.add(layer.name)
        steps[k] = ArrayStep(layer, node.input[0], node.output[0])
    if not steps:
        raise InputError("the ONNX model has no Gemm, MatMul or Conv node with constant weights to place on tiles")
    return steps


def _fold(model: onnx.ModelProto, constants: dict[str, np.ndarray]) -> list[onnx.NodeProto]:
    """Compute nodes that depend only on constants, add their values to `constants`, and return the other nodes."""
    rest = []
    for node in model.graph.node:
        alone = all(name in constants for name in node.input if name) and not subgraphs(node)
        random = node.op_type in _RANDOM or (not node.input and node.op_type != "Constant")
        if not alone or random:
            rest.append(node)
            continue
        outputs = [name for name in node.output if name]
        part = _part(model, [node], {}, outputs, constants)
        for name, value in zip(outputs, session_of(part).run(outputs, {}), strict=True):
            constants[name] = np.asarray(value)
    return rest


def _steps(model, nodes, arrays: dict[int, ArrayStep], constants, types: dict[str, Any]) -> list[ArrayStep | HostStep]:
    steps: list[ArrayStep | HostStep] = []
    run: list[onnx.NodeProto] = []
    last = {name: k for k, node in enumerate(nodes) for name in _reads(node)}
    last |= {value.name: len(nodes) for value in model.graph.output}

    def close(end: int) -> None:
        if run:
            outputs = [name for node in run for name in node.output if name]
            targets = [name for name in outputs if last.get(name, -1) >= end]
            if not targets:  # no later node reads them
                run.clear()
                return
            needed = [name for node in run for name in _reads(node) if name not in constants and name not in outputs]
            sources = {name: types.get(name) for name in dict.fromkeys(needed)}
            part = _part(model, run, sources, targets, constants)
            steps.append(HostStep(session_of(part), tuple(sources), tuple(targets)))
            run.clear()

    for k, node in enumerate(nodes):
        if k in arrays:
            close(k)
            steps.append(arrays[k])
        else:
            run.append(node)
    close(len(nodes))
    return steps


def _reads(node: onnx.NodeProto) -> list[str]:
    """Return the tensors that a node reads, including those that its sub-graphs read from outside."""
    names = [name for name in node.input if name]
    for graph in subgraphs(node):
        inside = {value.name for value in graph.input} | {tensor.name for tensor in graph.initializer}
        for inner in graph.node:
            names += [name for name in _reads(inner) if name not in inside]
            inside |= set(inner.output)
        names += [value.name for value in graph.output if value.name not in inside]
    return names


def _part(model, nodes, sources: dict[str, Any], targets: list[str], constants) -> onnx.ModelProto:
    """Return a model of some of the nodes; it accepts inputs of any length, so that any batch runs."""
    inputs = []
    for name, value in sources.items():
        if value is None or not value.type.HasField("tensor_type"):
            user = next(node for node in nodes if name in _reads(node))
            writer = next((node for node in model.graph.node if name in node.output), None)
            origin = "" if writer is None else f" of {describe(writer)}"
            raise InputError(
                f"{describe(user)} reads {name!r}{origin}, whose type is not known, for instance behind an operator "
                "outside the ONNX standard; expected standard operators: export without fused ones"
            )
        inputs.append(helper.make_tensor_value_info(name, value.type.tensor_type.elem_type, None))
    used = dict.fromkeys(name for node in nodes for name in _reads(node) if name in constants)
    tensors = [numpy_helper.from_array(np.asarray(constants[name]), name) for name in used]
    outputs = [onnx.ValueInfoProto(name=name) for name in targets]
    graph = helper.make_graph(nodes, "part", inputs, outputs, initializer=tensors)
    return helper.make_model(graph, opset_imports=model.opset_import, ir_version=model.ir_version)
