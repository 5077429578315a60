"""Which statements a file brings into a deck: its own and those of the files it includes, one section or all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from circuitsim.errors import InputError, UnsafeFileError
from circuitsim.library.statements import Statement, read_statements

DEEPEST = 40  # includes within includes; a process design kit has about six
MOST_FILES = 5000
MOST_BYTES = 512 * 2**20

_INCLUDE = re.compile(r"\.(include|incl|inc|lib)(?![^ \t'\"])(.*)", re.IGNORECASE)
_WORD = re.compile(r"'([^']*)'|\"([^\"]*)\"|([^ \t]+)")


@dataclass(frozen=True)
class Include:
    """A statement `.include FILE`, `.lib FILE SECTION`, or `.lib SECTION`, which opens a section.

    Attributes:
        name: Name of the file; of the section when `opens_section`.
        section: Section of the file that is read, or None for the whole file.
        opens_section: The statement opens a section: `.lib` with one word.
    """

    name: str
    section: str | None
    opens_section: bool


@dataclass
class Tally:
    """Files that one import has read, and their size; bounds what an include chain can ask for."""

    files: dict[Path, None] = field(default_factory=dict)
    size: int = 0

    def add(self, path: Path, origin: str) -> None:
        """Count a file.

        Raises:
            InputError: The import needs too many files or bytes.
        """
        if path in self.files:
            return
        self.files[path] = None
        self.size += path.stat().st_size
        if len(self.files) > MOST_FILES or self.size > MOST_BYTES:
            raise InputError(
                f"{origin}: includes more than {MOST_FILES} files or {MOST_BYTES >> 20} MB; include the parts you need"
            )


def parse_include(statement: Statement) -> Include | None:
    """Read an include statement; None for every other statement.

    Raises:
        UnsafeFileError: Quotes or signs hide which file is meant.
        InputError: The statement names no file, or more than it can.
    """
    match = _INCLUDE.fullmatch(statement.text)
    if match is None:
        return None
    is_lib = match[1].lower() == "lib"
    rest = match[2]
    names = [single or double or bare or "" for single, double, bare in _WORD.findall(rest)]
    if any(sign in name for name in names for sign in "$`'\"\\") or any(sign < " " and sign != "\t" for sign in rest):
        raise UnsafeFileError(f"{statement.origin}: {statement.shown()}: write the path out, without $ ` or backslash")
    if not names or not names[0] or len(names) > (2 if is_lib else 1):
        form = ".lib FILE SECTION" if is_lib else ".include FILE, with quotes around a path that has blanks"
        raise InputError(f"{statement.origin}: {statement.shown()}: expected {form}")
    section = names[1] if len(names) > 1 else None
    return Include(names[0], section, is_lib and section is None)


def find_included(include: Include, statement: Statement, folder: Path) -> Path:
    """Return the file that an include names: beside the including file, unless the path is absolute.

    Raises:
        InputError: There is no such file.
    """
    path = folder / Path(include.name).expanduser()
    if not path.exists():
        raise InputError(f"{statement.origin}: includes {include.name!r}, which does not exist (looked in {folder})")
    return path.resolve()


def sections_of(path: Path) -> tuple[str, ...]:
    """Return the names of the sections that a file opens."""
    parsed = (parse_include(one) for one in read_statements(path.resolve()) if one.card == ".lib")
    return tuple(dict.fromkeys(include.name for include in parsed if include is not None and include.opens_section))


def expand_includes(path: Path, sections: tuple[str, ...], tally: Tally) -> Iterator[Statement]:
    """Yield what `.include FILE`, or `.lib FILE SECTION` for each of `sections`, brings into a deck.

    Args:
        path: The file.
        sections: Names of its sections; empty: what stands outside of sections.
        tally: Counts the files.

    Raises:
        InputError: A file or a section does not exist, or a file includes itself.
    """
    for section in sections or (None,):
        yield from _expand(path.resolve(), section, tally, ())


def _expand(
    path: Path, section: str | None, tally: Tally, inside: tuple[tuple[Path, str | None], ...]
) -> Iterator[Statement]:
    here = (path, section and section.lower())
    if here in inside or len(inside) > DEEPEST:
        names = " > ".join(file.name for file, _ in (*inside, here)[-4:])
        raise InputError(f"{path}: is included by itself or {DEEPEST} includes deep ({names})")
    lines = read_statements(path)
    tally.add(path, str(path))
    opened = None
    known: list[str] = []
    for statement in lines:
        include = parse_include(statement) if statement.text[0] == "." else None
        if include is not None and include.opens_section:
            opened = include.name.lower()
            known.append(include.name)
        elif statement.card == ".endl":
            opened = None
        elif opened != here[1]:
            continue
        elif include is None:
            yield statement
        else:
            file = find_included(include, statement, path.parent)
            yield from _expand(file, include.section, tally, (*inside, here))
    if section is not None and section.lower() not in (name.lower() for name in known):
        raise InputError(f"{path}: no corner {section!r}; there is {', '.join(known) or 'none'}")
