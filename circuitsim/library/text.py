"""The text of a SPICE file, read once as long as the file does not change."""

import re
from collections.abc import Callable
from functools import lru_cache, wraps
from pathlib import Path
from time import time_ns
from typing import TypeVar

from circuitsim.errors import InputError

KEPT = 512  # files; a process design kit has a hundred or two

# Clocks of file systems tick every few milliseconds: a file that was written a moment ago may change once more without
# a change of its times.
JUST_WRITTEN_NS = 50_000_000

_T = TypeVar("_T")

_END_OF_LINE = re.compile(r"\r\n|\n|\r")


def one_file(path: Path) -> tuple[Path, ...]:
    """The file itself, for readers of one file."""
    return (path,)


def once_per_content(
    files: Callable[[Path], tuple[Path, ...]],
) -> Callable[[Callable[[Path], _T]], Callable[[Path], _T]]:
    """Remember what a function makes of some files until one of them changes; errors are not remembered.

    Args:
        files: The files that the function reads, from its argument.
    """

    def decorate(read: Callable[[Path], _T]) -> Callable[[Path], _T]:
        @lru_cache(maxsize=KEPT)
        def remembered(path: Path, signatures: tuple[tuple[int, ...], ...]) -> _T:
            del signatures
            return read(path)

        @wraps(read)
        def reading(path: Path) -> _T:
            try:
                signatures = tuple(_signature(file) for file in files(path))
            except OSError:
                return read(path)  # which says what is wrong
            newest = max(time for signature in signatures for time in signature[:2])
            if time_ns() - newest < JUST_WRITTEN_NS:
                return read(path)
            return remembered(path, signatures)

        return reading

    return decorate


def _signature(path: Path) -> tuple[int, ...]:
    """Times of change [ns], size [bytes] and inode of a file: another value means other contents."""
    stat = path.stat()
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino


@once_per_content(one_file)
def read_text(path: Path) -> str:
    """Read a SPICE file; bytes that are not UTF-8 (old libraries) become surrogates, which encode to the same bytes.

    Raises:
        InputError: The file cannot be read.
    """
    try:
        return path.read_bytes().decode("utf-8", errors="surrogateescape")
    except FileNotFoundError:
        raise InputError(f"{path}: no such file, expected a SPICE file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}), expected a SPICE file") from None


def physical_lines(text: str) -> list[str]:
    """Split at the ends of lines that ngspice knows, so that numbers of lines are those of an editor."""
    return _END_OF_LINE.split(text)
