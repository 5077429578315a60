"""Cache characterizations on disk, keyed by a digest of their inputs; an entry that cannot be read is replaced."""

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
    """Return the value stored at `path`, or compute and store it.

    An entry that is damaged or of another version is computed again. If the folder cannot be written, the next run
    computes the value again. Both are logged, and neither raises an error.

    Args:
        path: File of the entry. Its name is a digest of everything on which the value depends.
        load: Reads an entry; raises InputError if it cannot.
        make: Computes the value.
        save: Writes an entry; raises InputError if it cannot.
    """
    if path.is_file():
        try:
            return load(path)
        except InputError as error:
            _log.warning("characterizing again: %s", error)
    value = make()
    try:
        save(path, value)
    except InputError as error:
        _log.warning("not stored for later runs: %s", error)
    return value
