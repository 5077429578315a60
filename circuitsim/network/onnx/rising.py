"""Which nodes on the host rise with all values of the images and arrays that they read.

The interval of what such a node writes runs from its value at the lower ends to its value at the upper ends.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import onnx

from circuitsim.network.onnx.complaints import describe
from circuitsim.network.onnx.draft import attributes_of
from circuitsim.network.onnx.reading import reads

_ALL = frozenset(range(64))
_FIRST = frozenset({0})
_OF_SHAPE = frozenset({"Shape", "Size"})  # what they write does not depend on values

# Operators that rise with the operands at these positions; the others may not depend on images or arrays.
_RISING: dict[str, frozenset[int]] = {
    **dict.fromkeys(("Add", "Clip", "Concat", "Max", "Mean", "Min", "Sum"), _ALL),
    **dict.fromkeys(("Atan", "Ceil", "Erf", "Exp", "Floor", "Identity", "Log", "Relu", "Round", "Sigmoid"), _FIRST),
    **dict.fromkeys(("Sign", "Softplus", "Softsign", "Sqrt", "Tanh"), _FIRST),
    **dict.fromkeys(("AveragePool", "GlobalAveragePool", "GlobalMaxPool", "MaxPool"), _FIRST),
    **dict.fromkeys(("ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"), _FIRST),
    **dict.fromkeys(("DepthToSpace", "Expand", "Flatten", "Gather", "Reshape", "Slice", "SpaceToDepth"), _FIRST),
    **dict.fromkeys(("Dropout", "Split", "Squeeze", "Tile", "Transpose", "Unsqueeze"), _FIRST),
    "Pad": frozenset({0, 2}),
    "Where": frozenset({1, 2}),
}
_WIDE = frozenset({1, 6, 7, 10, 11, 16})  # element types of a Cast; bool does not rise, narrow integers wrap


def not_rising(
    nodes: Sequence[onnx.NodeProto],
    on_arrays: Iterable[str],
    given: Iterable[str],
    constants: Mapping[str, np.ndarray],
    origins: Mapping[str, str],
) -> tuple[str, ...]:
    """Describe the nodes of a graph whose results may fall where a value that they read rises.

    Args:
        nodes: All nodes of the graph, in order.
        on_arrays: First outputs of the nodes that arrays compute.
        given: Tensors that depend on the images before any node: the inputs of the graph.
        constants: Values of the constant tensors.
        origins: Descriptions of the nodes of the file by the names of those that took their place.
    """
    arrays, varied, found = set(on_arrays), set(given), []
    for node in nodes:
        if not varied.intersection(reads(node)):
            continue
        if node.op_type in _OF_SHAPE:
            continue
        varied.update(name for name in node.output if name)
        if node.output[0] not in arrays and not _rises(node, varied, constants):
            found.append(origins.get(node.name, describe(node)))
    return tuple(dict.fromkeys(found))


def _rises(node: onnx.NodeProto, varied: set[str], constants: Mapping[str, np.ndarray]) -> bool:
    """Tell whether a node rises with each operand that varies."""
    if node.domain not in ("", "ai.onnx") or (sum(map(bool, node.output)) > 1 and node.op_type != "Split"):
        return False
    positions = {k for k, name in enumerate(node.input) if name in varied}
    if node.op_type in _RISING:
        return positions <= _RISING[node.op_type]
    if node.op_type == "Mul" and positions == {1}:
        return _constant_factor(0)(node, constants)
    rule = _RULES.get(node.op_type)
    return positions == _FIRST and rule is not None and rule(node, constants)


Rule = Callable[[onnx.NodeProto, Mapping[str, np.ndarray]], bool]


def _above(name: str, default: float) -> Rule:
    """A rule: the attribute is 0 or more."""
    return lambda node, constants: attributes_of(node).get(name, default) >= 0


def _constant_factor(position: int) -> Rule:
    """A rule: the operand at a position is a constant without negative values."""

    def holds(node: onnx.NodeProto, constants: Mapping[str, np.ndarray]) -> bool:
        values = constants.get(node.input[position]) if position < len(node.input) else None
        return values is not None and bool((np.asarray(values) >= 0).all())

    return holds


def _normalizes(node: onnx.NodeProto, constants: Mapping[str, np.ndarray]) -> bool:
    return _constant_factor(1)(node, constants) and not attributes_of(node).get("training_mode", 0)


def _resizes(node: onnx.NodeProto, constants: Mapping[str, np.ndarray]) -> bool:
    return attributes_of(node).get("mode", "nearest") in ("nearest", "linear")


_RULES: dict[str, Rule] = {
    "BatchNormalization": _normalizes,
    "Cast": lambda node, constants: attributes_of(node).get("to") in _WIDE,
    "DequantizeLinear": _constant_factor(1),
    "Div": _constant_factor(1),
    "Elu": _above("alpha", 1.0),
    "HardSigmoid": _above("alpha", 0.2),
    "LeakyRelu": _above("alpha", 0.01),
    "Mul": _constant_factor(1),
    "PRelu": _constant_factor(1),
    "QuantizeLinear": _constant_factor(1),
    "Resize": _resizes,
    "Sub": lambda node, constants: True,
    "ThresholdedRelu": _above("alpha", 1.0),
}
"""Operators that rise with their first operand alone, if the rule holds."""
