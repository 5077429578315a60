"""Gemm and Conv with what does not fit a layer made digital, and Einsums of several operands in pairs."""

import numpy as np
import onnx

from circuitsim.network.contraction import REST
from circuitsim.network.onnx.draft import Draft, Scope, Unfit, attributes_of, input_of


def gemm(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Write a Gemm with a transposed input, weights on the left, or a bias of many rows, as a product and a sum."""
    a, b, c = (input_of(node, k) for k in range(3))
    attributes = attributes_of(node)
    if a not in scope.constants and b not in scope.constants:
        return None
    across, outputs = attributes.get("transA", 0), _outputs(b, attributes, scope)
    if b in scope.constants and not across and _one_row(c, outputs, scope):
        return None
    draft = Draft(scope, node)
    alpha, beta = attributes.get("alpha", 1.0), attributes.get("beta", 1.0)
    left = _laid(draft, a, across, alpha if a in scope.constants else 1.0)
    right = _laid(draft, b, attributes.get("transB", 0), 1.0 if a in scope.constants else alpha)
    kind = scope.constants[left if left in scope.constants else right].dtype
    value = draft("MatMul", left, right, out="" if c else node.output[0], name=draft.base)
    if c:
        scaled = c if beta == 1.0 else draft("Mul", c, draft.constant(beta, kind))
        draft("Add", value, scaled, out=node.output[0])
    return draft.nodes


def _laid(draft: Draft, name: str, transposed: int, factor: float) -> str:
    """Return an operand of a Gemm as MatMul takes it: transposed, and times a factor if it is constant."""
    weights = draft.scope.constants.get(name)
    if weights is None:
        return draft("Transpose", name, perm=[1, 0]) if transposed else name
    if not transposed and factor == 1.0:
        return name
    return draft.constant((weights.T if transposed else weights) * weights.dtype.type(factor))


def _outputs(b: str, attributes: dict, scope: Scope) -> int:
    weights = scope.constants.get(b)
    return 0 if weights is None else weights.shape[0 if attributes.get("transB", 0) else 1]


def _one_row(c: str, outputs: int, scope: Scope) -> bool:
    """Tell whether a bias is a constant that is the same for all rows."""
    if not c:
        return True
    bias = scope.constants.get(c)
    return bias is not None and bias.size in (1, outputs) and all(length == 1 for length in bias.shape[:-1])


def conv(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Write a Conv with a bias that is computed as a Conv and a sum."""
    kernels, bias = scope.value(node, 1), input_of(node, 2)
    if kernels is None or not bias or bias in scope.constants:
        return None
    draft = Draft(scope, node)
    value = draft("Conv", node.input[0], node.input[1], name=draft.base, **attributes_of(node))
    shape = draft.constant([1, -1, *[1] * (kernels.ndim - 2)], np.int64)
    draft("Add", value, draft("Reshape", bias, shape), out=node.output[0])
    return draft.nodes


def einsum(node: onnx.NodeProto, scope: Scope) -> list[onnx.NodeProto] | None:
    """Write an Einsum of three or more operands as one of a computed operand with the weights, and one of the rest."""
    constant = [name for name in node.input if name in scope.constants]
    if not constant or len(node.input) < 3:
        return None
    terms, out = einsum_terms(attributes_of(node)["equation"])
    if any("." in axis for term in terms for axis in term):
        raise Unfit("its equation of several operands has an ellipsis")
    draft, operands = Draft(scope, node), list(zip(node.input, terms, strict=True))
    weights = [each for each in operands if each[0] in scope.constants]
    others = [each for each in operands if each[0] not in scope.constants]
    if len(weights) > 1:
        kept = _needed(weights, others, out)
        equation = f"{','.join(''.join(term) for _, term in weights)}->{''.join(kept)}"
        product = np.einsum(equation, *[scope.constants[name] for name, _ in weights])
        weights = [(draft.constant(product), kept)]
    first = next((each for each in others if set(each[1]) & set(weights[0][1])), others[0])
    rest = [each for each in others if each is not first]
    kept = _needed([weights[0], first], rest, out) if rest else out
    last = "" if rest else node.output[0]
    value = draft(
        "Einsum", first[0], weights[0][0], name=draft.base, out=last, equation=_equation([first, *weights], kept)
    )
    if rest:
        pairs = [(value, kept), *rest]
        draft("Einsum", *[name for name, _ in pairs], out=node.output[0], equation=_equation(pairs, out))
    return draft.nodes


def einsum_terms(equation: str) -> tuple[list[tuple[str, ...]], tuple[str, ...]]:
    """Return the axes of each operand and of the output of an equation; an ellipsis is one entry."""
    left, arrow, right = equation.replace(" ", "").partition("->")
    terms = [_axes(term) for term in left.split(",")]
    if arrow:
        return terms, _axes(right)
    names = [name for term in terms for name in term]
    rest = (REST,) if REST in names else ()
    return terms, (*rest, *sorted(name for name in set(names) if names.count(name) == 1 and name != REST))


def _axes(term: str) -> tuple[str, ...]:
    before, dots, after = term.partition(REST)
    return (*before, *([REST] if dots else []), *after)


def _needed(operands, others, out: tuple[str, ...]) -> tuple[str, ...]:
    """Return the axes of operands that others or the output read."""
    read = {axis for _, term in others for axis in term} | set(out)
    return tuple(dict.fromkeys(axis for _, term in operands for axis in term if axis in read))


def _equation(operands, out: tuple[str, ...]) -> str:
    return f"{','.join(''.join(term) for _, term in operands)}->{''.join(out)}"
