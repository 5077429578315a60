"""LSTM, GRU and RNN as products of all steps with the input weights, and a Scan over steps with the recurrent ones.

Gates and states stay digital. Equations: ONNX operators LSTM-14, GRU-14, RNN-14; com.microsoft DynamicQuantizeLSTM.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper

from circuitsim.network.onnx.draft import Draft, Scope, Unfit, attributes_of, input_of

_DEFAULTS = {"LSTM": ("Sigmoid", "Tanh", "Tanh"), "GRU": ("Sigmoid", "Tanh"), "RNN": ("Tanh",)}
_KNOWN = frozenset({"Relu", "Tanh", "Sigmoid", "Elu", "HardSigmoid", "LeakyRelu", "Softplus", "Softsign"})
_WITH_ALPHA = frozenset({"Elu", "HardSigmoid", "LeakyRelu"})


_MICROSOFT = "com.microsoft"
_OLDEST = 11  # the operator set since which its nodes are written as below


@dataclass(frozen=True)
class Matrix:
    """Weights of one direction, as numbers or as codes.

    Attributes:
        values: (inputs, gates · hidden) weights, or their codes.
        scale, zero: Of the codes, one or one for each column; None where values are weights.
    """

    values: np.ndarray
    scale: np.ndarray | None = None
    zero: np.ndarray | None = None

    def columns(self, part: slice) -> "Matrix":
        """Return some of the columns of weights."""
        return Matrix(np.ascontiguousarray(self.values[:, part]), self.scale, self.zero)


@dataclass(frozen=True)
class Direction:
    """One direction of a recurrent node.

    Attributes:
        op: "LSTM", "GRU" or "RNN".
        w, r: Weights of the inputs and of the states before.
        kind: Type of inputs, states and biases.
        w_bias, r_bias: (gates · hidden,) biases.
        peepholes: (3 · hidden,) of an LSTM, for the gates i, o, f; None without.
        activations: Types of the nodes that compute gates and states.
        settings: Attributes of each activation.
        clip: Largest |input| of an activation; None without a limit.
        reverse: True if the sequence runs from its end.
        input_forget: True if the forget gate is 1 − the input gate.
        reset_after: True if the reset gate of a GRU scales the product with the recurrent weights.
        suffix: "" or what tells the name of its layers from those of the other direction.
    """

    op: str
    w: Matrix
    r: Matrix
    kind: np.dtype
    w_bias: np.ndarray
    r_bias: np.ndarray
    peepholes: np.ndarray | None
    activations: tuple[str, ...]
    settings: tuple[dict[str, Any], ...]
    clip: float | None
    reverse: bool
    input_forget: bool
    reset_after: bool
    suffix: str

    @property
    def hidden(self) -> int:
        """Number of states."""
        return len(self.r.values)


def unrolled(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Take an LSTM, GRU or RNN with constant weights apart."""
    if all(scope.value(node, k) is None for k in (1, 2)):
        return None
    directions = _directions(node, scope)
    if attributes_of(node).get("layout", 0):
        raise Unfit("its batch lies along the first axis")
    draft = Draft(scope, node)
    lengths = input_of(node, 4)
    results = []
    for k, direction in enumerate(directions):
        starts = [_start(draft, input_of(node, position), k, direction) for position in (5, 6)]
        results.append(_one_way(draft, direction, node.input[0], starts, lengths))
    _joined(draft, node, results, directions[0].hidden)
    return draft.nodes


def _directions(node: onnx.NodeProto, scope: Scope) -> list[Direction]:
    """Read the constants and attributes of a node; refuse what this module does not write as a Scan."""
    attributes, op = attributes_of(node), node.op_type.removeprefix("DynamicQuantize")
    w, r = _matrices(node, scope, 1, 8), _matrices(node, scope, 2, 10)
    b, peepholes = scope.value(node, 3), scope.value(node, 7)
    if any(input_of(node, k) and scope.value(node, k) is None for k in (3, 7)):
        raise Unfit("its biases or peepholes are computed")
    if scope.opset < _OLDEST:
        raise Unfit(f"it is an operator of an opset before {_OLDEST}")
    ways = {"forward": (False,), "reverse": (True,), "bidirectional": (False, True)}[
        attributes.get("direction", "forward")
    ]
    each, size = len(_DEFAULTS[op]), r[0].values.shape[1]
    wanted = attributes.get("activations") or list(_DEFAULTS[op]) * len(ways)
    settings = _settings(wanted, attributes)
    kind = w[0].values.dtype if w[0].scale is None else w[0].scale.dtype
    bias = np.zeros((len(ways), 2 * size), kind) if b is None else b
    return [
        Direction(
            op=op,
            w=w[k],
            r=r[k],
            kind=kind,
            w_bias=bias[k, :size],
            r_bias=bias[k, size:],
            peepholes=None if peepholes is None else peepholes[k],
            activations=tuple(wanted[k * each : (k + 1) * each]),
            settings=settings[k * each : (k + 1) * each],
            clip=attributes.get("clip"),
            reverse=reverse,
            input_forget=bool(attributes.get("input_forget", 0)),
            reset_after=bool(attributes.get("linear_before_reset", 0)),
            suffix="" if len(ways) == 1 else ("_reverse" if reverse else "_forward"),
        )
        for k, reverse in enumerate(ways)
    ]


