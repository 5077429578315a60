"""Products taken out of an operator that does more: it stays as it stands, with weights that only move values."""

import math
from collections.abc import Mapping

import numpy as np
import onnx

from circuitsim.network.onnx.draft import Draft, Scope, Unfit, attributes_of, input_of


def conv_transpose(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take the product out of a ConvTranspose: every pixel meets all kernels, and a ConvTranspose adds their overlaps.

    Its kernels, of one sample each, only say where the products of a pixel belong.
    """
    kernels = scope.value(node, 1)
    if kernels is None or only_moves(node, scope.constants):
        return None
    attributes, draft = attributes_of(node), Draft(scope, node)
    groups = attributes.get("group", 1)
    channels, outputs, *kernel = kernels.shape
    samples = math.prod(kernel)
    each = channels // groups
    matrices = kernels.reshape(groups, each, outputs * samples).transpose(0, 2, 1)
    flat = np.ascontiguousarray(matrices).reshape(groups * outputs * samples, each, *[1] * len(kernel))
    products = draft("Conv", node.input[0], draft.constant(flat), name=draft.base, group=groups)
    places = np.zeros((samples, 1, samples), kernels.dtype)
    places[np.arange(samples), 0, np.arange(samples)] = 1.0
    places = np.tile(places, (groups * outputs, 1, 1)).reshape(groups * outputs * samples, 1, *kernel)
    inputs = [products, draft.constant(places), *[name for name in node.input[2:3] if name]]
    draft("ConvTranspose", *inputs, out=node.output[0], **attributes | {"group": groups * outputs})
    return draft.nodes


def attention(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take the projections to query, key and value out of an Attention of com.microsoft."""
    weights, bias = scope.value(node, 1), input_of(node, 2)
    if weights is None or only_moves(node, scope.constants):
        return None
    if attributes_of(node).get("do_rotary", 0) and not bias:
        raise Unfit("it turns positions before its bias")
    draft = Draft(scope, node)
    projected = draft("MatMul", node.input[0], node.input[1], name=draft.base)
    if bias:
        projected = draft("Add", projected, bias)
    width = weights.shape[1]
    eye = draft.constant(np.eye(width, dtype=weights.dtype))
    zero = draft.constant(np.zeros(width, weights.dtype))
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.name = f"{draft.base}/rest"
    copy.input[0], copy.input[1] = projected, eye
    if bias:
        copy.input[2] = zero
    draft.nodes.append(copy)
    return draft.nodes


def linear_model(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take the product out of a LinearClassifier or LinearRegressor, whose weights are attributes."""
    attributes = attributes_of(node)
    coefficients = np.asarray(attributes.get("coefficients", []), dtype=np.float32)
    many = attributes.get("targets", 1) if node.op_type == "LinearRegressor" else len(attributes.get("intercepts", []))
    if many == 0 or coefficients.size == 0 or coefficients.size % many:
        raise Unfit("it does not state an intercept for each of its outputs")
    if _square(coefficients):
        return None
    draft = Draft(scope, node)
    wide = draft("Cast", node.input[0], to=onnx.TensorProto.FLOAT)
    matrix = np.ascontiguousarray(coefficients.reshape(many, -1).T)
    products = draft("MatMul", wide, draft.constant(matrix), name=draft.base)
    copy = onnx.NodeProto()
    copy.CopyFrom(node)
    copy.name, copy.input[0] = f"{draft.base}/rest", products
    stated = next(each for each in copy.attribute if each.name == "coefficients")
    stated.floats[:] = np.eye(many, dtype=np.float32).ravel().tolist()
    draft.nodes.append(copy)
    return draft.nodes


def _square(coefficients: np.ndarray) -> bool:
    """Tell whether coefficients are those of an identity matrix."""
    many = math.isqrt(coefficients.size)
    return many * many == coefficients.size and bool((coefficients == np.eye(many).ravel()).all())


def only_moves(node: onnx.NodeProto, constants: Mapping[str, np.ndarray]) -> bool:
    """Tell whether the weights of a node only move values: those that the functions above leave."""
    weights = constants.get(input_of(node, 1))
    if weights is None:
        return False
    if node.op_type == "Attention":
        square = weights.ndim == 2 and weights.shape[0] == weights.shape[1]
        return square and bool((weights == np.eye(len(weights))).all())
    if node.op_type != "ConvTranspose" or weights.ndim < 3 or weights.shape[1] != 1:
        return False
    flat = weights.reshape(len(weights), -1)
    return bool(np.isin(flat, (0.0, 1.0)).all() and (flat.sum(axis=1) == 1.0).all())
