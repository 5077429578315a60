"""Compare frozen dataclasses that hold arrays: by their values, with one bool as the answer."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

import numpy as np

_Class = TypeVar("_Class")


def by_value(cls: type[_Class]) -> type[_Class]:
    """Give a frozen dataclass with arrays an equality that compares all elements, and a hash that agrees with it.

    Two objects are equal if they have the same class and all compared fields have equal shapes and values; NaN equals
    NaN. Without this, `==` of two objects would ask NumPy for the truth of an array, which is an error.
    """

    def equal(self: Any, other: object) -> Any:
        if type(other) is not type(self):
            return NotImplemented
        return self is other or all(_same(getattr(self, name), getattr(other, name)) for name in compared)

    def value_hash(self: Any) -> int:
        return hash(tuple(_hashable(getattr(self, name)) for name in compared))

    compared = tuple(field.name for field in fields(cls) if field.compare)  # type: ignore[arg-type]
    cls.__eq__ = equal
    cls.__hash__ = value_hash
    return cls


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        if not (isinstance(a, np.ndarray) and isinstance(b, np.ndarray)):
            return False
        return np.array_equal(a, b, equal_nan=np.issubdtype(a.dtype, np.inexact))
    if _is_array(a) and _is_array(b):  # of another library
        return type(a) is type(b) and tuple(a.shape) == tuple(b.shape) and bool((a == b).all())
    if isinstance(a, tuple | list) and isinstance(b, tuple | list):
        return type(a) is type(b) and len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return a.keys() == b.keys() and all(_same(a[key], b[key]) for key in a)
    return bool(a == b)


def _is_array(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype")


def _hashable(value: Any) -> Any:
    """Stand for a value in a hash: an array by its shape, because its elements would cost more than they tell apart."""
    if _is_array(value):
        return tuple(value.shape)
    if isinstance(value, tuple | list):
        return tuple(map(_hashable, value))
    if isinstance(value, Mapping):
        return frozenset((key, _hashable(item)) for key, item in value.items())
    return value
