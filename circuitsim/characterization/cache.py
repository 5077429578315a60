"""Cache characterizations and tiles on disk; what cannot be believed is made again.

The name of an entry is its key, a digest of everything on which its value depends. A folder keeps at most `cache_limit`
bytes; entries that were not used for longest go first.
"""

import contextlib
import logging
import os
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from circuitsim.errors import InputError

LIMIT_VARIABLES = {"characterizations": "CIRCUITSIM_CACHE_MB", "tiles": "CIRCUITSIM_TILES_MB"}
"""Environment variables that limit a cache folder, by what it holds [MB]."""
DEFAULT_LIMITS_MB = {"characterizations": 256, "tiles": 2000}

_ENTRY = re.compile(r"[0-9a-f]{64}\.npz")
_UNFINISHED = re.compile(r"\.[0-9a-f]{16}\.npz")  # as `results.atomic_files` names what a killed process leaves
_ABANDONED = 86400  # s after which nothing writes an unfinished entry any more

_log = logging.getLogger(__name__)
_Value = TypeVar("_Value")


def cached(
    path: Path,
    *,
    load: Callable[[Path], _Value],
    make: Callable[[], _Value],
    save: Callable[[Path, _Value], None],
    limit: int | None = None,
    again: str = "characterizing",
) -> _Value:
    """Return the value stored at `path`, or compute and store it.

    An entry that cannot be believed is computed again. If it cannot be stored, the next run computes the value again.
    Both are logged, and neither raises an error: a cache is never an input.

    Args:
        path: File of the entry. Its stem is a digest of everything on which the value depends.
        load: Reads an entry; raises InputError if it cannot, or if the entry is not what was stored under this key.
        make: Computes the value.
        save: Writes an entry; raises InputError if it cannot.
        limit: Bytes that the folder keeps; None: `cache_limit()`.
        again: What making a value is called in the log.

    Raises:
        InputError: The environment variable CIRCUITSIM_CACHE_MB is not a size.
    """
    limit = cache_limit() if limit is None else limit
    try:
        if path.is_file():
            value = load(path)
            os.utime(path)
            return value
    except (InputError, OSError) as error:
        _log.warning("%s again: %s", again, _said(path, error))
    value = make()
    try:
        if path.exists() and not path.is_file():
            raise InputError(f"{path}: cannot be written (expected a plain file of this name, or none)")
        save(path, value)
        _evict(path.parent, limit)
    except (InputError, OSError) as error:
        _log.warning("not stored for later runs: %s", _said(path, error))
    return value


def cache_limit(kind: str = "characterizations") -> int:
    """Return how many bytes a cache folder keeps: `CIRCUITSIM_CACHE_MB` megabytes if set, else 256.

    Args:
        kind: What it holds, a key of `LIMIT_VARIABLES`; of tiles `CIRCUITSIM_TILES_MB`, else 2000.

    Raises:
        InputError: The variable is not a number of megabytes.
    """
    variable = LIMIT_VARIABLES[kind]
    text = os.environ.get(variable) or str(DEFAULT_LIMITS_MB[kind])
    if not re.fullmatch(r"\d{1,9}", text):
        raise InputError(f"{variable} = {text[:40]!r}: expected a whole number of megabytes from 0 to 999999999")
    return int(text) * 1_000_000


def cache_size(folder: Path) -> tuple[int, int]:
    """Return the number of entries in a cache folder and their size [bytes]."""
    entries = _entries(folder)
    return len(entries), sum(size for _, size, _ in entries)


def clear_cache(folder: Path) -> tuple[int, int]:
    """Remove all entries of a cache folder, and no other file; return their number and their size [bytes].

    Raises:
        InputError: An entry cannot be removed.
    """
    count, size = 0, 0
    for path, each, _ in _entries(folder):
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(f"{path}: cannot be removed ({error.strerror})") from None
        count, size = count + 1, size + each
    _remove_abandoned(folder)
    return count, size


def _remove_abandoned(folder: Path) -> None:
    """Remove what processes left that were killed while they wrote an entry."""
    for path, _, used in _files(folder, _UNFINISHED):
        if used < (time.time() - _ABANDONED) * 1e9:
            with contextlib.suppress(OSError):
                path.unlink()


def _evict(folder: Path, limit: int) -> None:
    """Remove the entries that were not used for longest until the others fit the limit [bytes]."""
    _remove_abandoned(folder)
    entries = _entries(folder)
    left = sum(size for _, size, _ in entries)
    for path, size, _ in sorted(entries, key=lambda entry: entry[2]):
        if left <= limit:
            return
        with contextlib.suppress(OSError):
            path.unlink()
            left -= size


def _entries(folder: Path) -> list[tuple[Path, int, int]]:
    """List path, size [bytes] and time of the last use [ns] of the files of a cache, and of no other file."""
    return _files(folder, _ENTRY)


def _files(folder: Path, named: re.Pattern[str]) -> list[tuple[Path, int, int]]:
    found = []
    with contextlib.suppress(OSError):
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                if named.fullmatch(path.name) and path.is_file():
                    status = path.stat()
                    found.append((path, status.st_size, status.st_mtime_ns))
    return found


def _said(path: Path, error: InputError | OSError) -> str:
    return str(error) if isinstance(error, InputError) else f"{path}: {error.strerror}"
