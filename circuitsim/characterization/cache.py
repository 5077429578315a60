"""Finished characterizations on disk, found by what they were made from; an entry that cannot be read is made again."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from circuitsim.errors import InputError

_log = logging.getLogger(__name__)
_Value = TypeVar("_Value")


def cached(
    path: Path, *, load: Callable[[Path], _Value], make: Callable[[], _Value], save: Callable[[Path, _Value], None]
) -> _Value:
    """Return the value stored at `path`, or make it and store it there.

    An entry that is damaged or of another version is made again, and a folder that cannot be written costs the next
    run its time: neither fails a solve, and both are logged.

    Args:
        path: File of the entry; its name is a digest of everything that the value depends on.
        load: Reads an entry; raises InputError when it cannot.
        make: Computes the value.
        save: Writes an entry.
    """
    if path.is_file():
        try:
            return load(path)
        except InputError as error:
            _log.warning("characterized anew: %s", error)
    value = make()
    try:
        save(path, value)
    except InputError as error:
        _log.warning("not kept for later runs: %s", error)
    return value
