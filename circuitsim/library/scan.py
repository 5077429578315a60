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
    (re.compile(r"\s*\.csparam", re.I), "a line that hands values to ngspice's command language"),
    (re.compile(r"\s*\.(codemodel|osdi|exec|system|shell|load|hdl)\b", re.I), "a line that would load or start code"),
)
# Only lines that begin so can match, unless one of these words stands in the file.
_FIRST_LETTERS = (".", "*", "s", "S")
_ANYWHERE = ("`", "d_process", "d_cosim")
# ngspice looks at the first letters only (.inc, .include, .inclxyz), and cuts comments even inside quotes.
_INCLUDE = re.compile(r"\s*\.(inc|lib)\S*(.*)", re.I)
_COMMENT = re.compile(r";|//|\$(\s|$)")
_WORD = re.compile(r"'([^']*)'|\"([^\"]*)\"|(\S+)")


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

    Relative paths are looked up where ngspice looks: in the folder of the deck (here taken to be that of `path`) and
    beside the including file. Where both exist, both are read: ngspice 39 takes the first.

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
    anywhere = any(word in text.lower() for word in _ANYWHERE)
    for number, line in enumerate(_lines(text), start=1):
        if not anywhere and line.lstrip()[:1] not in _FIRST_LETTERS:
            continue  # an element: most lines of a large deck
        for pattern, reason in _REFUSED:
            if pattern.match(line):
                raise UnsafeFileError(f"{name}, line {number}: {line.strip()[:60]!r} is {reason}; remove it")
        for path in _included(line, f"{name}, line {number}", here, deck):
            if path.resolve() not in seen:
                seen[path.resolve()] = None
                _walk(_read(path, f"{name}, line {number}"), str(path), path.parent, deck, seen, digest)


def _lines(text: str) -> list[str]:
    return re.split(r"\r\n|\n|\r", text)


def _included(line: str, origin: str, here: Path, deck: Path) -> list[Path]:
    """Files that a line may make ngspice read; `.lib section` with one word opens a section and includes nothing."""
    match = _INCLUDE.match(line)
    if match is None:
        return []
    text = _COMMENT.split(match.group(2))[0]
    words = [single or double or bare for single, double, bare in _WORD.findall(text)]
    if text.count("'") % 2 or text.count('"') % 2 or any(sign in word for word in words[:1] for sign in "$'\""):
        raise UnsafeFileError(f"{origin}: {line.strip()[:60]!r}: write the path out, without $ ; // or single quotes")
    is_section = match.group(1).lower() == "lib" and len(words) < 2
    if not words:
        if is_section:
            return []
        raise InputError(f"{origin}: {line.strip()[:60]!r} names no file to include")
    path = Path(words[0]).expanduser()
    found = [place for place in dict.fromkeys([deck / path, here / path]) if place.is_file()]
    if not found and not is_section:
        raise InputError(f"{origin}: includes {words[0]!r}, which does not exist (looked in {here})")
    return found


def _read(path: Path, origin: str | None) -> str:
    try:
        return path.read_bytes().decode("utf-8", errors="surrogateescape")
    except OSError as error:
        where = f"{origin}: " if origin else ""
        raise InputError(f"{where}{path} cannot be read ({error.strerror})") from None
