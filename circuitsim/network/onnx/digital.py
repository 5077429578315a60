"""Products that stay on the host, and why: operands that are both computed, or weights in a form that tiles lack."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper

from circuitsim.network.onnx.complaints import operator
from circuitsim.network.onnx.taken_out import only_moves

PRODUCTS = frozenset({"Gemm", "MatMul", "Conv"})

# Operators besides `PRODUCTS` that multiply and add, with the positions of the operands that may hold weights.
MULTIPLIERS: dict[str, tuple[int, ...]] = {
    **dict.fromkeys(("ConvInteger", "FusedConv", "FusedGemm", "FusedMatMul", "GemmFastGelu"), (0, 1)),
    **dict.fromkeys(("MatMulInteger", "MatMulIntegerToFloat", "QOrderedMatMul", "SparseToDenseMatMul"), (0, 1)),
    **dict.fromkeys(("ConvTranspose", "DeformConv", "DynamicQuantizeMatMul", "MatMulBnb4", "MatMulNBits"), (1,)),
    **dict.fromkeys(("GRU", "LSTM", "RNN", "DynamicQuantizeLSTM"), (1, 2)),
    **dict.fromkeys(("QGemm", "QLinearConv", "QLinearMatMul"), (0, 3)),
    **dict.fromkeys(("Attention", "MultiHeadAttention", "QAttention"), (0, 1, 2)),
    **dict.fromkeys(("MoE", "QMoE"), (2, 3, 4, 5, 6, 7, 8)),
    "Einsum": tuple(range(16)),
}
_SUPPORT_VECTORS = frozenset({"SVMClassifier", "SVMRegressor"})
_LOOKUPS = frozenset({"EmbedLayerNormalization", "GatherBlockQuantized"})  # their constant matrices are tables
_SCALES = frozenset({"Mul", "Div"})
_SUMS = frozenset({"GlobalAveragePool", "ReduceMean", "ReduceSum"})
_KEEPS_AXES = frozenset({"Add", "Cast", "Identity", "Sub"})


@dataclass(frozen=True)
class DigitalProduct:
    """A node that multiplies and adds, computed on the host.

    Attributes:
        name, op: Name and type of the node.
        reason: Why it is not on arrays, in one phrase.
        weighted: True if it multiplies activations by constants, which a complete design would place on arrays.
    """

    name: str
    op: str
    reason: str
    weighted: bool


def weights_of(node: onnx.NodeProto, constants: Mapping[str, np.ndarray]) -> list[str]:
    """Return the constants that a node of `MULTIPLIERS` multiplies by, unless they only move values."""
    positions = () if only_moves(node, constants) else MULTIPLIERS.get(node.op_type, ())
    return [name for k, name in enumerate(node.input) if k in positions and name in constants]


def digital_products(
    host: Sequence[onnx.NodeProto],
    constants: Mapping[str, np.ndarray],
    types: Mapping[str, Any],
    reasons: Mapping[str, str] | None = None,
) -> tuple[DigitalProduct, ...]:
    """Find the nodes among those on the host that multiply and add.

    Args:
        host: Nodes that onnxruntime computes.
        constants: Values of the constant tensors.
        types: ONNX types of the other tensors, where they are known.
        reasons: Why a node with weights is not on arrays, by the name of its first output; None: not known of any.
    """
    producers = {name: node for node in host for name in node.output if name}
    found = []
    for node in host:
        weights = weights_of(node, constants)
        if (known := (reasons or {}).get(node.output[0])) is not None:
            reason, weighted = known, True
        elif node.op_type in _SUPPORT_VECTORS:
            reason, weighted = "it compares its input with support vectors, which are its attributes", True
        elif _sums_nothing(node, weights, constants):
            continue
        elif weights:
            reason, weighted = f"its weights {_shown(weights[0], constants)} are part of more than a product", True
        elif node.op_type in PRODUCTS or node.op_type in MULTIPLIERS:
            reason, weighted = "both operands are computed", False
        elif node.op_type in _SUMS and (factor := _summed_factor(node, producers, constants, types)):
            reason, weighted = f"it sums products with the constant {_shown(factor, constants)}", True
        elif matrix := _unknown_matrix(node, constants):
            reason, weighted = f"an unknown operator with the constant {_shown(matrix, constants)}", True
        else:
            continue
        found.append(DigitalProduct(node.name or node.output[0], operator(node), reason, weighted))
    return tuple(found)


def _sums_nothing(node: onnx.NodeProto, weights: list[str], constants: Mapping[str, np.ndarray]) -> bool:
    """Tell whether a node only moves values, or is an Einsum that scales: any other is a layer, or has a reason."""
    return (node.op_type == "Einsum" and bool(weights)) or (
        node.op_type == "ConvTranspose" and only_moves(node, constants)
    )


def _summed_factor(node: onnx.NodeProto, producers, constants, types) -> str | None:
    """Return the constant that varies along the axes over which a node sums its products; None if there is none."""
    scaled = producers.get(node.input[0])
    for _ in range(8):  # a bias or a cast between product and sum
        if scaled is None or scaled.op_type in _SCALES:
            break
        computed = [name for name in scaled.input if name not in constants] if scaled.op_type in _KEEPS_AXES else []
        scaled = producers.get(computed[0]) if len(computed) == 1 else None
    if scaled is None or scaled.op_type not in _SCALES:
        return None
    factors = [name for name in scaled.input if name in constants]
    if not factors:
        return None
    shape = np.shape(constants[factors[0]])
    rank = _rank(types.get(scaled.output[0]))
    return factors[0] if any(_length(shape, axis, rank) > 1 for axis in _axes(node, constants, rank)) else None


def _axes(node: onnx.NodeProto, constants, rank: int | None) -> list[int]:
    """Return the axes over which a node sums; those that cannot be known count as all."""
    everything = list(range(-(rank or 8), 0))
    if node.op_type == "GlobalAveragePool":
        return everything[2:] if rank else everything
    attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute}
    axes = attributes.get("axes")
    if axes is None and len(node.input) > 1 and node.input[1]:
        if node.input[1] not in constants:
            return everything
        axes = np.ravel(constants[node.input[1]]).tolist()
    return list(axes) if axes else everything


def _length(shape: tuple[int, ...], axis: int, rank: int | None) -> int:
    """Return the length of a broadcast constant along an axis of its product; the largest one where it is unknown."""
    if axis >= 0 and rank is None:
        return max(shape, default=1)
    back = axis if axis < 0 else axis - (rank or 0)
    return shape[back] if -len(shape) <= back < 0 else 1


def _rank(value: Any) -> int | None:
    if value is None or not value.type.tensor_type.HasField("shape"):
        return None
    return len(value.type.tensor_type.shape.dim)


def _unknown_matrix(node: onnx.NodeProto, constants: Mapping[str, np.ndarray]) -> str | None:
    """Return the first constant matrix that an operator outside the standard reads, unless it is a table."""
    if node.domain in ("", "ai.onnx", "ai.onnx.ml") or node.op_type in _LOOKUPS:
        return None
    shapes = {name: np.shape(constants[name]) for name in node.input if name in constants}
    return next((name for name, shape in shapes.items() if sum(length > 1 for length in shape) >= 2), None)


def _shown(name: str, constants: Mapping[str, np.ndarray]) -> str:
    return f"{name!r} of shape {np.shape(constants[name])}"
