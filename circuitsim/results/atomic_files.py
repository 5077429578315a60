"""Write files so that a reader never sees an incomplete one, and so that whatever a path names stays what it is."""

import contextlib
import errno
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from circuitsim.errors import InputError
from circuitsim.spec import checked

_DESCRIPTOR = re.compile(r"/dev/std(in|out|err)|/(?:dev|proc/self)/fd/(\d+)")
_STANDARD = {"in": 0, "out": 1, "err": 2}
_OLDER = ".older"
_LONGEST_NAME = 255  # [bytes]
_MOST_LINKS = 40  # as in Linux


@checked
@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path; its content takes the place of that of `path` if the block succeeds, and is deleted else.

    A plain file keeps its mode and a link keeps pointing to it; a new file has the mode that the umask leaves. A pipe,
    a device or an open descriptor (/dev/stdout, /dev/fd/3) receives the whole content at the end.

    Raises:
        InputError: The file or its folder cannot be written, at whatever moment this shows.
    """
    path = Path(path)
    try:
        target = _follow(path)
        is_file = _is_file(target)
        temporary, descriptor = _temporary(target, beside=is_file)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({_reason(error)})") from None
    os.close(descriptor)
    try:
        yield temporary
        _put(temporary, target, is_file)
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({_reason(error)})") from None
    finally:
        temporary.unlink(missing_ok=True)


@checked
def write_text(path: str | Path, text: str) -> None:
    """Write text as UTF-8, completely or not at all.

    Raises:
        InputError: The file or its folder cannot be written.
    """
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


@checked
def is_standard_output(path: str | Path) -> bool:
    """Tell whether a path names this process's standard output, where other text would mix with the content."""
    try:
        return _descriptor(_follow(Path(path))) == 1
    except OSError:
        return False


def aside(target: Path) -> Path:
    """Return the name of an older result while a new one is made."""
    return target.with_name(os.fsdecode(os.fsencode(target.name)[: _LONGEST_NAME - len(_OLDER)]) + _OLDER)


def replaceable(path: Path) -> Path | None:
    """Return the plain file behind a path, which need not exist yet; None for a pipe, a device or a descriptor.

    Raises:
        OSError: A folder has this name, or the file must not be written.
    """
    target = _follow(path)
    return target if _descriptor(target) is None and (not target.parent.exists() or _is_file(target)) else None


def _follow(path: Path) -> Path:
    """Follow links at the end of a path, but not those by which the system names open descriptors."""
    for _ in range(_MOST_LINKS):
        if _descriptor(path) is not None or not path.is_symlink():
            return path
        path = path.parent / path.readlink()
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))


def _descriptor(path: Path) -> int | None:
    match = _DESCRIPTOR.fullmatch(str(path))
    return None if match is None else _STANDARD[match[1]] if match[1] else int(match[2])


def _is_file(target: Path) -> bool:
    """Tell whether the target is a plain file or is still to be made, and refuse what cannot be written.

    Raises:
        OSError: A folder has this name, or the file must not be written.
    """
    if _descriptor(target) is not None:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        return True
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    return stat.S_ISREG(mode)


def _temporary(target: Path, *, beside: bool) -> tuple[Path, int]:
    """Make an empty file with the mode of the target, beside it if it is to replace it."""
    folder = target.parent if beside else Path(tempfile.gettempdir())
    place = folder / f".{secrets.token_hex(8)}{target.suffix[:16]}"
    before = _predecessor(target) if beside else None
    mode = None if before is None else stat.S_IMODE(before.stat().st_mode)
    descriptor = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666 if mode is None else 0o600)
    if mode is not None:
        os.fchmod(descriptor, mode)
    return place, descriptor


def _predecessor(target: Path) -> Path | None:
    """Return the file whose mode and owner a new one takes over, also where it was set aside."""
    return next((path for path in (target, aside(target)) if path.exists()), None)


def _put(temporary: Path, target: Path, is_file: bool) -> None:
    """Put the finished content where it belongs; a full disk that shows only now is an error too."""
    with temporary.open("rb") as content:
        if not is_file:
            _pour(content, target)
            return
        os.fsync(content.fileno())
    if (before := _predecessor(target)) is not None:
        owner = before.stat()
        with contextlib.suppress(PermissionError):  # only the administrator may write for others
            os.chown(temporary, owner.st_uid, owner.st_gid)
    temporary.replace(target)


def _pour(content, target: Path) -> None:
    number = _descriptor(target)
    if number in (1, 2):
        (sys.stdout if number == 1 else sys.stderr).flush()
    descriptor = os.dup(number) if number is not None else os.open(target, os.O_WRONLY | os.O_CLOEXEC)
    with os.fdopen(descriptor, "wb") as stream:
        shutil.copyfileobj(content, stream)


def _reason(error: OSError) -> str:
    if isinstance(error, IsADirectoryError):
        return "a folder has this name; expected the name of a file"
    if isinstance(error, FileExistsError | NotADirectoryError):
        return "a file stands where a folder is meant"
    return str(error.strerror or error)
