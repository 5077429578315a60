"""Fold what is constant, and rewrite every node that holds weights as products that layers can take."""

from collections import deque

import numpy as np
import onnx
from onnx import numpy_helper

from circuitsim.network.onnx import fused, integers, plain, recurrent, taken_out
from circuitsim.network.onnx.complaints import describe, session_of
from circuitsim.network.onnx.draft import Draft, Rewrite, Scope, Unfit, attributes_of
from circuitsim.network.onnx.held import is_named
from circuitsim.network.onnx.reading import part_of, reads, subgraphs

_RANDOM = frozenset({"Bernoulli", "Multinomial", "RandomNormalLike", "RandomUniformLike"})
_MICROSOFT = "com.microsoft"
_LEARNT = "ai.onnx.ml"

REWRITES: dict[tuple[str, str], Rewrite] = {
    ("", "Conv"): plain.conv,
    ("", "ConvInteger"): integers.conv_integer,
    ("", "ConvTranspose"): taken_out.conv_transpose,
    ("", "Einsum"): plain.einsum,
    ("", "GRU"): recurrent.unrolled,
    ("", "Gemm"): plain.gemm,
    ("", "LSTM"): recurrent.unrolled,
    ("", "MatMulInteger"): integers.matmul_integer,
    ("", "QLinearConv"): integers.qlinear_conv,
    ("", "QLinearMatMul"): integers.qlinear_matmul,
    ("", "RNN"): recurrent.unrolled,
    (_LEARNT, "LinearClassifier"): taken_out.linear_model,
    (_LEARNT, "LinearRegressor"): taken_out.linear_model,
    (_MICROSOFT, "Attention"): taken_out.attention,
    (_MICROSOFT, "DynamicQuantizeLSTM"): recurrent.unrolled,
    (_MICROSOFT, "DynamicQuantizeMatMul"): integers.dynamic_matmul,
    (_MICROSOFT, "FusedConv"): fused.fused_conv,
    (_MICROSOFT, "FusedGemm"): fused.fused_gemm,
    (_MICROSOFT, "FusedMatMul"): fused.fused_matmul,
    (_MICROSOFT, "MatMulBnb4"): fused.packed_matmul,
    (_MICROSOFT, "MatMulIntegerToFloat"): integers.integer_to_float,
    (_MICROSOFT, "MatMulNBits"): fused.packed_matmul,
    (_MICROSOFT, "QGemm"): integers.q_gemm,
    (_MICROSOFT, "QLinearConv"): integers.qlinear_conv,
}
"""What takes a node apart, by its domain and type. A node of any other type stays as it stands."""


def simplified(model: onnx.ModelProto, graph: onnx.GraphProto, scope: Scope) -> list[onnx.NodeProto]:
    """Return the nodes of a graph after folding and rewriting, in order; the scope learns the constants.

    Args:
        model: The model, for its operator sets.
        graph: Its graph, or one inside a node.
        scope: What is known before.
    """
    stated = [tensor for tensor in graph.initializer if not is_named(tensor)]  # others are in the scope from the start
    scope.constants.update({tensor.name: numpy_helper.to_array(tensor) for tensor in stated})
    scope.constants.update({tensor.values.name: dense(tensor) for tensor in graph.sparse_initializer})
    pending, kept = deque(graph.node), []
    while pending:
        node = pending.popleft()
        if _folded(model, node, scope):
            continue
        parts = _taken_branch(node, scope) or _rewritten(node, scope)
        if parts is None:
            kept.append(node)
        else:
            pending.extendleft(reversed(parts))
    return kept


def living(nodes: list[onnx.NodeProto], outputs: list[str]) -> list[onnx.NodeProto]:
    """Return the nodes on which outputs depend, in order."""
    needed, kept = set(outputs), []
    for node in reversed(nodes):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(reads(node))
    return kept[::-1]


def dense(tensor: onnx.SparseTensorProto) -> np.ndarray:
    """Return a sparse constant as an array; its indices count elements, or name one along each axis."""
    values, indices = numpy_helper.to_array(tensor.values), numpy_helper.to_array(tensor.indices)
    shape = tuple(tensor.dims)
    full = np.zeros(shape, values.dtype)
    full[np.unravel_index(indices, shape) if indices.ndim == 1 else tuple(indices.T)] = values
    return full


def _folded(model: onnx.ModelProto, node: onnx.NodeProto, scope: Scope) -> bool:
    """Compute a node that depends on constants alone, and add its values to them; tell whether it does."""
    if node.op_type == "Constant" and (value := attributes_of(node).get("value")) is not None:
        scope.constants[node.output[0]] = numpy_helper.to_array(value)
        return True
    alone = all(name in scope.constants for name in node.input if name) and not subgraphs(node)
    if not alone or node.op_type in _RANDOM or (not node.input and node.op_type != "Constant"):
        return False
    outputs = [name for name in node.output if name]
    part = part_of(model, [node], {}, outputs, scope.constants)
    values = session_of(part, held=scope.constants).run(outputs, {})
    if not all(isinstance(value, np.ndarray | np.generic) for value in values):  # a sequence
        return False
    scope.constants.update(dict(zip(outputs, map(np.asarray, values), strict=True)))
    return True


def _taken_branch(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Return the nodes of the branch that an If with a constant condition takes."""
    if node.op_type != "If" or (condition := scope.value(node, 0)) is None:
        return None
    branch = attributes_of(node)["then_branch" if np.all(condition) else "else_branch"]
    scope.constants.update({tensor.name: numpy_helper.to_array(tensor) for tensor in branch.initializer})
    scope.constants.update({tensor.values.name: dense(tensor) for tensor in branch.sparse_initializer})
    draft = Draft(scope, node)
    draft.nodes.extend(branch.node)
    for inner, outer in zip(branch.output, node.output, strict=True):
        if outer:
            draft("Identity", inner.name, out=outer)
    return draft.nodes


def _rewritten(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    domain = "" if node.domain == "ai.onnx" else node.domain
    rewrite = REWRITES.get((domain, node.op_type))
    if rewrite is None or node.output[0] in scope.reasons:
        return None
    try:
        parts = rewrite(node, scope)
    except Unfit as reason:
        scope.reasons[node.output[0]] = str(reason)
        return None
    known = scope.origins.get(node.name, describe(node))
    scope.origins.update({part.name: known for part in parts or [] if part.name})
    return parts
