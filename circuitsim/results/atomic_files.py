"""Write files so that a reader never sees an incomplete one."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from circuitsim.errors import InputError
from circuitsim.spec import checked


@checked
@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it replaces `path` if the block succeeds, and is deleted otherwise.

    Raises:
        InputError: The file or its folder cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=path.suffix)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)
        _replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _replace(temporary: Path, path: Path) -> None:
    try:
        temporary.replace(path)
    except OSError as error:  # for example, a folder has this name
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None


@checked
def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8, completely or not at all.

    Raises:
        InputError: The file or its folder cannot be written.
    """
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
