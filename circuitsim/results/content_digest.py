"""Digest of values, so that a result can name what it was computed from."""

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.spec.base import Part


def content_digest(value: Any) -> str:
    """Return the SHA-256 of an array, a section of a specification, or a frozen dataclass or tuple of such values.

    Equal values have equal digests: arrays of numbers enter as float64 with their shape, and −0.0 enters as 0.0.

    Raises:
        InputError: A value is none of these, and neither a number nor a text.
    """
    content = hashlib.sha256()
    _feed(content, value)
    return content.hexdigest()


def _feed(content: Any, value: Any) -> None:
    if isinstance(value, np.ndarray):
        content.update(f"array{value.shape}".encode())
        content.update(np.ascontiguousarray(value, dtype=float) + 0.0)
    elif isinstance(value, tuple | list):
        content.update(f"sequence{len(value)}".encode())
        for item in value:
            _feed(content, item)
    elif isinstance(value, Mapping):
        _feed(content, tuple(sorted(value.items())))
    elif is_dataclass(value):
        content.update(type(value).__name__.encode())
        for field in fields(value):
            _feed(content, getattr(value, field.name))
    elif isinstance(value, Part):  # a section of a specification
        _feed(content, value.model_dump())
    elif isinstance(value, float):
        content.update(f"{value + 0.0!r};".encode())
    elif value is None or isinstance(value, str | int):
        content.update(f"{value!r};".encode())
    else:
        raise InputError(f"a value of type {type(value).__name__} has no digest: expected arrays, numbers or texts")
