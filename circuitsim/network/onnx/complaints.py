"""What is wrong with an ONNX model, in one sentence: the node, what it is, and what is expected."""

import re
from collections.abc import Mapping

import numpy as np
import onnx
import onnxruntime
from onnx import defs, helper

from circuitsim.errors import InputError
from circuitsim.network.onnx.held import is_named, with_named_inputs
from circuitsim.network.onnx.zero_points import with_zero_points

# Where onnx and onnxruntime put the name and the type of the node that they complain about.
_NODE = (
    r"Node \((?P<name>[^)]*)\) Op \((?P<op>\w+)\)",
    r"in node \((?P<name>[^)]*)\)",
    r'In Node, \("(?P<name>[^"]*)", (?P<op>\w+)',
    r"for (?P<op>\w+)\(\d+\) node with name '(?P<name>[^']*)'",
    r"running (?P<op>\w+) node\. Name:'(?P<name>[^']*)'",
    r"node name: (?P<name>[^)\s]*)",
    r"Name: (?P<name>\S*) OpType: (?P<op>\w+)",
)
_STANDARD = frozenset({"", "ai.onnx"})


def operator(node: onnx.NodeProto) -> str:
    """Return the type of a node, with its domain if it is not a standard operator."""
    return node.op_type if node.domain in _STANDARD else f"{node.domain}.{node.op_type}"


def describe(node: onnx.NodeProto) -> str:
    """Return the name and the type of a node for messages."""
    return f"node {node.name or node.output[0]!r} ({operator(node)})"


def session_of(
    model: onnx.ModelProto, *, named: str = "the ONNX model", held: Mapping[str, np.ndarray] | None = None
) -> onnxruntime.InferenceSession:
    """Return an onnxruntime session of a model.

    Args:
        model: The model.
        named: What messages call it.
        held: Values of the constants that it only names, and of others.

    Raises:
        InputError: onnxruntime cannot run the model; the message names the node.
    """
    options = onnxruntime.SessionOptions()
    # Without VNNI, products of uint8 and int8 saturate in 16 bits where speed comes first.
    options.add_session_config_entry("session.x64quantprecision", "1")
    options.intra_op_num_threads = 1  # for small products, more threads are slower
    options.log_severity_level = 4  # errors are raised, not printed
    outside = [tensor.name for tensor in model.graph.initializer if is_named(tensor)]
    if missing := [name for name in outside if name not in (held or {})]:
        raise InputError(f"{named} has the constant {missing[0]!r} in another file, which was not read")
    values = [onnxruntime.OrtValue.ortvalue_from_numpy(np.ascontiguousarray((held or {})[name])) for name in outside]
    if outside:
        options.add_external_initializers(outside, values)
    try:
        text = with_zero_points(model).SerializeToString()
        session = onnxruntime.InferenceSession(text, options, providers=["CPUExecutionProvider"])
        session.__dict__["held"] = values  # it reads them where they lie
        return session
    except Exception as error:  # onnxruntime's classes derive from Exception itself, one per cause
        raise InputError(_refusal(model, str(error), named)) from None


def check_valid(model: onnx.ModelProto) -> None:
    """Reject a model that breaks ONNX's rules; an input or output may leave its shape open.

    Raises:
        InputError: The message names the node or the tensor.
    """
    checked = with_named_inputs(model)
    if any(_open(value) for value in (*model.graph.input, *model.graph.output)):
        checked, given = onnx.ModelProto(), checked
        checked.CopyFrom(given)
        for value in (*checked.graph.input, *checked.graph.output):
            if _open(value):
                value.type.tensor_type.shape.SetInParent()  # the checker asks for a shape and compares none
    try:
        onnx.checker.check_model(checked)
    except Exception as error:  # ValidationError and TypeError share no base of their own
        raise InputError(_refusal(model, str(error), "the ONNX model")) from None