def _matrices(node: onnx.NodeProto, scope: Scope, position: int, scales: int) -> list[Matrix]:
    """Return the weights of each direction; those of a DynamicQuantizeLSTM are codes, with scale and zero point."""
    weights = scope.value(node, position)
    if weights is None:
        raise Unfit("some of its weights are computed")
    if node.op_type != "DynamicQuantizeLSTM":
        return [Matrix(each.T) for each in weights]
    scale, zero = scope.value(node, scales), scope.value(node, scales + 1)
    if scale is None or zero is None:
        raise Unfit("the scales of its weights are computed")
    return [Matrix(*each) for each in zip(weights, scale, zero, strict=True)]


def _settings(activations: list[str], attributes: dict[str, Any]) -> tuple[dict[str, Any], ...]:
    """Return alpha and beta of each activation; the lists of a node hold them for those that take any, in order."""
    alphas, betas = (list(attributes.get(f"activation_{name}", [])) for name in ("alpha", "beta"))
    settings = []
    for name in activations:
        if name not in _KNOWN:
            raise Unfit(f"its activation {name} has no operator of its own")
        setting = {"alpha": alphas.pop(0)} if alphas and name in _WITH_ALPHA else {}
        settings.append(setting | ({"beta": betas.pop(0)} if betas and name == "HardSigmoid" else {}))
    return tuple(settings)


def _start(draft: Draft, given: str, k: int, direction: Direction) -> str:
    """Return a state before the first step, (batch, hidden), or (1, hidden) of zeros, which stand for any batch."""
    if not given:
        return draft.constant(np.zeros((1, direction.hidden), direction.kind))
    return draft("Gather", given, draft.constant(k, np.int64), axis=0)


def _one_way(draft: Draft, way: Direction, x: str, starts: list[str], lengths: str) -> tuple[str, list[str]]:
    """Add the nodes of one direction; return its outputs (steps, batch, hidden) and its states after the last step."""
    product = _product(draft, x, way.w, f"{draft.base}.W{way.suffix}")
    xw = draft("Add", product, draft.constant(way.w_bias))
    turned = draft("Cast", lengths, to=onnx.TensorProto.INT64) if way.reverse and lengths else ""
    if turned:
        xw = draft("ReverseSequence", xw, turned, time_axis=0, batch_axis=1)
    states = starts if way.op == "LSTM" else starts[:1]
    scanned = [xw, *([_steps(draft, xw)] if lengths else [])]
    body = _body(draft, way, len(states), lengths)
    finals, y = [draft.fresh() for _ in states], draft.fresh()
    back = int(way.reverse and not lengths)
    scan = helper.make_node(
        "Scan",
        [*states, *scanned],
        [*finals, y],
        name=f"{draft.base}.steps{way.suffix}",
        body=body,
        num_scan_inputs=len(scanned),
        scan_input_directions=[back] * len(scanned),
        scan_output_directions=[back],
    )
    draft.nodes.append(scan)
    if turned:
        y = draft("ReverseSequence", y, turned, time_axis=0, batch_axis=1)
    return y, finals


def _steps(draft: Draft, xw: str) -> str:
    """Return the numbers of the steps, (steps,)."""
    zero, one = draft.constant(0, np.int64), draft.constant(1, np.int64)
    return draft("Range", zero, draft("Gather", draft("Shape", xw), zero, axis=0), one)


def _body(draft: Draft, way: Direction, states: int, lengths: str) -> onnx.GraphProto:
    """Return the graph of one step: from states and the input's products to new states and the output."""
    step = Draft(draft.scope, onnx.NodeProto(name=draft.base))
    before = [step.fresh() for _ in range(states)]
    xw, number = step.fresh(), step.fresh()
    after = {"LSTM": _lstm, "GRU": _gru, "RNN": _rnn}[way.op](step, way, xw, before)
    y = after[0]
    if lengths:  # after the end of a sequence its states stay and its outputs are 0
        wide = step("Cast", lengths, to=onnx.TensorProto.INT64)
        runs = step("Reshape", step("Less", number, wide), step.constant([-1, 1], np.int64))
        y = step("Where", runs, y, step.constant(np.zeros((1, 1), way.kind)))
        after = [step("Where", runs, new, old) for new, old in zip(after, before, strict=True)]
    outputs = [step("Identity", name) for name in (*after, y)]
    kind = helper.np_dtype_to_tensor_dtype(way.kind)
    types = [*[(name, kind) for name in (*before, xw)], *([(number, onnx.TensorProto.INT64)] if lengths else [])]
    inputs = [helper.make_tensor_value_info(name, each, None) for name, each in types]
    made = [helper.make_tensor_value_info(name, kind, None) for name in outputs]
    return helper.make_graph(step.nodes, f"{draft.base}.step", inputs, made)


