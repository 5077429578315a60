"""Seals of files: over one table as `.npz`, its arrays and everything else as JSON in it, or over a JSON record."""

import hashlib
import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim.errors import InputError
from circuitsim.results.json_records import check_kind, write_record
from circuitsim.results.npz_files import read_npz, write_npz


def write_sealed(
    path: Path, kind: str, schema: int, content: dict[str, Any], arrays: dict[str, np.ndarray], *, key: str
) -> None:
    """Write a table completely or not at all, with a seal over key and content.

    Args:
        path: The file.
        kind: What the file holds: "circuitsim sense table".
        schema: Version of its form.
        content: Everything but the arrays, as plain values.
        arrays: The arrays by name.
        key: Digest of everything on which the table depends.

    Raises:
        InputError: The folder cannot be written.
    """
    about = {"format": kind, "schema": schema, **content, "arrays": sorted(arrays)}
    sealed = {**about, "seal": content_seal(key, about, _labelled(arrays))}
    write_npz(path, {**arrays, "about": np.array(json.dumps(sealed, allow_nan=False))})


def read_sealed(
    path: Path, kind: str, schema: int, known: Callable[[str], bool], *, key: str, earlier: str = ""
) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Read a table written by `write_sealed` under the same key; return its plain content and its arrays.

    Args:
        path: The file.
        kind, schema, key: As written.
        known: Whether a table of this kind may hold an array of a name.
        earlier: What files of earlier versions do not state, and what to do; empty: they are to be created again.

    Raises:
        InputError: The file is missing, damaged or of another version, or was stored under another key, or its values
            were changed since.
    """
    about = read_description(path, read_npz(path, ("about",), kind)["about"], kind, schema, earlier=earlier)
    names = about.get("arrays")
    if not isinstance(names, list) or not all(isinstance(name, str) and known(name) for name in names):
        raise InputError(f"{path}: damaged: the arrays in it are not those of a {kind}")
    arrays = read_npz(path, tuple(names), kind)
    found = about.pop("seal", None)
    check_seal(path, found, content_seal(key, about, _labelled(arrays)))
    return about, arrays


def read_description(path: Path, text: np.ndarray, kind: str, schema: int, *, earlier: str = "") -> dict[str, Any]:
    """Return the JSON text in a file of arrays as a document of this kind and schema version.

    Raises:
        InputError: It is not JSON, or of another kind or version.
    """
    try:
        about = json.loads(str(text[()]))
    except (ValueError, RecursionError):
        raise InputError(f"{path}: damaged: the description in it is not JSON") from None
    check_kind(path, about, kind, schema, earlier=earlier)
    return about


def content_seal(key: str, content: dict[str, Any], labelled: Iterable[tuple[str, np.ndarray]]) -> str:
    """Return a digest of a key, of plain values, and of arrays, each with a label that tells its name or its shape."""
    digest: Any = hashlib.sha256(json.dumps([key, content], sort_keys=True).encode())
    for label, values in labelled:
        digest.update(label.encode())
        digest.update(np.ascontiguousarray(values))
    return digest.hexdigest()


def check_seal(path: Path, found: object, expected: str) -> None:
    """Refuse a file whose seal is not that of its content and key.

    Raises:
        InputError: They differ.
    """
    if found != expected:
        raise InputError(f"{path}: damaged: its content is not what was stored under this key")


def write_sealed_record(path: str | Path, kind: str, schema: int, content: dict[str, Any]) -> None:
    """Write a JSON record as `write_record` does, with a seal over its content; `check_record_seal` checks it."""
    write_record(path, kind, schema, {**content, "seal": content_seal(kind, content, ())})


def check_record_seal(path: str | Path, document: dict[str, Any]) -> None:
    """Refuse a JSON record, as `read_record` returns it, whose values were changed since it was written.

    Raises:
        InputError: The seal is not that of the content.
    """
    content = {name: value for name, value in document.items() if name not in ("format", "schema", "seal")}
    if document.get("seal") != content_seal(document["format"], content, ()):
        raise InputError(f"{path}: damaged: a value was changed after circuitsim wrote the file; expected it unedited")


def _labelled(arrays: dict[str, np.ndarray]) -> list[tuple[str, np.ndarray]]:
    return [(f"{name}{arrays[name].shape}{arrays[name].dtype.str}", arrays[name]) for name in sorted(arrays)]
