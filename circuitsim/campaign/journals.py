"""Results on the disk: each coordinator appends lines to a file of its own, and an index says where each result lies.

A line is the key of a point, the first digits of the SHA-256 of the rest, and the rest, JSON. A line that is cut or
matches no digits is no result: its point is measured again.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from circuitsim.errors import InputError

_log = logging.getLogger(__name__)

_KEY = 64  # digits of a key
_CHECK = 16  # digits of the SHA-256 of a line
_BLOCK = 2**24  # [bytes] read at a time


@dataclass(frozen=True)
class ResultIndex:
    """Where results lie, as far as their files were read.

    Attributes:
        folder: Folder of the files.
        places: Number of the file, start and length [bytes] of each result.
        names: Names of the files.
        ends: How far each file was read [bytes].
    """

    folder: Path
    places: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)


def journal_line(key: str, content: Mapping[str, Any]) -> bytes:
    """Return the line of a result."""
    body = json.dumps(content, sort_keys=True, allow_nan=False, separators=(",", ":")).encode()
    return b"%s %s %s\n" % (key.encode(), _check(body), body)


def refresh(index: ResultIndex) -> None:
    """Read what was appended to the files since the last look.

    Each file is opened: on NFS this asks the server how long it is.

    Raises:
        InputError: A file cannot be read.
    """
    number = {name: k for k, name in enumerate(index.names)}
    try:
        found = sorted(entry.name for entry in os.scandir(index.folder) if entry.name.endswith(".jsonl"))
        for name in found:
            if name not in number:
                number[name] = len(index.names)
                index.names.append(name)
                index.ends.append(0)
            _read_on(index, number[name])
    except FileNotFoundError:
        return  # no result yet
    except OSError as error:
        raise InputError(f"{index.folder}: cannot be read ({error.strerror or error})") from None


def content_at(index: ResultIndex, key: str) -> dict[str, Any]:
    """Read the result of a point.

    Raises:
        InputError: There is none, or its file changed.
    """
    if key not in index.places:
        raise InputError(f"{index.folder}: no result of point {key}")
    number, start, length = index.places[key]
    path = index.folder / index.names[number]
    try:
        with path.open("rb", buffering=0) as file:
            line = os.pread(file.fileno(), length, start)
        return json.loads(_body(line))
    except (OSError, ValueError):
        raise InputError(f"{path}: changed while it was read; expected files that nobody edits") from None


def _read_on(index: ResultIndex, number: int) -> None:
    path, damaged = index.folder / index.names[number], 0
    for start, line, key in _lines(path, index.ends[number]):
        if key:
            index.places.setdefault(key, (number, start, len(line)))
        damaged += not key
        index.ends[number] = start + len(line)
    if damaged:
        _log.warning("%s: %d damaged lines are no results; their points are measured again", path, damaged)


def _lines(path: Path, start: int) -> Iterator[tuple[int, bytes, str]]:
    """Yield start, bytes and key of each line that has an end; the key of a damaged line is empty."""
    with path.open("rb") as file:
        if os.fstat(file.fileno()).st_size <= start:
            return
        file.seek(start)
        for line in _ended(file):
            try:
                _body(line)
            except ValueError:
                yield start, line, ""
            else:
                yield start, line, line[:_KEY].decode()
            start += len(line)


def _ended(file: BinaryIO) -> Iterator[bytes]:
    while lines := file.readlines(_BLOCK):
        for line in lines:
            if not line.endswith(b"\n"):  # it is being written, or its writer was killed
                return
            yield line


def _body(line: bytes) -> bytes:
    """Return the JSON of a line.

    Raises:
        ValueError: The line is not whole.
    """
    check, body = line[_KEY + 1 : _KEY + 1 + _CHECK], line[_KEY + _CHECK + 2 : -1]
    if check != _check(body):
        raise ValueError("the line is damaged")
    return body


def _check(body: bytes) -> bytes:
    return hashlib.sha256(body).hexdigest()[:_CHECK].encode()
