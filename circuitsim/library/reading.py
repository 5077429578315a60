"""The text of a SPICE file and its include lines: read once, as long as the file does not change."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from time import time_ns
from typing import TypeVar

from circuitsim.errors import InputError, UnsafeFileError

KEPT = 512  # files; a process design kit has a hundred or two

# Clocks of file systems tick every few milliseconds: a file that was written a moment ago may change once more without
# a change of its times.
JUST_WRITTEN_NS = 50_000_000

_T = TypeVar("_T")

# ngspice looks at the first letters only (.inc, .include, .inclxyz), and cuts comments even inside quotes.
_INCLUDE = re.compile(r"\s*\.(inc|lib)\S*(.*)", re.I)
_COMMENT = re.compile(r";|//|\$(\s|$)")
_WORD = re.compile(r"'([^']*)'|\"([^\"]*)\"|(\S+)")
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


@dataclass(frozen=True)
class Include:
    """A line `.include FILE`, `.lib FILE SECTION`, or `.lib SECTION`, which opens a section.

    Attributes:
        name: Name of the file; of the section when `opens_section`.
        section: Section of the file that is read, or None for the whole file.
        opens_section: The line opens a section. ngspice tells it by its single word, and so do we.
        start, end: Where the name with its quotes stands in the line.
    """

    name: str
    section: str | None
    opens_section: bool
    start: int
    end: int


def parse_include(line: str, origin: str) -> Include | None:
    """Read an include line as ngspice does; None for every other line.

    Args:
        line: A line of SPICE.
        origin: File and number of the line, for errors.

    Raises:
        UnsafeFileError: Quotes or signs hide which file ngspice would read.
        InputError: The line names no file.
    """
    match = _INCLUDE.match(line)
    if match is None:
        return None
    is_lib = match.group(1).lower() == "lib"
    text = _COMMENT.split(match.group(2))[0]
    words = list(_WORD.finditer(text))
    names = [single or double or bare or "" for single, double, bare in (word.groups() for word in words)]
    if text.count("'") % 2 or text.count('"') % 2 or any(sign in name for name in names[:1] for sign in "$'\""):
        raise UnsafeFileError(f"{origin}: {line.strip()[:60]!r}: write the path out, without $ ; // or single quotes")
    if not words:
        if is_lib:
            return None
        raise InputError(f"{origin}: {line.strip()[:60]!r} names no file to include")
    start, end = (match.start(2) + place for place in words[0].span())
    section = names[1] if is_lib and len(names) > 1 else None
    return Include(names[0], section, is_lib and section is None, start, end)


def find_included(name: str, folders: tuple[Path, ...]) -> list[Path]:
    """Every file that an include may mean: ngspice looks in the folder of the deck and beside the including file."""
    path = Path(name).expanduser()
    return [place for place in dict.fromkeys(folder / path for folder in folders) if place.is_file()]
