"""Read Gemm, MatMul and Conv nodes with constant weights, and reject nodes that tiles cannot compute."""

import math

import numpy as np
import onnx
from onnx import helper

from circuitsim.errors import InputError
from circuitsim.network.linear import LinearLayer, Window
from circuitsim.network.onnx.complaints import describe
from circuitsim.network.onnx.digital import MULTIPLIERS, PRODUCTS, weights_of

_BOUNDED_BY_ONE = frozenset({"Tanh", "Sigmoid", "Softmax", "HardSigmoid", "Softsign", "Sin", "Cos", "Erf"})
_KEEPS_BOUND = frozenset({"AveragePool", "Flatten", "Gather", "GlobalAveragePool", "GlobalMaxPool", "Identity"})
_KEEPS_BOUND |= {"MaxPool", "Relu", "Reshape", "Slice", "Squeeze", "Transpose", "Unsqueeze"}


def subgraphs(node: onnx.NodeProto) -> list[onnx.GraphProto]:
    """Return the sub-graphs of a control-flow node."""
    return [graph for attribute in node.attribute for graph in ([attribute.g] if attribute.HasField("g") else [])] + [
        graph for attribute in node.attribute for graph in attribute.graphs
    ]


def check_supported(node: onnx.NodeProto, constants: dict[str, np.ndarray]) -> None:
    """Reject a node whose products with constant weights cannot be placed on tiles.

    Computed digitally, they would make the array look better than it is.

    Raises:
        InputError: The node multiplies by weights but is not Gemm, MatMul or Conv, or has such nodes in a sub-graph.
    """
    if weights_of(node, constants):
        raise InputError(f"{describe(node)} multiplies by weights; only Gemm, MatMul and Conv can be placed on tiles")
    for graph in subgraphs(node):
        for inner in graph.node:
            if inner.op_type in PRODUCTS or inner.op_type in MULTIPLIERS:
                raise InputError(
                    f"{describe(node)} holds {describe(inner)} in a sub-graph; expected products at the top level"
                )
            check_supported(inner, constants)


def layer_of(
    node: onnx.NodeProto, constants: dict[str, np.ndarray], *, input_bound: float | None = None
) -> LinearLayer | None:
    """Return the layer that a node describes, or None if its weights are not constant.

    Raises:
        InputError: The weights are constant, but this form of the node is not supported.
    """
    if node.op_type not in PRODUCTS:
        return None
    if node.input[0] in constants:
        expected = "constant kernels and a computed input" if node.op_type == "Conv" else "input @ weights"
        raise InputError(f"{describe(node)} has its constant on the left; expected {expected}")
    if node.input[1] not in constants:
        return None
    reader = {"Gemm": _gemm, "MatMul": _matmul, "Conv": _conv}[node.op_type]
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    weights, bias, window = reader(node, attributes, constants)
    for what, values in (("weights", weights), ("bias", bias)):
        if values is not None and not np.isfinite(values).all():
            odd = np.count_nonzero(~np.isfinite(values))
            raise InputError(
                f"{describe(node)}: {odd} of the {values.size} values of its {what} are not finite; expected finite "
                "numbers"
            )
    return LinearLayer(
        name=node.name or node.output[0],
        op=node.op_type,
        weights=weights,
        bias=bias,
        window=window,
        input_bound=input_bound,
    )


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


def _gemm(node: onnx.NodeProto, attributes: dict, constants: dict[str, np.ndarray]):
    if attributes.get("transA", 0):
        raise InputError(f"{describe(node)} has transA = 1; expected one input vector per row (transA = 0)")
    weights = constants[node.input[1]].astype(float) * attributes.get("alpha", 1.0)
    weights = weights.T if attributes.get("transB", 0) else weights
    bias = _bias(node, constants, weights.shape[1])
    return weights[None], None if bias is None else bias * attributes.get("beta", 1.0), None


def _matmul(node: onnx.NodeProto, attributes: dict, constants: dict[str, np.ndarray]):
    weights = constants[node.input[1]].astype(float)
    if weights.ndim != 2:
        raise InputError(f"{describe(node)} has weights of shape {weights.shape}; expected (inputs, outputs)")
    return weights[None], None, None


def _conv(node: onnx.NodeProto, attributes: dict, constants: dict[str, np.ndarray]):
    kernels = constants[node.input[1]].astype(float)  # (outputs, channels of a group, *kernel)
    groups = attributes.get("group", 1)
    kernel = kernels.shape[2:]
    axes = len(kernel)
    if kernels.shape[0] % groups:
        raise InputError(f"{describe(node)} has {kernels.shape[0]} outputs in {groups} groups; expected equal groups")
    weights = kernels.reshape(groups, kernels.shape[0] // groups, math.prod(kernels.shape[1:])).transpose(0, 2, 1)
    auto_pad = attributes.get("auto_pad", b"NOTSET").decode()
    if auto_pad not in ("NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"):
        raise InputError(f"{describe(node)} has auto_pad = {auto_pad!r}; expected NOTSET, VALID or SAME_…")
    flat = attributes.get("pads", [0] * 2 * axes) if auto_pad == "NOTSET" else [0] * 2 * axes
    if min(flat, default=0) < 0:
        raise InputError(f"{describe(node)} has pads = {list(flat)}; expected pads >= 0")
    same = auto_pad.startswith("SAME")
    window = Window(
        kernel=kernel,
        strides=tuple(attributes.get("strides", [1] * axes)),
        dilations=tuple(attributes.get("dilations", [1] * axes)),
        pads=None if same else tuple(zip(flat[:axes], flat[axes:], strict=True)),
        auto_pad=auto_pad if same else "",
    )
    return weights, _bias(node, constants, kernels.shape[0]), window


def _bias(node: onnx.NodeProto, constants: dict[str, np.ndarray], outputs: int) -> np.ndarray | None:
    if len(node.input) < 3 or not node.input[2]:
        return None
    if node.input[2] not in constants:
        raise InputError(f"{describe(node)} has a bias {node.input[2]!r} that is computed; expected a constant")
    bias = constants[node.input[2]].astype(float)
    if bias.size not in (1, outputs) or any(length != 1 for length in bias.shape[:-1]):
        raise InputError(f"{describe(node)} has a bias of shape {bias.shape}; expected ({outputs},)")
    return np.broadcast_to(bias.reshape(-1), (outputs,)).copy()
