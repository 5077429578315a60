"""What rewrites of a graph share: the values of its constants, and the nodes that take the place of one node."""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np
import onnx
from onnx import helper

from circuitsim.errors import CircuitsimError


class Unfit(CircuitsimError):
    """A node multiplies by weights in a form that arrays cannot take; the text is the reason, in one phrase."""


@dataclass(frozen=True)
class Scope:
    """What is known where a node stands; folding and rewriting add to it.

    Attributes:
        constants: Values by name, those of the graphs around included.
        opset: Version of the standard operators.
        reasons: Why a node with weights stays on the host, by the name of its first output.
        origins: Descriptions of the nodes in whose place others stand, by the names of the others.
        numbers: Counts the names that were made.
    """

    constants: dict[str, np.ndarray]
    opset: int
    reasons: dict[str, str] = field(default_factory=dict)
    origins: dict[str, str] = field(default_factory=dict)
    numbers: "count[int]" = field(default_factory=count)

    def inner(self) -> "Scope":
        """Return the scope of a graph inside a node: it sees these constants, and its own stay its own."""
        return Scope(dict(self.constants), self.opset, self.reasons, self.origins, self.numbers)

    def value(self, node: onnx.NodeProto, position: int) -> np.ndarray | None:
        """Return the constant that a node reads at a position; None where it reads nothing or what is computed."""
        return self.constants.get(name) if (name := input_of(node, position)) else None


class Draft:
    """Nodes that take the place of one node, in order; calling it adds a node and returns the name of its output."""

    def __init__(self, scope: Scope, origin: onnx.NodeProto) -> None:
        """Begin without nodes; the names of nodes begin with that of `origin`."""
        self.scope = scope
        self.base = origin.name or origin.output[0]
        self.nodes: list[onnx.NodeProto] = []

    def __call__(
        self, op: str, *inputs: str, out: str = "", name: str = "", domain: str = "", **attributes: Any
    ) -> str:
        """Add a node with one output and return its name."""
        out = out or self.fresh()
        name = name or f"{self.base}/{op}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(op, list(inputs), [out], name=name, domain=domain, **attributes))
        return out

    def fresh(self) -> str:
        """Return a name that no tensor has."""
        return f"{self.base}::{next(self.scope.numbers)}"

    def constant(self, value: Any, dtype: Any = None) -> str:
        """Add a constant and return its name."""
        name = self.fresh()
        self.scope.constants[name] = np.asarray(value, dtype=dtype)
        return name


Rewrite = Callable[[onnx.NodeProto, Scope], list[onnx.NodeProto] | None]
"""Function that returns the nodes that take the place of a node, or None where it stays as it stands.

It raises `Unfit` where the node multiplies by weights but cannot be taken apart."""


def attributes_of(node: onnx.NodeProto) -> dict[str, Any]:
    """Return the attributes of a node by name; texts as str."""
    found = {each.name: helper.get_attribute_value(each) for each in node.attribute}
    return {name: _text(value) for name, value in found.items()}


def input_of(node: onnx.NodeProto, position: int) -> str:
    """Return the name of the tensor that a node reads at a position; "" where it reads none."""
    return node.input[position] if position < len(node.input) else ""


def _text(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode()
    return [_text(each) for each in value] if isinstance(value, list) else value
