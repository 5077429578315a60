"""Read an ONNX model and cut it at its products with constant weights: layers for tiles, all else for onnxruntime."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from circuitsim.errors import InputError
from circuitsim.network.onnx.complaints import check_valid, descriptions, session_of
from circuitsim.network.onnx.draft import Scope
from circuitsim.network.onnx.held import read_model
from circuitsim.network.onnx.interface import inputs_of, only_output, output_axis, output_of
from circuitsim.network.onnx.prepare import prepared
from circuitsim.network.onnx.routines import Plan, routine_of
from circuitsim.network.onnx.runner import OnnxNetwork


def load_onnx(path: str | Path, *, output: str | None = None, batch_axis: int | None = None) -> OnnxNetwork:
    """Read an ONNX file and cut it into layers for tiles and steps for onnxruntime; see `cut`.

    Weights may lie in other files of the model's folder. A model over 2 GiB takes about three times its size of memory.

    Raises:
        InputError: The file is missing or is not a valid ONNX model, or one of its nodes is not supported.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; expected an ONNX model")
    model, held = read_model(path)
    return cut(model, output=output, batch_axis=batch_axis, held=held)


def cut(
    model: onnx.ModelProto,
    *,
    output: str | None = None,
    batch_axis: int | None = None,
    held: Mapping[str, np.ndarray] | None = None,
) -> OnnxNetwork:
    """Cut a model into layers for tiles and steps for onnxruntime.

    Args:
        model: The model.
        output: Name of the output to compute, or of any tensor that a node writes; None: the only one of real numbers
            with a fraction.
        batch_axis: Axis of the inputs along which images lie; None: the first of any length, see `inputs_of`.
        held: Values of the constants that the model only names, because it is over 2 GiB, see `read_model`.

    Raises:
        InputError: The model is not valid, its inputs or outputs cannot be used, or no layer is left for tiles.
    """
    held = dict(held or {})
    digest = _digest(model, held)
    inputs_of(model.graph, batch_axis=batch_axis)
    model = prepared(model)
    check_valid(model)
    target = output_of(model.graph, output)
    names = tuple(value.name for value in model.graph.output)
    nodes = list(model.graph.node)
    model = only_output(model, target)
    elsewhere = {name for node in nodes for name in (node.name, *node.output)}
    elsewhere -= {name for node in model.graph.node for name in (node.name, *node.output)}
    whole, graph = session_of(model, held=held), model.graph
    opset = next((entry.version for entry in model.opset_import if entry.domain in ("", "ai.onnx")), 1)
    plan, scope = Plan(model), Scope(held, opset)
    types = {value.name: value for value in graph.input}
    if not types:
        raise InputError(f"the ONNX model's output {target!r} does not depend on its input")
    routine = routine_of(plan, graph, types, scope)
    if not routine.steps:
        raise InputError(f"the ONNX model's output {target!r} does not depend on its input")
    if not plan.layers:
        raise InputError(_nothing_for_arrays(plan))
    inputs = inputs_of(graph, batch_axis=batch_axis)
    return OnnxNetwork(
        layers=tuple(plan.layers),
        routine=routine,
        inputs=inputs,
        output=target,
        outputs=names,
        output_axis=output_axis(graph, target, inputs),
        session=whole,
        on_host=dict(sorted(plan.on_host.items())),
        digital=tuple(plan.digital),
        described=descriptions(model) | scope.origins,
        digest=digest,
        elsewhere=frozenset(elsewhere),
        not_rising=tuple(dict.fromkeys(plan.not_rising)),
    )


def _digest(model: onnx.ModelProto, held: Mapping[str, np.ndarray]) -> str:
    content: Any = hashlib.sha256(model.SerializeToString(deterministic=True))
    for name in sorted(held):
        content.update(np.ascontiguousarray(held[name]))
    return content.hexdigest()


def _nothing_for_arrays(plan: Plan) -> str:
    weighted = [part for part in plan.digital if part.weighted]
    why = "".join(f"; {part.name!r} ({part.op}) stays on the host: {part.reason}" for part in weighted[:1])
    return f"the ONNX model has no product with constant weights to place on tiles{why}"
