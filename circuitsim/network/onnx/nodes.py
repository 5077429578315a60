"""Read products with constant weights as layers: Gemm, MatMul, Einsum and Conv."""

import math
from typing import Any

import numpy as np
import onnx

from circuitsim.errors import InputError
from circuitsim.network.contraction import REST, contraction_of
from circuitsim.network.linear import LinearLayer, Window
from circuitsim.network.onnx.complaints import describe
from circuitsim.network.onnx.draft import Unfit, attributes_of, input_of
from circuitsim.network.onnx.plain import einsum_terms

_BOUNDED_BY_ONE = frozenset({"Tanh", "Sigmoid", "Softmax", "HardSigmoid", "Softsign", "Sin", "Cos", "Erf"})
_KEEPS_BOUND = frozenset({"AveragePool", "Flatten", "Gather", "GlobalAveragePool", "GlobalMaxPool", "Identity"})
_KEEPS_BOUND |= {"MaxPool", "Relu", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze"}


def layer_of(
    node: onnx.NodeProto, constants: dict[str, np.ndarray], *, name: str, input_bound: float | None = None
) -> LinearLayer | None:
    """Return the layer that a node describes, or None if it sums no products with constants.

    Args:
        node: The node, after `simplified`.
        constants: Values of the constant tensors.
        name: Name of the layer.
        input_bound: Largest |input| that the graph allows.

    Raises:
        Unfit: It multiplies by weights in a form that layers cannot take; the text is the reason.
        InputError: Weights or bias are not finite.
    """
    reader = _READERS.get(node.op_type) if node.domain in ("", "ai.onnx") else None
    if reader is None or not any(operand in constants for operand in node.input[:2]):
        return None
    found = reader(node, attributes_of(node), constants)
    if found is None:
        return None
    layer = LinearLayer(name=name, op=node.op_type, input_bound=input_bound, **found)
    for what, values in (("weights", layer.weights), ("bias", layer.bias)):
        if values is not None and not np.isfinite(values).all():
            odd = np.count_nonzero(~np.isfinite(values))
            raise InputError(
                f"{describe(node)}: {odd} of the {values.size} values of its {what} are not finite; expected finite "
                "numbers"
            )
    return layer


def operand_of(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> str:
    """Return the tensor that the weights of a layer's node multiply."""
    return node.input[1] if node.input[0] in constants else node.input[0]


def value_bound(
    name: str, producers: dict[str, onnx.NodeProto], constants: dict[str, np.ndarray], *, depth: int = 32
) -> float | None:
    """Return the largest |value| that the graph allows for a tensor, or None if it is unbounded.

    A limit that no data reach, such as the largest float32, is a bound all the same: `fit_ranges` takes a bound only
    where data come near it.
    """
    node = producers.get(name)
    if node is None or depth == 0:
        return None
    if node.op_type in _BOUNDED_BY_ONE:
        return 1.0
    if node.op_type == "Clip":
        limits = [constants.get(limit) for limit in node.input[1:3]]
        if len(limits) == 2 and all(limit is not None for limit in limits):
            bound = float(max(np.abs(limit).max() for limit in limits if limit is not None))
            return bound if np.isfinite(bound) and bound > 0.0 else None
        return value_bound(node.input[0], producers, constants, depth=depth - 1)
    if node.op_type in _KEEPS_BOUND:
        return value_bound(node.input[0], producers, constants, depth=depth - 1)
    return None


Found = dict[str, Any]


def _gemm(node: onnx.NodeProto, attributes: dict, constants: dict[str, np.ndarray]) -> Found:
    weights = constants[node.input[1]].astype(float) * attributes.get("alpha", 1.0)
    weights = weights.T if attributes.get("transB", 0) else weights
    bias = _bias(node, constants, weights.shape[1])
    return {"weights": weights[None], "bias": None if bias is None else bias * attributes.get("beta", 1.0)}


def _matmul(node: onnx.NodeProto, attributes: dict, constants: dict[str, np.ndarray]) -> Found | None:
    left = node.input[0] in constants
    weights = constants[node.input[0 if left else 1]].astype(float)
    if weights.ndim == 2 and not left:
        return {"weights": weights[None]}
    if weights.ndim == 1:
        axes = (REST, "k", "n") if left else (REST, "k")
        return _contracted(axes, ("k",), (REST, "n") if left else (REST,), weights, "n" if left else "")
    if left:
        return _contracted((REST, "k", "n"), (REST, "m", "k"), (REST, "m", "n"), weights, "n")
    return _contracted((REST, "n", "k"), (REST, "k", "m"), (REST, "n", "m"), weights, "n")


def _einsum(node: onnx.NodeProto, attributes: dict, constants: dict[str, np.ndarray]) -> Found | None:
    if len(node.input) != 2:
        return None
    terms, out = einsum_terms(attributes["equation"])
    side = 0 if node.input[0] in constants else 1
    return _contracted(terms[1 - side], terms[side], out, constants[node.input[side]].astype(float), "")


def _contracted(x: tuple, w: tuple, out: tuple, weights: np.ndarray, row: str) -> Found | None:
    """Return the matrices of a contraction; None where it sums nothing, and so only scales."""
    if any(REST in axes and axes[0] != REST for axes in (x, w, out)):
        raise Unfit("its equation has an ellipsis behind other axes")
    found = contraction_of(x, w, out, weights, row=row)
    if found is None:
        raise Unfit("its equation takes a diagonal, or does not fit its weights")
    matrices, contraction = found
    return {"weights": matrices, "contraction": contraction} if contraction.inputs else None


def _conv(node: onnx.NodeProto, attributes: dict, constants: dict[str, np.ndarray]) -> Found:
    if node.input[1] not in constants:
        raise Unfit("its kernels are computed and its input is constant")
    kernels = constants[node.input[1]].astype(float)  # (outputs, channels of a group, *kernel)
    groups = attributes.get("group", 1)
    kernel = kernels.shape[2:]
    axes = len(kernel)
    if kernels.shape[0] % groups:
        raise InputError(f"{describe(node)} has {kernels.shape[0]} outputs in {groups} groups; expected equal groups")
    weights = kernels.reshape(groups, kernels.shape[0] // groups, math.prod(kernels.shape[1:])).transpose(0, 2, 1)
    auto_pad = attributes.get("auto_pad", "NOTSET")
    if auto_pad not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise InputError(f"{describe(node)} has auto_pad = {auto_pad!r}; expected NOTSET, VALID or SAME_…")
    flat = attributes.get("pads", [0] * 2 * axes) if auto_pad == "NOTSET" else [0] * 2 * axes
    same = auto_pad.startswith("SAME")
    window = Window(
        kernel=kernel,
        strides=tuple(attributes.get("strides", [1] * axes)),
        dilations=tuple(attributes.get("dilations", [1] * axes)),
        pads=None if same else tuple(zip(flat[:axes], flat[axes:], strict=True)),
        auto_pad=auto_pad if same else "",
    )
    return {"weights": weights, "bias": _bias(node, constants, kernels.shape[0]), "window": window}


def _bias(node: onnx.NodeProto, constants: dict[str, np.ndarray], outputs: int) -> np.ndarray | None:
    if not (name := input_of(node, 2)):
        return None
    return np.broadcast_to(constants[name].astype(float).reshape(-1), (outputs,)).copy()


_READERS = {"Gemm": _gemm, "MatMul": _matmul, "Einsum": _einsum, "Conv": _conv}
