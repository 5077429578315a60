"""The inputs and the output of an ONNX model: what they hold, and along which axis the images lie."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import onnx
from onnx import helper

from circuitsim.errors import InputError
from circuitsim.network.onnx.complaints import is_numeric
from circuitsim.network.onnx.reading import reads


@dataclass(frozen=True)
class OnnxInput:
    """An input of a model.

    Attributes:
        name: Its name.
        shape: Length of each axis, None for any; None where the model does not state the axes.
        type: Type of its elements.
        axis: Axis along which images lie, if several are given at a time.
    """

    name: str
    shape: tuple[int | None, ...] | None
    type: np.dtype
    axis: int

    @property
    def batch(self) -> int | None:
        """Number of images that the model takes at a time; None for any."""
        return None if not self.shape else self.shape[self.axis]


def inputs_of(graph: onnx.GraphProto, *, batch_axis: int | None = None) -> tuple[OnnxInput, ...]:
    """Return the inputs of a graph without those that are constants.

    Args:
        graph: The graph of a model.
        batch_axis: Axis along which images lie; None: the first axis of any length, or the first axis where it has the
            length 1 or all lengths are stated.

    Raises:
        InputError: An input does not hold real numbers, has not the axis, or there is none.
    """
    constants = {tensor.name for tensor in graph.initializer}
    constants |= {tensor.values.name for tensor in graph.sparse_initializer}
    inputs = tuple(_input(value, batch_axis) for value in graph.input if value.name not in constants)
    if not inputs:
        raise InputError("the ONNX model has no inputs; expected one or more")
    return inputs


def _input(value: onnx.ValueInfoProto, batch_axis: int | None) -> OnnxInput:
    tensor = value.type.tensor_type
    if not value.type.HasField("tensor_type") or not is_numeric(tensor.elem_type):
        raise InputError(f"the ONNX model's input {value.name!r} does not hold real numbers; expected a tensor of them")
    kind = np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type))
    shape = tuple(_length(axis) for axis in tensor.shape.dim) if tensor.HasField("shape") else None
    axis = _first_free(shape) if batch_axis is None else batch_axis
    if batch_axis is not None and shape and not 0 <= batch_axis < len(shape):
        raise InputError(
            f"batch_axis = {batch_axis}: the ONNX model's input {value.name!r} has {len(shape)} axes; expected 0 to "
            f"{len(shape) - 1}"
        )
    return OnnxInput(value.name, shape, kind, axis)


def _length(axis: onnx.TensorShapeProto.Dimension) -> int | None:
    """Return the length of an axis; 0 and −1, as some exporters write, stand for any."""
    return axis.dim_value if axis.HasField("dim_value") and axis.dim_value > 0 else None


def _first_free(shape: tuple[int | None, ...] | None) -> int:
    if not shape or shape[0] == 1 or None not in shape:
        return 0
    return shape.index(None)


def output_of(graph: onnx.GraphProto, wanted: str | None) -> str:
    """Return the name of the output to compute.

    Args:
        graph: The graph of a model.
        wanted: Name of an output, or of any tensor that a node writes; None: the only output of real numbers with a
            fraction. Of a ZipMap its input is taken, which holds the same numbers.

    Raises:
        InputError: There is no such tensor, or not exactly one output to choose.
    """
    writers = {name: node for node in graph.node for name in node.output if name}
    names = [value.name for value in graph.output]
    listed = ", ".join(repr(name) for name in names)
    if wanted is not None:
        if wanted not in writers:
            raise InputError(f"output = {wanted!r}: the ONNX model has no such tensor; its outputs are {listed}")
        return _unzipped(wanted, writers)
    if len(names) == 1:
        return _unzipped(names[0], writers)
    fractions = [_unzipped(value.name, writers) for value in graph.output if _holds_fractions(value, writers)]
    if len(fractions) != 1:
        raise InputError(
            f"the ONNX model has {len(names)} outputs, {listed}; expected the choice of one: --output NAME"
        )
    return fractions[0]


def _unzipped(name: str, writers: dict[str, onnx.NodeProto]) -> str:
    node = writers.get(name)
    return node.input[0] if node is not None and node.op_type == "ZipMap" else name


def _holds_fractions(value: onnx.ValueInfoProto, writers: dict[str, onnx.NodeProto]) -> bool:
    """Tell whether an output holds real numbers with a fraction, as opposed to the labels beside them."""
    if _unzipped(value.name, writers) != value.name:
        return True
    tensor = value.type.tensor_type
    return is_numeric(tensor.elem_type) and helper.tensor_dtype_to_np_dtype(tensor.elem_type).kind == "f"


def output_axis(graph: onnx.GraphProto, name: str, inputs: Sequence[OnnxInput]) -> int:
    """Return the axis of an output along which images lie: the one that bears the same name as that of an input."""
    shapes = {value.name: value.type.tensor_type.shape.dim for value in (*graph.input, *graph.output)}
    symbols = {
        shapes[each.name][each.axis].dim_param for each in inputs if each.axis < len(shapes.get(each.name, ()))
    } - {""}
    own = [axis.dim_param for axis in shapes.get(name, ())]
    return next((k for k, symbol in enumerate(own) if symbol in symbols), 0)


def only_output(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Return a copy of a model that gives one tensor, without the nodes and inputs on which it does not depend."""
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    graph, needed, kept = copy.graph, {name}, []
    for node in reversed(model.graph.node):
        if needed & set(node.output):
            kept.append(node)
            needed |= set(reads(node))
    declared = {value.name: value for value in (*model.graph.output, *model.graph.value_info)}
    del graph.node[:], graph.output[:]
    graph.node.extend(kept[::-1])
    graph.output.append(declared.get(name) or onnx.ValueInfoProto(name=name))
    inputs = [value for value in graph.input if value.name in needed]
    tensors = [tensor for tensor in graph.initializer if tensor.name in needed]
    del graph.input[:], graph.initializer[:]
    graph.input.extend(inputs)
    graph.initializer.extend(tensors)
    return copy
