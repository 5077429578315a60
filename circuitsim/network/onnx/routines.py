"""Turn the nodes of a graph into steps: layers for arrays, sequences of other nodes for onnxruntime, control flow."""

from collections import Counter
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np
import onnx
from onnx import helper

from circuitsim.network.linear import LinearLayer
from circuitsim.network.onnx.complaints import session_of
from circuitsim.network.onnx.digital import MULTIPLIERS, PRODUCTS, DigitalProduct, digital_products
from circuitsim.network.onnx.draft import Scope, Unfit, attributes_of, input_of
from circuitsim.network.onnx.finishes import finish_of
from circuitsim.network.onnx.nodes import layer_of, operand_of, value_bound
from circuitsim.network.onnx.reading import Types, part_of, reads, subgraphs, types_of
from circuitsim.network.onnx.rewrites import living, simplified
from circuitsim.network.onnx.rising import not_rising
from circuitsim.network.onnx.steps import ArrayStep, BranchStep, HostStep, LoopStep, Routine, RoutineStep, ScanStep

_SCAN_WITHOUT_BATCH = 9  # the operator set since which a Scan cuts no batches


@dataclass(frozen=True)
class Plan:
    """What is collected while the graphs of a model become routines.

    Attributes:
        model: The model, for its operator sets.
        layers: The layers in order.
        tied: Name of the first layer with given weights, by a digest of them.
        digital: The products on the host.
        on_host: Number of nodes of each type on the host.
        not_rising: Descriptions of the nodes on the host that may fall where what they read rises.
    """

    model: onnx.ModelProto
    layers: list[LinearLayer] = field(default_factory=list)
    tied: dict[str, str] = field(default_factory=dict)
    digital: list[DigitalProduct] = field(default_factory=list)
    on_host: "Counter[str]" = field(default_factory=Counter)
    not_rising: list[str] = field(default_factory=list)


def routine_of(plan: Plan, graph: onnx.GraphProto, sources: Types, scope: Scope) -> Routine:
    """Return the steps of a graph.

    Args:
        plan: Learns the layers and what stays on the host.
        graph: The graph.
        sources: Types of its inputs and of the tensors of the graphs around.
        scope: Constants of the graphs around; it learns those of this one.

    Raises:
        InputError: Weights are not finite, or a node or a type is not valid.
    """
    outputs = [value.name for value in graph.output]
    nodes = living(simplified(plan.model, graph, scope), outputs)
    read = {name for node in nodes for name in reads(node)} - scope.constants.keys()
    types = types_of(plan.model, nodes, {name: sources[name] for name in read & sources.keys()}, scope.constants)
    special = _special_steps(plan, nodes, types | sources, scope)
    host = [node for k, node in enumerate(nodes) if k not in special]
    arrays = [step.target for step in special.values() if isinstance(step, ArrayStep)]
    given = [value.name for value in graph.input]
    plan.not_rising.extend(not_rising(nodes, arrays, given, scope.constants, scope.origins))
    plan.on_host.update(node.op_type for node in host)
    plan.digital.extend(digital_products(host, scope.constants, types, scope.reasons))
    steps = _steps(plan.model, nodes, special, scope, types, outputs)
    named = {*outputs, *(name for node in nodes for name in node.input)}
    constants = {name: value for name, value in scope.constants.items() if name in named}
    kept = {name for step in steps for name in _names_of(step)} | set(outputs)
    return Routine(
        steps=tuple(steps),
        constants={name: value for name, value in constants.items() if name in kept},
        inputs=tuple(value.name for value in graph.input),
        outputs=tuple(outputs),
    )


def _names_of(step: RoutineStep) -> tuple[str, ...]:
    """Return the tensors that control flow reads by name; other steps hold their constants."""
    match step:
        case BranchStep():
            return (step.condition,)
        case LoopStep():
            return (step.trips, step.condition, *step.states)
        case ScanStep():
            return (*step.states, *step.scanned)
    return ()


def _special_steps(plan: Plan, nodes: list[onnx.NodeProto], types: Types, scope: Scope) -> dict[int, RoutineStep]:
    """Return the steps that are not the host's alone, by the position of their node."""
    producers = {name: node for node in nodes for name in node.output}
    steps: dict[int, RoutineStep] = {}
    for k, node in enumerate(nodes):
        step = _control(plan, node, types, scope) if subgraphs(node) else _array(plan, node, producers, scope)
        if step is not None:
            steps[k] = step
    return steps


def _array(plan: Plan, node: onnx.NodeProto, producers: dict[str, onnx.NodeProto], scope: Scope) -> ArrayStep | None:
    """Return the step of a node with weights; its layer is tied to an earlier one with the same weights."""
    if len(node.input) < 2:
        return None
    source = operand_of(node, scope.constants)
    taken, name, number = {layer.name for layer in plan.layers}, node.name or node.output[0], 2
    while name in taken:
        name, number = f"{node.name or node.output[0]}#{number}", number + 1
    try:
        bound = value_bound(source, producers, scope.constants)
        layer = layer_of(node, scope.constants, name=name, input_bound=bound)
    except Unfit as reason:
        scope.reasons[node.output[0]] = str(reason)
        return None
    if layer is None:
        return None
    key = f"{layer.weights.shape}{sha256(np.ascontiguousarray(layer.weights).tobytes()).hexdigest()}"
    if key in plan.tied:
        layer = LinearLayer(**{**vars(layer), "tied_to": plan.tied[key]})
    plan.tied.setdefault(key, layer.name)
    plan.layers.append(layer)
    return ArrayStep(layer, source, node.output[0])


