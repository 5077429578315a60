"""Write JSON files that name their kind and schema version; read them with every field checked."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from circuitsim.errors import InputError, reason_of
from circuitsim.results.atomic_files import write_text
from circuitsim.spec.complaints import expectation, shown

_Record = TypeVar("_Record")


def write_record(path: str | Path, kind: str, schema: int, content: dict[str, Any]) -> None:
    """Write a JSON file that names its kind and schema version, completely or not at all.

    Raises:
        InputError: The folder cannot be written.
        ValueError: The content contains NaN or infinity, which JSON cannot represent.
    """
    document = {"format": kind, "schema": schema, **content}
    write_text(path, json.dumps(document, indent=2, allow_nan=False) + "\n")


def read_record(path: str | Path, kind: str, schema: int, *, earlier: str = "") -> dict[str, Any]:
    """Read a JSON file written by `write_record`.

    Args:
        path: The file.
        kind: What it should be.
        schema: The version that this package writes.
        earlier: What files of earlier versions do not state, and what to do; empty: they are to be created again.

    Raises:
        InputError: The file is missing, damaged, of another kind or of another schema version.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected a {kind}") from None
    except json.JSONDecodeError as error:
        if not error.doc.lstrip().startswith("{"):
            raise InputError(f"{path}: not a {kind}, which is a JSON file that circuitsim wrote") from None
        raise InputError(f"{path}: damaged: not JSON in line {error.lineno}, column {error.colno}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: damaged or not a {kind} ({_unreadable(error)})") from None
    check_kind(path, document, kind, schema, earlier=earlier)
    return document


def check_kind(path: str | Path, document: object, kind: str, schema: int, *, earlier: str = "") -> None:
    """Refuse a document of another kind or schema version; arguments as in `read_record`.

    Raises:
        InputError: The kind or the schema version is not the expected one.
    """
    if not isinstance(document, dict) or document.get("format") != kind:
        actual = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise InputError(f"{path}: format = {actual!r}, expected {kind!r}")
    found = document.get("schema")
    if earlier and isinstance(found, int) and found < schema:
        raise InputError(
            f"{path}: schema = {found}, expected {schema}: this {kind} is of an earlier version; {earlier}"
        )
    if found != schema:
        raise InputError(
            f"{path}: schema = {found!r}, expected {schema}: "
            f"this {kind} was written by another version of circuitsim; create it again"
        )


def from_plain(path: str | Path, record: type[_Record], content: object, *, under: str = "") -> _Record:
    """Build a frozen dataclass from plain JSON values and check the type of every field.

    Args:
        path: File that the values come from.
        record: The dataclass.
        content: The values.
        under: Key of the file that holds the values; empty at its top.

    Raises:
        InputError: A field is missing, unknown or of the wrong type, or a number is not finite.
    """
    for key, number in _not_finite(content, under):
        raise InputError(f"{path}: damaged: {key} = {number}: expected a finite number")
    adapter = TypeAdapter(record)
    try:
        value = adapter.validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = (under, *first["loc"]) if under else first["loc"]
        key = ".".join(str(part) for part in place) or record.__name__
        if first["type"] == "missing":
            raise InputError(f"{path}: damaged: {key} is missing") from None
        expected = expectation(first["type"], first["msg"])
        raise InputError(f"{path}: damaged: {key} = {shown(first['input'])}: expected {expected}") from None
    # A missing key that has a default, or an unknown key, is damage too: pydantic accepts both.
    if json.loads(adapter.dump_json(value)) != content:
        where = f" of {under}" if under else ""
        raise InputError(f"{path}: damaged: the keys{where} are not those that this version writes")
    return value


def _not_finite(content: object, key: str) -> Iterator[tuple[str, float]]:
    """Find the numbers that JSON cannot hold but Python reads from it: NaN, Infinity and 1e999."""
    if isinstance(content, float) and not math.isfinite(content):
        yield key, content
    elif isinstance(content, dict | list):
        for name, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from _not_finite(value, f"{key}.{name}".lstrip("."))


def _unreadable(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON: line {error.lineno}, column {error.colno}"
    return reason_of(error)
