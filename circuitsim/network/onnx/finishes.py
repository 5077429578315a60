"""Find the nodes behind a layer that its read can do before it stores: ReLU, maximum of windows, and flattening."""

import itertools
from collections.abc import Sequence
from typing import Any

import onnx

from circuitsim.network.finishes import Finish
from circuitsim.network.onnx.draft import attributes_of

_AXES = 2  # of a plane
_CHAINS = {("Relu",), ("MaxPool",), ("Relu", "MaxPool"), ("MaxPool", "Relu")}
"""Operators in order, before a Flatten or none."""


def finish_of(nodes: Sequence[onnx.NodeProto], targets: Sequence[str]) -> Finish | None:
    """Return what nodes compute that read one tensor, in order; None where they are more than a `Finish`.

    Args:
        nodes: The nodes.
        targets: The tensors that others read.
    """
    chained = all(list(after.input) == list(node.output) for node, after in itertools.pairwise(nodes))
    single = all(len(node.input) == len(node.output) == 1 for node in nodes)
    if not (chained and single) or list(targets) != list(nodes[-1].output):
        return None
    types = tuple(node.op_type for node in nodes)
    flat = types[-1] == "Flatten"
    if (types[:-1] if flat else types) not in _CHAINS:
        return None
    found = dict(zip(types, map(attributes_of, nodes), strict=True))
    if flat and found["Flatten"].get("axis", 1) != 1:
        return None
    pool = found.get("MaxPool")
    if pool is None:
        return Finish("Relu" in found, flat=flat)
    if not _is_plain(pool):
        return None
    return Finish("Relu" in found, tuple(pool["kernel_shape"]), tuple(pool.get("strides", [1] * _AXES)), flat)


def _is_plain(pool: dict[str, Any]) -> bool:
    """Tell whether the windows of a MaxPool lie on a plane, all of them inside it, with their pixels side by side."""
    dense = set(pool.get("dilations", [1])) == {1} and not any(pool.get("pads", [0])) and not pool.get("ceil_mode", 0)
    return dense and len(pool["kernel_shape"]) == _AXES and pool.get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