def _control(plan: Plan, node: onnx.NodeProto, types: Types, scope: Scope) -> RoutineStep | None:
    """Return the step of a node with graphs inside; None where none of them holds weights: it stays on the host."""
    before, counted = len(plan.layers), Counter(plan.on_host)
    attributes = attributes_of(node)
    make = {"If": _branch, "Loop": _loop, "Scan": _scan}.get(node.op_type)
    if make is None or (node.op_type == "Scan" and scope.opset < _SCAN_WITHOUT_BATCH):
        if _holds_products(node):
            scope.reasons[node.output[0]] = "the graph inside it holds products"
        return None
    step = make(plan, node, attributes, types, scope)
    if len(plan.layers) > before:
        return step
    plan.on_host.clear()
    plan.on_host.update(counted)
    return None


def _holds_products(node: onnx.NodeProto) -> bool:
    inner = [each for graph in subgraphs(node) for each in graph.node]
    return any(each.op_type in PRODUCTS or each.op_type in MULTIPLIERS or _holds_products(each) for each in inner)


def _branch(plan: Plan, node: onnx.NodeProto, attributes: dict[str, Any], types: Types, scope: Scope) -> BranchStep:
    yes, no = (routine_of(plan, attributes[name], types, scope.inner()) for name in ("then_branch", "else_branch"))
    return BranchStep(node.input[0], yes, no, tuple(node.output))


def _loop(plan: Plan, node: onnx.NodeProto, attributes: dict[str, Any], types: Types, scope: Scope) -> LoopStep:
    states = list(node.input[2:])
    kinds = [onnx.TensorProto.INT64, onnx.TensorProto.BOOL, *(_kind(name, types, scope) for name in states)]
    body = _body(plan, attributes["body"], kinds, types, scope)
    return LoopStep(input_of(node, 0), input_of(node, 1), tuple(states), body, tuple(node.output))


def _scan(plan: Plan, node: onnx.NodeProto, attributes: dict[str, Any], types: Types, scope: Scope) -> ScanStep:
    count = attributes["num_scan_inputs"]
    states, scanned = list(node.input[:-count]), list(node.input[-count:])
    made = len(node.output) - len(states)
    body = _body(plan, attributes["body"], [_kind(name, types, scope) for name in node.input], types, scope)
    return ScanStep(
        states=tuple(states),
        scanned=tuple(scanned),
        body=body,
        targets=tuple(node.output),
        in_axes=tuple(attributes.get("scan_input_axes", [0] * count)),
        out_axes=tuple(attributes.get("scan_output_axes", [0] * made)),
        in_reverse=tuple(map(bool, attributes.get("scan_input_directions", [0] * count))),
        out_reverse=tuple(map(bool, attributes.get("scan_output_directions", [0] * made))),
    )


def _kind(name: str, types: Types, scope: Scope) -> int:
    """Return the element type of a tensor; 0 where it is not known."""
    if name in scope.constants:
        return helper.np_dtype_to_tensor_dtype(scope.constants[name].dtype)
    return types[name].type.tensor_type.elem_type if name in types else 0


def _body(plan: Plan, graph: onnx.GraphProto, kinds: list[int], types: Types, scope: Scope) -> Routine:
    """Return the routine of a graph whose inputs have given element types, of any shape."""
    known = {
        value.name: helper.make_tensor_value_info(value.name, kind or value.type.tensor_type.elem_type, None)
        for value, kind in zip(graph.input, kinds, strict=True)
    }
    return routine_of(plan, graph, types | known, scope.inner())


def _steps(
    model: onnx.ModelProto,
    nodes: list[onnx.NodeProto],
    special: dict[int, RoutineStep],
    scope: Scope,
    types: Types,
    outputs: list[str],
) -> list[RoutineStep]:
    """Return the steps in order; the nodes between two special ones are one step of the host."""
    steps: list[RoutineStep] = []
    group: list[onnx.NodeProto] = []
    last = {name: k for k, node in enumerate(nodes) for name in reads(node)}
    last |= dict.fromkeys(outputs, len(nodes))

    def close(end: int) -> None:
        written = [name for node in group for name in node.output if name]
        targets = [name for name in written if last.get(name, -1) >= end]
        if targets:
            needed = [name for node in group for name in reads(node) if name not in {*scope.constants, *written}]
            sources = {name: types.get(name) for name in dict.fromkeys(needed)}
            part = part_of(model, group, sources, targets, scope.constants)
            alone = len(sources) == 1 and all(last[name] < end for name in sources)
            finish = finish_of(group, targets) if alone else None
            steps.append(HostStep(session_of(part, held=scope.constants), tuple(sources), tuple(targets), finish))
        group.clear()

    for k, node in enumerate(nodes):
        if k in special:
            close(k)
            steps.append(special[k])
        else:
            group.append(node)
    close(len(nodes))
    return steps