def _open(value: onnx.ValueInfoProto) -> bool:
    return value.type.HasField("tensor_type") and not value.type.tensor_type.HasField("shape")


def is_numeric(elem_type: int) -> bool:
    """Tell whether an ONNX element type is a real number that NumPy computes with."""
    try:
        return helper.tensor_dtype_to_np_dtype(elem_type).kind in "biuf"
    except (KeyError, ValueError):
        return False


def node_in(text: str, described: dict[str, str]) -> str | None:
    """Return the description of the node that a message of onnx or onnxruntime complains about; None if it names none.

    Args:
        text: The message.
        described: Descriptions of the nodes by their name, or by their first output where they have no name.
    """
    for pattern in _NODE:
        if found := re.search(pattern, text):
            parts = found.groupdict()
            if parts["name"] in described:
                return described[parts["name"]]
            if op := parts.get("op"):
                same = [text for text in described.values() if re.search(rf"[(.]{op}\)$", text)]
                if same:  # onnxruntime also has types of its own, into which it fuses nodes
                    return same[0] if len(same) == 1 else f"a node of type {op}"
    return None


def descriptions(model: onnx.ModelProto) -> dict[str, str]:
    """Return the descriptions of all nodes by their name, or by their first output where they have no name."""
    return {node.name or node.output[0]: describe(node) for node in model.graph.node}


_OLDER_READER = re.compile(r"max supported IR version: (\d+)")


def _refusal(model: onnx.ModelProto, text: str, named: str) -> str:
    """Say why a model cannot be run, given the message of onnx or onnxruntime."""
    opset = max((entry.version for entry in model.opset_import if entry.domain in _STANDARD), default=0)
    if opset > defs.onnx_opset_version() or "ValidateOpsetForDomain" in text:
        return (
            f"{named} uses opset {opset}, later than the installed onnx and onnxruntime support; expected at most "
            f"{defs.onnx_opset_version()}: export it with an earlier opset, or update them"
        )
    if newest := _OLDER_READER.search(text):
        return (
            f"{named} has file format {model.ir_version}, later than the installed onnx and onnxruntime support; "
            f"expected at most {newest[1]}: export it with an earlier onnx, or update them"
        )
    known = {value.name for value in model.graph.input} | {tensor.name for tensor in model.graph.initializer}
    known |= {tensor.values.name for tensor in model.graph.sparse_initializer}
    inputs = {value.name for value in model.graph.input}
    written: set[str] = set()
    for tensor in model.graph.initializer:
        if model.ir_version < 4 and tensor.name not in inputs:
            return (
                f"{named} has the constant {tensor.name!r}, which is not among its inputs; expected so in a file of "
                f"IR version {model.ir_version}: export it again with IR version 4 or later"
            )
    for node in model.graph.node:
        standard = node.domain in _STANDARD
        if standard and not defs.has(node.op_type, opset):
            return f"{describe(node)} is not an operator of ONNX opset {opset}; expected one that is"
        if not standard and re.search(rf"{re.escape(node.domain)}:{node.op_type}\b.*not a registered", text):
            return f"{describe(node)} is an operator that onnxruntime does not have; expected a standard operator"
        if missing := [name for name in node.input if name and name not in known]:
            return f"{describe(node)} reads {missing[0]!r}; expected an input, a constant or an output of a node before"
        if twice := [name for name in node.output if name and name in written]:
            return f"{describe(node)} writes {twice[0]!r}, which another node writes too; expected one"
        written |= set(node.output)
        known |= written
    culprit = node_in(text, descriptions(model))
    if culprit is None:
        return f"{named} breaks the rules of ONNX opset {opset}; expected one that onnx.checker accepts: export it anew"
    if "Could not find an implementation" in text:
        return f"{culprit} has inputs of a type that onnxruntime does not compute with; expected float32, for instance"
    return (
        f"{culprit} is not valid: the number, types or shapes of its inputs, or its attributes, do not fit the "
        "operator; expected a node that onnx.checker accepts"
    )
