"""The include lines of a SPICE file, read as ngspice reads them."""

import re
from dataclasses import dataclass
from pathlib import Path

from circuitsim.errors import InputError, UnsafeFileError

# ngspice looks at the first letters only (.inc, .include, .inclxyz), and cuts comments even inside quotes.
_INCLUDE = re.compile(r"\s*\.(inc|lib)\S*(.*)", re.I)
_COMMENT = re.compile(r";|//|\$(\s|$)")
_WORD = re.compile(r"'([^']*)'|\"([^\"]*)\"|(\S+)")


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
