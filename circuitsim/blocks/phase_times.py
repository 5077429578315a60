"""Times of phases: sums, differences and products of durations, written as a designer writes them."""

import ast
from collections.abc import Mapping, Set

from circuitsim.errors import InputError

COUNTS = frozenset({"k", "n"})
"""Names that an expression may use besides durations: the number of a terminal, and how many there are."""

_OPERATORS = {ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b}
_LONGEST = 200  # characters


def check_expression(text: str, durations: Mapping[str, object], where: str) -> None:
    """Refuse an expression that is no sum or product of known durations.

    Raises:
        ValueError: Names the expression and what it may contain.
    """
    try:
        names = _names(ast.parse(text, mode="eval").body) if len(text) <= _LONGEST else None
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        names = None
    if names is None:
        raise ValueError(f"{where} = {text[:60]!r}: expected a sum or product of durations, such as 't_a + 2 * t_b'")
    for name in sorted(names - COUNTS):
        if name not in durations:
            known = ", ".join(durations) or "none"
            raise ValueError(f"{where} = {text!r}: there is no duration {name!r} in [timing]; there is {known}")


def phase_time(text: str, durations: Mapping[str, float], *, k: int = 0, n: int = 1) -> float:
    """Return the value of a checked expression [s].

    Args:
        text: The expression.
        durations: Durations by name [s].
        k, n: Number of the terminal, and how many there are.

    Raises:
        InputError: The value is negative.
    """
    value = _value(ast.parse(text, mode="eval").body, {**durations, "k": k, "n": n})
    if value < 0:
        raise InputError(f"{text!r} = {value:g} s: expected a time >= 0; change the durations in timing")
    return value


def _names(node: ast.expr) -> Set[str] | None:
    """Return the names in an expression; None if it contains anything else than + − * and numbers."""
    if isinstance(node, ast.Name):
        return {node.id}
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return set()
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _names(node.left), _names(node.right)
        return None if left is None or right is None else left | right
    return None


def _value(node: ast.expr, values: Mapping[str, float]) -> float:
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.Constant):
        return float(node.value)  # pyright: ignore[reportArgumentType]  # `check_expression` saw a number
    assert isinstance(node, ast.BinOp)
    return _OPERATORS[type(node.op)](_value(node.left, values), _value(node.right, values))  # pyright: ignore