Parts = Callable[[str, int], str]


def _columns(step: Draft, hidden: int) -> Parts:
    """Return the function that cuts gate k out of a tensor (batch, gates · hidden)."""

    def cut_out(name: str, k: int) -> str:
        begin, end = (step.constant([each], np.int64) for each in (k * hidden, (k + 1) * hidden))
        return step("Slice", name, begin, end, step.constant([1], np.int64))

    return cut_out


def _active(step: Draft, way: Direction, k: int, value: str) -> str:
    if way.clip:
        limits = [step.constant(limit, way.kind) for limit in (-way.clip, way.clip)]
        value = step("Min", step("Max", value, limits[0]), limits[1])
    return step(way.activations[k], value, **way.settings[k])


def _recurrent(step: Draft, way: Direction, h: str, columns: slice = slice(None), part: str = "") -> str:
    name = f"{step.base}.R{part}{way.suffix}"
    return _product(step, h, way.r.columns(columns), name)


def _product(draft: Draft, x: str, weights: Matrix, name: str) -> str:
    """Return a product with weights; with codes, its input is quantized by its own range."""
    if weights.scale is None or weights.zero is None:
        return draft("MatMul", x, draft.constant(weights.values), name=name)
    constants = [draft.constant(value) for value in (weights.values, weights.scale, weights.zero)]
    return draft("DynamicQuantizeMatMul", x, *constants, name=name, domain=_MICROSOFT)


def _lstm(step: Draft, way: Direction, xw: str, states: list[str]) -> list[str]:
    h, c = states
    gates = step("Add", step("Add", xw, _recurrent(step, way, h)), step.constant(way.r_bias))
    part = _columns(step, way.hidden)
    peep = [None] * 3 if way.peepholes is None else np.split(way.peepholes, 3)

    def gate(k: int, cell: str, p: np.ndarray | None) -> str:
        value = part(gates, k)
        return value if p is None else step("Add", value, step("Mul", cell, step.constant(p)))

    i = _active(step, way, 0, gate(0, c, peep[0]))
    one = step.constant(1.0, way.kind)
    f = step("Sub", one, i) if way.input_forget else _active(step, way, 0, gate(2, c, peep[2]))
    new = _active(step, way, 1, part(gates, 3))
    c = step("Add", step("Mul", f, c), step("Mul", i, new))
    o = _active(step, way, 0, gate(1, c, peep[1]))
    return [step("Mul", o, step(way.activations[2], c, **way.settings[2])), c]


def _gru(step: Draft, way: Direction, xw: str, states: list[str]) -> list[str]:
    (h,), n, part = states, way.hidden, _columns(step, way.hidden)
    if way.reset_after:
        product = step("Add", _recurrent(step, way, h), step.constant(way.r_bias))
    else:
        gates = _recurrent(step, way, h, slice(0, 2 * n), "_gates")
        product = step("Add", gates, step.constant(way.r_bias[: 2 * n]))
    z, r = (_active(step, way, 0, step("Add", part(xw, k), part(product, k))) for k in (0, 1))
    if way.reset_after:
        candidate = step("Mul", r, part(product, 2))
    else:
        candidate = _recurrent(step, way, step("Mul", r, h), slice(2 * n, None), "_state")
        candidate = step("Add", candidate, step.constant(way.r_bias[2 * n :]))
    new = _active(step, way, 1, step("Add", part(xw, 2), candidate))
    kept = step("Sub", step.constant(1.0, way.kind), z)
    return [step("Add", step("Mul", kept, new), step("Mul", z, h))]


def _rnn(step: Draft, way: Direction, xw: str, states: list[str]) -> list[str]:
    product = step("Add", _recurrent(step, way, states[0]), step.constant(way.r_bias))
    return [_active(step, way, 0, step("Add", xw, product))]


def _joined(draft: Draft, node: onnx.NodeProto, results, hidden: int) -> None:
    """Join the directions to the outputs of the node: Y (steps, directions, batch, hidden), Y_h, and Y_c of an LSTM."""
    steps = [draft("Reshape", y, draft.constant([0, 1, -1, hidden], np.int64)) for y, _ in results]
    finals = [
        [draft("Reshape", states[k], draft.constant([1, -1, hidden], np.int64)) for _, states in results]
        for k in range(len(results[0][1]))
    ]
    for out, parts, axis in zip(node.output, [steps, *finals], (1, 0, 0), strict=False):
        if out:
            draft("Concat", *parts, out=out, axis=axis)
