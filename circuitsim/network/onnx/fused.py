"""Fused operators as the product that they hold and the digital steps around it."""

import numpy as np
import onnx
from onnx import helper, numpy_helper

from circuitsim.network.onnx.complaints import session_of
from circuitsim.network.onnx.draft import Draft, Scope, Unfit, attributes_of, input_of

_MICROSOFT = "com.microsoft"
_EINSUM = 12  # the operator set that brought Einsum
_WINDOW = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")


def fused_matmul(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Write a FusedMatMul as an Einsum whose weights hold its factor."""
    attributes = attributes_of(node)
    constant = [name in scope.constants for name in node.input]
    if not any(constant):
        return None
    if attributes.get("transBatchA", 0) or attributes.get("transBatchB", 0):
        raise Unfit("it moves the axis of the batch")
    if scope.opset < _EINSUM:
        raise Unfit("it stands in a model of an opset before 12")
    draft = Draft(scope, node)
    side = constant.index(True)
    factor = attributes.get("alpha", 1.0)
    names = list(node.input)
    if factor != 1.0:
        weights = scope.constants[names[side]]
        names[side] = draft.constant(weights * weights.dtype.type(factor))
    left = "ka" if attributes.get("transA", 0) else "ak"
    right = "bk" if attributes.get("transB", 0) else "kb"
    draft("Einsum", *names, out=node.output[0], name=draft.base, equation=f"...{left},...{right}->...ab")
    return draft.nodes


def fused_conv(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take a FusedConv apart: a Conv, a sum and an activation."""
    if node.input[1] not in scope.constants:
        return None
    draft, kept = Draft(scope, node), {k: v for k, v in attributes_of(node).items() if k in _WINDOW}
    value = draft("Conv", *[name for name in node.input[:3] if name], name=draft.base, **kept)
    if addend := input_of(node, 3):
        value = draft("Add", value, addend)
    _activated(draft, node, value)
    return draft.nodes


def fused_gemm(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take a FusedGemm apart: a Gemm and an activation."""
    if not any(name in scope.constants for name in node.input[:2]):
        return None
    draft, kept = Draft(scope, node), attributes_of(node)
    kept = {name: kept[name] for name in ("alpha", "beta", "transA", "transB") if name in kept}
    _activated(draft, node, draft("Gemm", *node.input, name=draft.base, **kept))
    return draft.nodes


def _activated(draft: Draft, node: onnx.NodeProto, value: str) -> None:
    """End with the activation that a fused node names."""
    attributes = attributes_of(node)
    kind, numbers = attributes.get("activation", ""), list(attributes.get("activation_params", []))
    names = {"LeakyRelu": ("alpha",), "HardSigmoid": ("alpha", "beta"), "Elu": ("alpha",)}.get(kind, ())
    given = dict(zip(names, numbers, strict=False)) | {
        name: attributes[f"activation_{name}"] for name in names if f"activation_{name}" in attributes
    }
    if kind in ("", "Relu", "Tanh", "Sigmoid", *("LeakyRelu", "HardSigmoid", "Elu")):
        draft(kind or "Identity", value, out=node.output[0], **given)
    else:
        raise Unfit(f"its activation {kind} has no operator of its own")


def packed_matmul(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Write a product with weights of few bits as a MatMul with the weights that it gives for an identity matrix."""
    if node.input[1] not in scope.constants:
        return None
    if any(name and name not in scope.constants for name in node.input[1:5]):
        raise Unfit("its weights are partly computed")
    attributes = attributes_of(node)
    plain = onnx.NodeProto()
    plain.CopyFrom(node)
    del plain.input[5:], plain.attribute[:]
    plain.attribute.extend(each for each in node.attribute if each.name != "accuracy_level")  # rounds activations
    scales = scope.constants[node.input[2]]
    eye = np.eye(attributes["K"], dtype=scales.dtype if scales.dtype.kind == "f" else np.float32)
    constants = {node.input[0]: eye} | {name: scope.constants[name] for name in node.input[1:5] if name}
    tensors = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph([plain], "packed", [], [onnx.ValueInfoProto(name=node.output[0])], initializer=tensors)
    opsets = [helper.make_opsetid("", scope.opset), helper.make_opsetid(_MICROSOFT, 1)]
    part = helper.make_model(graph, opset_imports=opsets, ir_version=8)  # every onnxruntime reads it
    weights = np.asarray(session_of(part).run(None, {})[0])
    draft, bias = Draft(scope, node), input_of(node, 5)
    value = draft("MatMul", node.input[0], draft.constant(weights), name=draft.base, out="" if bias else node.output[0])
    if bias:
        draft("Add", value, bias, out=node.output[0])
    return draft.nodes
