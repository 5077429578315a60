"""Included files are code: ngspice executes the commands it finds in them. Read them all before a run."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from circuitsim.errors import InputError, UnsafeFileError

# Each pattern with the reason a person is told. ngspice strips leading blanks and ignores case.
_REFUSED: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\s*\.(control|endc)", re.I), "a .control block, whose commands ngspice would execute"),
    (re.compile(r"\s*\*#"), "a '*#' comment, which ngspice executes as a command"),
    (re.compile(r"\s*(shell|system)\b", re.I), "a shell command"),
    (re.compile(r"[^*].*`"), "a backtick, which ngspice's command language replaces by a command's output"),
    (re.compile(r"[^*].*\bd_(process|cosim)\b", re.I), "a code model that starts a program or loads a library"),
    (re.compile(r"\s*\.(codemodel|osdi|exec|system|shell|load|hdl)\b", re.I), "a line that would load or start code"),
)
_INCLUDE = re.compile(r"\s*\.inc\S*\s+(.*)", re.I)
_LIBRARY = re.compile(r"\s*\.lib\S*\s+(.*)", re.I)


@dataclass(frozen=True)
class Scan:
    """What a deck or a library is made of.

    Attributes:
        files: Every file read, in the order met, each once.
        digest: SHA-256 over the text and, recursively, the contents of the included files; not over their places.
    """

    files: tuple[Path, ...]
    digest: str


def scan_file(path: str | Path) -> Scan:
    """Read a SPICE file and, recursively, everything it includes, and refuse what ngspice would execute.

    Relative paths are looked up as ngspice does: beside the including file, then in the folder of the deck (taken
    to be the folder of `path`).

    Raises:
        UnsafeFileError: A line holds a command; names the file and the line.
        InputError: A file is missing or cannot be read.
    """
    path = Path(path).absolute()
    return scan_text(_read(path, None), path.parent, name=str(path), path=path)


def scan_text(text: str, folder: Path, *, name: str = "deck", path: Path | None = None) -> Scan:
    """Scan a deck given as text that will lie in `folder`; see `scan_file`."""
    seen: dict[Path, None] = {}
    if path is not None:
        seen[path.resolve()] = None
    digest = hashlib.sha256()
    _walk(text, name, folder, folder, seen, digest)
    return Scan(tuple(seen), digest.hexdigest())


def _walk(text: str, name: str, here: Path, deck: Path, seen: dict[Path, None], digest) -> None:
    digest.update(text.encode("utf-8", errors="surrogateescape"))
    for number, line in enumerate(_lines(text), start=1):
        for pattern, reason in _REFUSED:
            if pattern.match(line):
                raise UnsafeFileError(f"{name}, line {number}: {line.strip()[:60]!r} is {reason}; remove it")
        target = _included(line, name, number)
        if target is None:
            continue
        path = _resolve(target, here, deck)
        if path is None:
            raise InputError(f"{name}, line {number}: includes {target!r}, which does not exist (looked in {here})")
        if path.resolve() not in seen:
            seen[path.resolve()] = None
            _walk(_read(path, f"{name}, line {number}"), str(path), path.parent, deck, seen, digest)


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\n|\r", text)


def _included(line: str, name: str, number: int) -> str | None:
    """File that a line includes; `.lib section` with one word opens a section and includes nothing."""
    match = _INCLUDE.match(line)
    words = None
    if match is not None:
        words = _words(match.group(1))[:1]
    else:
        match = _LIBRARY.match(line)
        if match is not None and len(_words(match.group(1))) >= 2:
            words = _words(match.group(1))[:1]
    if not words:
        return None
    if "$" in words[0]:
        raise UnsafeFileError(f"{name}, line {number}: includes {words[0]!r}; write the path out, without '$'")
    return words[0]


def _words(rest: str) -> list[str]:
    """Words of a line: quoted with ' or \", or bare up to a blank; a comment ends them."""
    words = []
    for single, double, bare in re.findall(r"'([^']*)'|\"([^\"]*)\"|(\S+)", rest):
        if bare.startswith((";", "$ ", "//")) or bare == "$":
            break
        words.append(single or double or bare)
    return words


def _resolve(target: str, here: Path, deck: Path) -> Path | None:
    path = Path(target).expanduser()
    for candidate in [path] if path.is_absolute() else [here / path, deck / path]:
        if candidate.is_file():
            return candidate
    return None


def _read(path: Path, origin: str | None) -> str:
    try:
        return path.read_bytes().decode("utf-8", errors="surrogateescape")
    except OSError as error:
        where = f"{origin}: " if origin else ""
        raise InputError(f"{where}{path} cannot be read ({error.strerror})") from None
