"""Compute the steps of a network: a given function computes the products of its layers, onnxruntime the rest."""

from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import onnxruntime

from circuitsim.errors import InputError
from circuitsim.network.linear import as_numpy, input_vectors, output_tensor
from circuitsim.network.network import FinishingProduct, LayerProduct, WholeLayerProduct
from circuitsim.network.onnx.complaints import node_in
from circuitsim.network.onnx.finite import is_finite
from circuitsim.network.onnx.steps import ArrayStep, BranchStep, HostStep, LoopStep, Routine, RoutineStep, ScanStep

Tensors = dict[str, Any]


@dataclass(frozen=True)
class Means:
    """What steps are computed with.

    Attributes:
        product: Computes the products of one layer.
        described: Descriptions of the model's nodes, for messages.
        whole, finishing: The same product if it is one; None if not.
    """

    product: LayerProduct
    described: dict[str, str]
    whole: WholeLayerProduct | None
    finishing: FinishingProduct | None


def means_of(product: LayerProduct, described: dict[str, str]) -> Means:
    """Return what steps are computed with; to tell what a product can do takes as long as a small step."""
    whole = product if isinstance(product, WholeLayerProduct) else None
    return Means(product, described, whole, product if isinstance(product, FinishingProduct) else None)


def compute(routine: Routine, tensors: Tensors, means: Means) -> list[Any]:
    """Return the outputs of a routine.

    Args:
        routine: The steps.
        tensors: Its inputs, and the tensors of the graphs around, by name.
        means: What the steps are computed with.

    Raises:
        InputError: A node cannot be computed from what it reads; the message names it.
    """
    tensors = tensors | routine.constants
    finished = None
    for step, after in zip_longest(routine.steps, routine.steps[1:]):
        if finished is not None:
            finished = None  # with the step before
            continue
        finished = _finished(step, after, tensors, means)
        tensors |= _results(step, tensors, means) if finished is None else finished
    return [tensors[name] for name in routine.outputs]


def on_host(
    session: onnxruntime.InferenceSession, targets: tuple[str, ...], tensors: Tensors, described: dict[str, str]
) -> Tensors:
    """Return what onnxruntime computes from tensors.

    Raises:
        InputError: A node cannot be computed from what it reads; the message names it.
    """
    try:
        outputs = session.run(list(targets), tensors)
    except Exception as error:  # onnxruntime's classes derive from Exception itself, one per cause
        node = node_in(str(error), described) or "a node of the network"
        shapes = ", ".join(f"{name!r} {np.shape(value)}" for name, value in tensors.items())
        raise InputError(
            f"{node} cannot be computed: the shapes or values of what it reads do not fit it, given {shapes}; "
            "expected images of the size that the network was made for"
        ) from None
    return {
        name: value if isinstance(value, list) else np.asarray(value)
        for name, value in zip(targets, outputs, strict=True)
    }


def _results(step: RoutineStep, tensors: Tensors, means: Means) -> Tensors:
    match step:
        case HostStep():
            read = {name: tensors[name] for name in step.sources}
            return on_host(step.session, step.targets, read, means.described)
        case ArrayStep():
            return {step.target: _on_arrays(step, tensors[step.source], means)}
        case BranchStep():
            taken = step.yes if np.all(tensors[step.condition]) else step.no
            return _named(step.targets, compute(taken, tensors, means))
        case LoopStep():
            return _named(step.targets, _loop(step, tensors, means))
        case ScanStep():
            return _named(step.targets, _scan(step, tensors, means))


def _finished(step: RoutineStep, after: RoutineStep | None, tensors: Tensors, means: Means) -> Tensors | None:
    """Return the results of a step and of the one after it; None where they are not computed together."""
    if not (isinstance(step, ArrayStep) and isinstance(after, HostStep) and after.finish is not None):
        return None
    if after.sources != (step.target,) or means.finishing is None:
        return None
    tensor = tensors[step.source]
    out = means.finishing.finished(step.layer, tensor, after.finish)
    return None if out is None else {after.targets[0]: out.astype(tensor.dtype, copy=False)}


def _named(targets: tuple[str, ...], values: list[Any]) -> Tensors:
    return {name: value for name, value in zip(targets, values, strict=False) if name}


def _on_arrays(step: ArrayStep, tensor: np.ndarray, means: Means) -> np.ndarray:
    """Return the output of a layer in the data type of its input; whole numbers are rounded."""
    layer = step.layer
    outputs = None if means.whole is None else means.whole.of_tensor(layer, tensor)
    if outputs is None:
        if not is_finite(tensor):
            raise InputError(f"the input {step.source!r} of layer {layer.name!r} holds values that are not finite")
        products = as_numpy(means.product(layer, input_vectors(layer, tensor)))
        outputs = output_tensor(layer, products, tensor.shape)
    if tensor.dtype.kind in "iu":
        outputs, limits = np.rint(outputs), np.iinfo(tensor.dtype)
        if outputs.size and (outputs.min() < limits.min or outputs.max() > limits.max):
            raise InputError(
                f"layer {layer.name!r} gives {outputs.flat[np.abs(outputs).argmax()]:g}, beyond the range of its type "
                f"{tensor.dtype.name}; expected smaller weights or inputs"
            )
    return outputs.astype(tensor.dtype, copy=False)


def _loop(step: LoopStep, tensors: Tensors, means: Means) -> list[Any]:
    """Return the last states of a Loop, and its other values of all rounds, stacked."""
    trips = int(np.ravel(tensors[step.trips])[0]) if step.trips else None
    goes_on = bool(np.all(tensors[step.condition])) if step.condition else True
    states, stacked, count = [tensors[name] for name in step.states], [], 0
    kept = len(step.body.outputs) - 1 - len(states)
    while goes_on and (trips is None or count < trips):
        given = [np.asarray(count, dtype=np.int64), np.asarray(goes_on), *states]
        condition, *values = compute(step.body, tensors | dict(zip(step.body.inputs, given, strict=True)), means)
        states, count = values[: len(states)], count + 1
        stacked.append(values[len(states) :])
        goes_on = bool(np.all(condition))
    none = np.zeros((0,), np.float32)
    return [*states, *(np.stack([row[k] for row in stacked]) if stacked else none for k in range(kept))]


def _scan(step: ScanStep, tensors: Tensors, means: Means) -> list[Any]:
    """Return the last states of a Scan, and its outputs, stacked along their axes."""
    cut = [
        np.moveaxis(tensors[name], axis, 0)[:: -1 if reverse else 1]
        for name, axis, reverse in zip(step.scanned, step.in_axes, step.in_reverse, strict=True)
    ]
    states, rows = [tensors[name] for name in step.states], []
    for slices in zip(*cut, strict=True):
        given = dict(zip(step.body.inputs, [*states, *map(np.asarray, slices)], strict=True))
        values = compute(step.body, tensors | given, means)
        states = values[: len(states)]
        rows.append(values[len(states) :])
    stacked = [
        np.stack([row[k] for row in rows][:: -1 if reverse else 1], axis=axis)
        for k, (axis, reverse) in enumerate(zip(step.out_axes, step.out_reverse, strict=True))
    ]
    return [*states, *stacked]
