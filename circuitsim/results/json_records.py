"""JSON files that say what they are and in which version, and that are read back with every field checked."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from circuitsim.errors import InputError
from circuitsim.results.atomic_files import write_text

_Record = TypeVar("_Record")


def write_record(path: str | Path, kind: str, schema: int, content: dict[str, Any]) -> None:
    """Write a JSON file that names its kind and schema version, whole or not at all.

    Raises:
        InputError: The folder cannot be written.
        ValueError: The content holds NaN or infinity, which JSON has no word for.
    """
    document = {"format": kind, "schema": schema, **content}
    write_text(path, json.dumps(document, indent=2, allow_nan=False) + "\n")


def read_record(path: str | Path, kind: str, schema: int) -> dict[str, Any]:
    """Read a JSON file written by `write_record`.

    Raises:
        InputError: The file is missing, damaged, of another kind or of another schema version.
    """
    path = Path(path)
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected a {kind}") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as error:
        raise InputError(f"{path}: damaged or no {kind} ({error})") from None
    check_kind(path, document, kind, schema)
    return document


def check_kind(path: str | Path, document: object, kind: str, schema: int) -> None:
    """Refuse a document of another kind or schema version.

    Raises:
        InputError: Names what the file is and what was expected.
    """
    if not isinstance(document, dict) or document.get("format") != kind:
        found = document.get("format") if isinstance(document, dict) else type(document).__name__
        raise InputError(f"{path}: format = {found!r}, expected {kind!r}")
    if document.get("schema") != schema:
        raise InputError(
            f"{path}: schema = {document.get('schema')!r}, expected {schema}: "
            f"this {kind} was written by another version of circuitsim; make it anew"
        )


def from_plain(path: str | Path, record: type[_Record], content: object, *, under: str = "") -> _Record:
    """Build a frozen dataclass from plain JSON values, with every field's type checked.

    Args:
        path: File that the values come from.
        record: The dataclass.
        content: The values.
        under: Key of the file that holds the values; empty at its top.

    Raises:
        InputError: A field is missing or has the wrong type; names the file, the field and its value.
    """
    adapter = TypeAdapter(record)
    try:
        value = adapter.validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = (under, *first["loc"]) if under else first["loc"]
        key = ".".join(str(part) for part in place) or record.__name__
        raise InputError(f"{path}: damaged: {key} = {_short(first['input'])}: {first['msg']}") from None
    # A key that is missing where the class has a default, or that the class does not know, is damage too.
    if json.loads(adapter.dump_json(value)) != content:
        where = f" of {under}" if under else ""
        raise InputError(f"{path}: damaged: the keys{where} are not those that this version writes")
    return value


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
