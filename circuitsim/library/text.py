"""The text of a SPICE file: read once as long as the file does not change, whatever editor wrote it."""

import codecs
import re
import stat
from collections import OrderedDict
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from time import time_ns
from typing import Protocol, TypeVar

from circuitsim.errors import InputError

KEPT = 512  # results of a reader; a process design kit has a hundred or two files
LARGEST_FILE = 64 * 2**20  # bytes; the largest file of a public process design kit has 3 MB

# Clocks of file systems tick every few milliseconds: a file that was written a moment ago may change once more without
# a change of its times.
JUST_WRITTEN_NS = 50_000_000

_END_OF_LINE = re.compile(r"\r\n|\n|\r")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_T = TypeVar("_T")
_Signature = tuple[int, ...]


class FromFiles(Protocol):
    """A value that names the files it was read from."""

    @property
    def files(self) -> tuple[Path, ...]: ...


_F = TypeVar("_F", bound=FromFiles)


def once_per_content(
    files: Callable[[Path], tuple[Path, ...]],
) -> Callable[[Callable[[Path], _T]], Callable[[Path], _T]]:
    """Remember what a function makes of some files until one of them changes; errors are not remembered.

    Args:
        files: The files that the function reads, from its argument.
    """

    def decorate(read: Callable[[Path], _T]) -> Callable[[Path], _T]:
        return _remember(read, lambda path, _: files(path))

    return decorate


def once_per_contents(read: Callable[..., _F]) -> Callable[..., _F]:
    """Remember what a function returns until one of the files that the result names changes."""
    return _remember(read, lambda _, result: result.files)


def _remember(read: Callable[..., _T], files: Callable[[Path, _T], tuple[Path, ...]]) -> Callable[..., _T]:
    known: OrderedDict[tuple[object, ...], tuple[tuple[_Signature, ...], _T]] = OrderedDict()

    @wraps(read)
    def reading(path: Path, *arguments: object) -> _T:
        key = (path, *arguments)
        if key in known:
            signatures, result = known[key]
            if _signatures(files(path, result)) == signatures:
                known.move_to_end(key)
                return result
            del known[key]
        start = time_ns()
        result = read(path, *arguments)
        signatures = _signatures(files(path, result))
        if signatures is not None and start - max((max(one[:2]) for one in signatures), default=0) > JUST_WRITTEN_NS:
            known[key] = signatures, result
            if len(known) > KEPT:
                known.popitem(last=False)
        return result

    return reading


def _signatures(files: tuple[Path, ...]) -> tuple[_Signature, ...] | None:
    """Times of change [ns], size [bytes] and inode of each file: another value means other contents."""
    try:
        stats = [file.stat() for file in files]
    except OSError:
        return None
    return tuple((one.st_mtime_ns, one.st_ctime_ns, one.st_size, one.st_ino) for one in stats)


@once_per_content(lambda path: (path,))
def read_text(path: Path) -> str:
    """Read a SPICE file: UTF-8, UTF-16 or UTF-32 with a byte order mark, else UTF-8, else Latin-1.

    Raises:
        InputError: The file is missing, is not a regular file, has more than `LARGEST_FILE` bytes, or cannot be read.
    """
    try:
        about = path.stat()
        if stat.S_ISDIR(about.st_mode):
            raise InputError(f"{path}: is a folder, expected a SPICE file")
        if not stat.S_ISREG(about.st_mode):
            raise InputError(f"{path}: is a device or a pipe, expected a SPICE file")
        if about.st_size > LARGEST_FILE:
            raise InputError(f"{path}: has {about.st_size >> 20} MB, expected a SPICE file of at most 64 MB")
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file, expected a SPICE file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), expected a SPICE file") from None
    except ValueError:  # a null character in the name
        raise InputError(f"{str(path)!r}: not a name of a file, expected a SPICE file") from None
    return _decode(content)


def _decode(content: bytes) -> str:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding, errors="replace")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def physical_lines(text: str) -> list[str]:
    """Split at the ends of lines that editors write, so that numbers of lines are those of an editor."""
    return _END_OF_LINE.split(text)
