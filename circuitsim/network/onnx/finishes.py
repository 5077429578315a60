"""Find the nodes behind a layer that its read can do before it stores: ReLU, maximum of windows, and flattening."""

import itertools
from collections.abc import Sequence
from typing import Any

import onnx

from circuitsim.network.finishes import Finish
from circuitsim.network.onnx.draft import attributes_of

_AXES = 2  # of a plane
_PARTS = {"Relu": 0, "MaxPool": 0, "Flatten": 1}  # a plane that is flat has no windows


def finish_of(nodes: Sequence[onnx.NodeProto], targets: Sequence[str]) -> Finish | None:
    """Return what nodes compute that read one tensor, in order; None where they are more than a `Finish`.

    Args:
        nodes: The nodes.
        targets: The tensors that others read.
    """
    types = [node.op_type for node in nodes]
    chained = all(list(after.input) == list(node.output) for node, after in itertools.pairwise(nodes))
    single = all(len(node.input) == len(node.output) == 1 for node in nodes)
    if not (chained and single and set(types) <= _PARTS.keys() and len(set(types)) == len(types)):
        return None
    if sorted(types, key=lambda kind: _PARTS[kind]) != types or list(targets) != list(nodes[-1].output):
        return None
    found = dict(zip(types, map(attributes_of, nodes), strict=True))
    pool = found.get("MaxPool")
    if (
        (pool is not None and not _is_plain(pool))
        or found.get("Flatten", {}).get("axis", 1) != 1
        or types == ["Flatten"]
    ):
        return None
    window = () if pool is None else tuple(pool["kernel_shape"])
    strides = () if pool is None else tuple(pool.get("strides", [1] * _AXES))
    return Finish("Relu" in found, window, strides, "Flatten" in found)


def _is_plain(pool: dict[str, Any]) -> bool:
    """Tell whether the windows of a MaxPool lie on a plane, all of them inside it, with their pixels side by side."""
    dense = set(pool.get("dilations", [1])) == {1} and not any(pool.get("pads", [0])) and not pool.get("ceil_mode", 0)
    return dense and len(pool["kernel_shape"]) == _AXES and pool.get("auto_pad", "NOTSET") in ("NOTSET", "VALID")
