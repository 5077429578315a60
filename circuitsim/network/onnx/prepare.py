"""An ONNX model as onnxruntime computes it: functions inlined, old operator sets converted, bfloat16 widened."""

import numpy as np
import onnx
from onnx import TensorProto, helper, inliner, numpy_helper, version_converter

from circuitsim.errors import InputError

_OLDEST = 7  # the operator set from which on onnxruntime computes all operators
_CONVERTED = 13
_FIRST_IR = 4  # the first in which constants need not be inputs


def prepared(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of a model that onnxruntime computes, with the same values.

    Weights in bfloat16 keep their values and become float32, in which onnxruntime computes.

    Raises:
        InputError: The operator set is older than the conversion knows.
    """
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    copy.ir_version = max(copy.ir_version, _FIRST_IR)
    constants = {tensor.name for tensor in copy.graph.initializer}
    for value in [value for value in copy.graph.input if value.name in constants]:
        copy.graph.input.remove(value)
    if copy.functions:
        copy = inliner.inline_local_functions(copy)
    opset = next((entry.version for entry in copy.opset_import if entry.domain in ("", "ai.onnx")), None)
    if opset is None:
        copy.opset_import.append(helper.make_opsetid("", _CONVERTED))
    elif opset < _OLDEST:
        try:
            copy = version_converter.convert_version(copy, _CONVERTED)
        except Exception:  # the converter's own class has no public base
            raise InputError(
                f"the ONNX model uses opset {opset}, which cannot be converted; expected {_OLDEST} or later: export it "
                "anew"
            ) from None
        copy.ir_version = max(copy.ir_version, _FIRST_IR)
    if TensorProto.BFLOAT16 in _types(copy.graph):
        _widen(copy.graph)
    return copy


def _types(graph: onnx.GraphProto) -> set[int]:
    """Return the element types that a graph and those inside it state."""
    found = {tensor.data_type for tensor in graph.initializer}
    found |= {value.type.tensor_type.elem_type for value in (*graph.input, *graph.output, *graph.value_info)}
    for node in graph.node:
        for each in node.attribute:
            found |= {each.t.data_type, each.i if node.op_type == "Cast" else 0}
            for inner in [each.g, *each.graphs]:
                found |= _types(inner) if inner.node else set()
    return found


def _widen(graph: onnx.GraphProto) -> None:
    """Replace bfloat16 by float32 throughout a graph and those inside it."""
    tensors = list(graph.initializer)
    for node in graph.node:
        for each in node.attribute:
            if each.HasField("t"):
                tensors.append(each.t)
            if each.i == TensorProto.BFLOAT16 and each.name in ("to", "dtype"):
                each.i = TensorProto.FLOAT
            for inner in [*([each.g] if each.HasField("g") else []), *each.graphs]:
                _widen(inner)
    for tensor in tensors:
        if tensor.data_type == TensorProto.BFLOAT16:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float32), tensor.name))
    for value in (*graph.input, *graph.output, *graph.value_info):
        if value.type.tensor_type.elem_type == TensorProto.BFLOAT16:
            value.type.tensor_type.elem_type = TensorProto.FLOAT
