"""Included files are code: ngspice executes the commands it finds in them. Read them all before a run."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from circuitsim.errors import InputError, UnsafeFileError
from circuitsim.library.includes import Include, find_included, parse_include
from circuitsim.library.text import once_per_content, one_file, physical_lines, read_text

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


@dataclass(frozen=True)
class Scan:
    """What a deck or a library is made of.

    Attributes:
        files: Every file read, in the order met, each once.
        digest: SHA-256 over the text, in which the digest of what is included stands for the path of each include:
            where files lie and what they are called does not matter.
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
    walk = _Walk(path.parent, {}, {})
    digest = _included_digest(walk, path, ())
    return Scan(tuple(walk.seen), digest)


def scan_text(text: str, folder: Path, *, name: str = "deck") -> Scan:
    """Scan a deck given as text that will lie in `folder`; see `scan_file`."""
    walk = _Walk(folder, {}, {})
    digest = _digest(walk, _pieces(text, name), folder, ())
    return Scan(tuple(walk.seen), digest)


@dataclass(frozen=True)
class _Pieces:
    """A text cut at the names in its include lines: piece, include, piece, include, …, piece."""

    text: tuple[str, ...]
    includes: tuple[tuple[Include, str], ...]  # with file and number of the line, for errors


@dataclass(frozen=True)
class _Walk:
    """One scan: the folder of its deck, the files it has met, and the digests of those it has finished."""

    deck: Path
    seen: dict[Path, None]
    digests: dict[Path, str]


def _digest(walk: _Walk, pieces: _Pieces, here: Path, inside: tuple[Path, ...]) -> str:
    """Digest of a text in `here`; `inside` are the files that include it, the outermost first."""
    digest = hashlib.sha256()
    for text, (include, origin) in zip(pieces.text, pieces.includes, strict=False):
        digest.update(_bytes(text))
        places = find_included(include.name, (walk.deck, here))
        if not places and not include.opens_section:
            raise InputError(f"{origin}: includes {include.name!r}, which does not exist (looked in {here})")
        parts = [_included_digest(walk, place, inside) for place in places] or [include.name]
        digest.update(_bytes(" ".join(parts)))
    digest.update(_bytes(pieces.text[-1]))
    return digest.hexdigest()


def _included_digest(walk: _Walk, path: Path, inside: tuple[Path, ...]) -> str:
    real = path.resolve()
    walk.seen.setdefault(real)
    if real in inside:  # files that include each other: say how far up, which no place changes
        return f"circular {len(inside) - inside.index(real)}"
    if real not in walk.digests:
        walk.digests[real] = _digest(walk, _read_pieces(path), path.parent, (*inside, real))
    return walk.digests[real]


@once_per_content(one_file)
def _read_pieces(path: Path) -> _Pieces:
    return _pieces(read_text(path), str(path))


def _pieces(text: str, name: str) -> _Pieces:
    """Refuse commands, and cut the text at the names of included files."""
    pieces: list[str] = []
    includes: list[tuple[Include, str]] = []
    open_piece: list[str] = []
    anywhere = any(word in text.lower() for word in _ANYWHERE)
    for number, line in enumerate(physical_lines(text), start=1):
        if anywhere or line.lstrip()[:1] in _FIRST_LETTERS:  # else an element: most lines of a large deck
            for pattern, reason in _REFUSED:
                if pattern.match(line):
                    raise UnsafeFileError(f"{name}, line {number}: {line.strip()[:60]!r} is {reason}; remove it")
            origin = f"{name}, line {number}"
            include = parse_include(line, origin)
            if include is not None:
                pieces.append("\n".join([*open_piece, line[: include.start]]))
                includes.append((include, origin))
                open_piece = []
                line = line[include.end :]
        open_piece.append(line)
    return _Pieces((*pieces, "\n".join(open_piece)), tuple(includes))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", errors="surrogateescape")
