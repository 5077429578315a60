"""Conditions between keys: a small language of comparisons, arithmetic and and/or/not. Nothing in it is executed."""

import ast
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from circuitsim.errors import InputError
from circuitsim.spec import shown

LONGEST = 500  # characters
_COMPARE: dict[type, Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_COMPUTE: dict[type, Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Mod: operator.mod,
    ast.Pow: lambda base, power: float(base) ** float(power),  # whole numbers could grow without end
}


@dataclass(frozen=True)
class Constraint:
    """A condition that a point has to meet.

    Attributes:
        text: As the user wrote it.
        keys: Keys that it names, such as "array.rows".
    """

    text: str
    keys: frozenset[str]

    def holds(self, values: Mapping[str, Any]) -> bool:
        """Tell whether the condition holds for the values of its keys.

        Raises:
            InputError: A value is of a kind that the condition cannot compare or compute with.
        """
        return _truth(_parsed(self.text), values, self.text)


def read_constraint(text: str) -> Constraint:
    """Read a condition.

    Raises:
        InputError: It is no condition of this language; names it and what was expected.
    """
    body, keys = _parsed(text), set()
    _check(body, text, keys, condition=True)
    if not keys:
        raise InputError(f"constraint {shown(text)} names no key: expected a comparison such as 'array.rows <= 64'")
    return Constraint(text, frozenset(keys))


def _parsed(text: str) -> ast.expr:
    if len(text) > LONGEST:
        raise InputError(f"constraint {shown(text)}: expected at most {LONGEST} characters")
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise InputError(
            f"constraint {shown(text)} cannot be read: expected a comparison such as 'array.rows <= 64'"
        ) from None


def _check(node: ast.expr, text: str, keys: set[str], *, condition: bool) -> None:
    """Refuse what is not of the language, and gather the keys; `condition`: the place takes a truth value."""
    if condition and isinstance(node, ast.BoolOp):
        for each in node.values:
            _check(each, text, keys, condition=True)
    elif condition and isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        _check(node.operand, text, keys, condition=True)
    elif condition and isinstance(node, ast.Compare) and all(type(each) in _COMPARE for each in node.ops):
        for each in (node.left, *node.comparators):
            _check(each, text, keys, condition=False)
    elif condition:
        raise InputError(f"constraint {shown(text)}: expected comparisons, joined by and, or, not")
    elif isinstance(node, ast.BinOp) and type(node.op) in _COMPUTE:
        _check(node.left, text, keys, condition=False)
        _check(node.right, text, keys, condition=False)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        _check(node.operand, text, keys, condition=False)
    elif isinstance(node, ast.Name | ast.Attribute):
        keys.add(_key(node, text))
    elif not (isinstance(node, ast.Constant) and isinstance(node.value, int | float | str)):
        raise InputError(
            f"constraint {shown(text)}: {shown(ast.unparse(node))} is none of keys, numbers and texts in quotes"
        )


def _key(node: ast.expr, text: str) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{_key(node.value, text)}.{node.attr}"
    raise InputError(f"constraint {shown(text)}: {shown(ast.unparse(node))} is no key; write section.key")


def _truth(node: ast.expr, values: Mapping[str, Any], text: str) -> bool:
    if isinstance(node, ast.BoolOp):
        join = all if isinstance(node.op, ast.And) else any
        return join(_truth(each, values, text) for each in node.values)
    if isinstance(node, ast.UnaryOp):
        return not _truth(node.operand, values, text)
    assert isinstance(node, ast.Compare)
    sides = [_value(each, values, text) for each in (node.left, *node.comparators)]
    try:
        return all(_COMPARE[type(op)](a, b) for op, a, b in zip(node.ops, sides, sides[1:], strict=False))
    except TypeError:
        raise InputError(
            f"constraint {shown(text)}: {' and '.join(map(shown, sides))} cannot be compared; expected numbers"
        ) from None


def _value(node: ast.expr, values: Mapping[str, Any], text: str) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name | ast.Attribute):
        return values[_key(node, text)]
    try:
        if isinstance(node, ast.UnaryOp):
            return -_number(_value(node.operand, values, text))
        assert isinstance(node, ast.BinOp)
        left, right = (_number(_value(each, values, text)) for each in (node.left, node.right))
        result = _COMPUTE[type(node.op)](left, right)
    except (TypeError, ArithmeticError) as error:
        raise InputError(f"constraint {shown(text)} cannot be computed ({error}); expected numbers") from None
    if isinstance(result, complex):
        raise InputError(f"constraint {shown(text)} takes a root of a negative number; expected numbers")
    return result


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{shown(value)} is no number")
    return value
