"""Products of quantized numbers as products of whole numbers by weights, with scales and rounding left digital.

Activations less their zero point are whole numbers; in float64 their products are exact. Operators: ONNX and
com.microsoft, quantization.
"""

import numpy as np
import onnx
from onnx import TensorProto

from circuitsim.network.onnx.draft import Draft, Scope, Unfit, attributes_of, input_of

_WINDOW = ("auto_pad", "dilations", "group", "kernel_shape", "pads", "strides")


def matmul_integer(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take a MatMulInteger apart."""
    a, b, a_zero, b_zero = (input_of(node, k) for k in range(4))
    if a not in scope.constants and b not in scope.constants:
        return None
    draft = Draft(scope, node)
    _whole(draft, _product(draft, a, b, a_zero, b_zero), node.output[0])
    return draft.nodes


def conv_integer(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take a ConvInteger apart."""
    x, w, x_zero, w_zero = (input_of(node, k) for k in range(4))
    if w not in scope.constants:
        return None
    draft = Draft(scope, node)
    _whole(draft, _convolution(draft, node, x, w, x_zero, w_zero), node.output[0])
    return draft.nodes


def qlinear_matmul(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take a QLinearMatMul apart."""
    a, a_scale, a_zero, b, b_scale, b_zero, y_scale, y_zero = node.input
    if a not in scope.constants and b not in scope.constants:
        return None
    draft = Draft(scope, node)
    total = _product(draft, a, b, a_zero, b_zero)
    _quantized(draft, _scaled(draft, total, a_scale, b_scale), y_scale, y_zero, node.output[0])
    return draft.nodes


def qlinear_conv(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take a QLinearConv apart."""
    x, x_scale, x_zero, w, w_scale, w_zero, y_scale, y_zero = node.input[:8]
    if w not in scope.constants:
        return None
    if attributes_of(node).get("channels_last", 0):
        raise Unfit("its channels lie along the last axis")
    draft = Draft(scope, node)
    total = _convolution(draft, node, x, w, x_zero, w_zero)
    kernels = scope.constants[w]
    along = [-1] + [1] * (kernels.ndim - 2)  # the axis of the channels, counted from the last
    if bias := input_of(node, 8):
        wide = draft("Cast", bias, to=TensorProto.DOUBLE)
        total = draft("Add", total, draft("Reshape", wide, draft.constant(along, np.int64)))
    scale = draft("Reshape", w_scale, draft.constant(along, np.int64))
    _quantized(draft, _scaled(draft, total, x_scale, scale), y_scale, y_zero, node.output[0])
    return draft.nodes


def dynamic_matmul(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take a DynamicQuantizeMatMul apart: activations are quantized by their own range."""
    a, b, b_scale, b_zero, bias = (input_of(node, k) for k in range(5))
    if b not in scope.constants:
        return None
    draft = Draft(scope, node)
    codes, scale, zero = draft.fresh(), draft.fresh(), draft.fresh()
    draft.nodes.append(onnx.helper.make_node("DynamicQuantizeLinear", [a], [codes, scale, zero]))
    _float(draft, _product(draft, codes, b, zero, b_zero), scale, b_scale, bias, node.output[0])
    return draft.nodes


def integer_to_float(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take a MatMulIntegerToFloat apart."""
    a, b, a_scale, b_scale, a_zero, b_zero, bias = (input_of(node, k) for k in range(7))
    if b not in scope.constants:
        return None
    draft = Draft(scope, node)
    _float(draft, _product(draft, a, b, a_zero, b_zero), a_scale, b_scale, bias, node.output[0])
    return draft.nodes


def q_gemm(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take a QGemm apart."""
    a, a_scale, a_zero, b, b_scale, b_zero, bias, y_scale, y_zero = (input_of(node, k) for k in range(9))
    attributes = attributes_of(node)
    if b not in scope.constants:
        return None
    if attributes.get("transA", 0) or attributes.get("alpha", 1.0) != 1.0:
        raise Unfit("it transposes or scales its input")
    draft = Draft(scope, node)
    if attributes.get("transB", 0):
        b = draft.constant(scope.constants[b].T)
    total = _product(draft, a, b, a_zero, b_zero)
    if bias:
        total = draft("Add", total, draft("Cast", bias, to=TensorProto.DOUBLE))
    if y_scale:
        _quantized(draft, _scaled(draft, total, a_scale, b_scale), y_scale, y_zero, node.output[0])
    else:
        draft("Identity", _scaled(draft, total, a_scale, b_scale), out=node.output[0])
    return draft.nodes


def _product(draft: Draft, a: str, b: str, a_zero: str, b_zero: str) -> str:
    """Return (a − a_zero) @ (b − b_zero) in float64; a zero point is one number, or one for each row of a."""
    left = _centred(draft, a, a_zero, [-1, 1])
    return draft("MatMul", left, _centred(draft, b, b_zero, None), name=draft.base)


def _convolution(draft: Draft, node: onnx.NodeProto, x: str, w: str, x_zero: str, w_zero: str) -> str:
    axes = draft.scope.constants[w].ndim
    left = _centred(draft, x, x_zero, None)
    right = _centred(draft, w, w_zero, [-1] + [1] * (axes - 1))
    kept = {name: value for name, value in attributes_of(node).items() if name in _WINDOW}
    return draft("Conv", left, right, name=draft.base, **kept)


def _centred(draft: Draft, codes: str, zero: str, along: list[int] | None) -> str:
    """Return codes less their zero point in float64: a constant where both are."""
    constants = draft.scope.constants
    if zero and zero in constants and not np.any(constants[zero]):
        zero = ""
    if codes in constants and (not zero or zero in constants):
        values = constants[codes].astype(float)
        if zero:
            shift = constants[zero].astype(float)
            values = values - (shift.reshape(along) if along and shift.ndim == 1 else shift)
        return draft.constant(values)
    wide = draft("Cast", codes, to=TensorProto.DOUBLE)
    if not zero:
        return wide
    shift = draft("Cast", zero, to=TensorProto.DOUBLE)
    one_each = along is not None and zero in constants and constants[zero].size > 1 and constants[zero].ndim == 1
    return draft("Sub", wide, draft("Reshape", shift, draft.constant(along, np.int64)) if one_each else shift)


def _whole(draft: Draft, total: str, out: str) -> None:
    """End with a total as whole numbers of 32 bits, as the accumulators of the operator hold them."""
    draft("Cast", draft("Round", total), out=out, to=TensorProto.INT32)


def _scaled(draft: Draft, total: str, x_scale: str, w_scale: str) -> str:
    """Return a total times its two scales, in float32."""
    return draft("Mul", draft("Cast", total, to=TensorProto.FLOAT), draft("Mul", x_scale, w_scale))


def _quantized(draft: Draft, value: str, scale: str, zero: str, out: str) -> None:
    scales = draft.scope.constants.get(scale)
    if scales is not None and scales.size > 1:
        raise Unfit("its output has a scale for each channel")
    draft("QuantizeLinear", value, scale, *([zero] if zero else []), out=out)


def _float(draft: Draft, total: str, x_scale: str, w_scale: str, bias: str, out: str) -> None:
    value = _scaled(draft, total, x_scale, w_scale)
    draft("Add", value, bias, out=out) if bias else draft("Identity", value, out=out)
