"""Read what a SPICE file says about itself: the header of a card, sub-circuit lines, sections, deck-wide scale."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from circuitsim.errors import InputError
from circuitsim.library.includes import Include, find_included, parse_include
from circuitsim.library.text import once_per_content, one_file, physical_lines, read_text
from circuitsim.units import SUFFIX

HEADER_KEYS = ("name", "ports", "source", "licence", "valid", "tested")
_KEY_LINE = re.compile(r"\*\s{0,3}([a-z][a-z ]*):\s*(.*)")
_MORE_LINE = re.compile(r"\*\s{2,}(\S.*)")
_SPICE_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(meg|mil|[fpnumkgt])?[a-z]*")
_STATEMENT = re.compile(r"\.(subckt|option|inc|lib|endl)", re.IGNORECASE)
_END_COMMENT = re.compile(r"\s[;$]\s?|^;")
_SCALE = re.compile(r"\.options?\b.*?\bscale\s*=\s*(\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class Subckt:
    """A `.subckt` line: its name, its terminals in order, the defaults of its parameters (text), where it stands."""

    name: str
    terminals: tuple[str, ...]
    defaults: dict[str, str]
    file: Path
    line: int


def read_header(path: Path) -> dict[str, str]:
    """Read the comment block at the top of a card's SPICE file.

    Raises:
        InputError: The file cannot be read, or one of name, ports, source, licence, valid, tested is missing or empty.
    """
    header: dict[str, str] = {}
    key = None
    for line in _printable_lines(path):
        if not line.startswith("*"):
            break
        if match := _KEY_LINE.fullmatch(line.rstrip()):
            key = match[1].strip()
            header[key] = match[2].strip()
        elif key and (match := _MORE_LINE.fullmatch(line.rstrip())):
            header[key] = f"{header[key]} {match[1]}".strip()
    for wanted in HEADER_KEYS:
        if not header.get(wanted):
            raise InputError(
                f"{path}: header line '* {wanted}: …' is missing or empty; expected {' '.join(HEADER_KEYS)}"
            )
    return header


def spice_number(text: str) -> float | None:
    """Value of a SPICE number ("0.13u", "1meg"); None for an expression."""
    match = _SPICE_NUMBER.fullmatch(text.strip().strip("'{}").strip().lower())
    if match is None:
        return None
    scale = 25.4e-6 if match[2] == "mil" else SUFFIX.get(match[2] or "", 1.0)
    return float(match[1]) * scale


def find_subckt(path: Path, name: str, corner: str | None = None) -> Subckt:
    """Find a sub-circuit in a file, its section `corner`, and the files these include.

    Raises:
        InputError: The file, the corner or the sub-circuit does not exist; the sentence lists what there is.
    """
    names: list[str] = []
    for statement in statements(path, corner):
        words = statement.line.split(maxsplit=2)
        if words[0].lower() == ".subckt" and len(words) > 1:
            names.append(words[1])
            if names[-1].lower() == name.lower():
                return _parse_subckt(statement)
    known = ", ".join(difflib.get_close_matches(name, names, n=8, cutoff=0.3) or sorted(names)[:8]) or "none"
    where = f"{path}" if corner is None else f"{path}, corner {corner}"
    raise InputError(f"{where}: no sub-circuit {name!r}; there is {known}")


def deck_scale(path: Path, corner: str | None = None) -> float:
    """Value of `.option scale=…` that the file sets for the whole deck [m]; 1 when it sets none.

    Raises:
        InputError: The value is no positive number, or the file cannot be read.
    """
    scale = 1.0
    for statement in statements(path, corner):
        if statement.line[:7].lower() == ".option" and (match := _SCALE.match(statement.line)):
            value = spice_number(match[1])
            if value is None or value <= 0:
                raise InputError(
                    f"{statement.file}:{statement.number}: .option scale={match[1]}, expected a positive number"
                )
            scale = value
    return scale


@dataclass(frozen=True)
class Statement:
    """A line that says how a file is built, with continuations joined and comments removed, and where it begins."""

    file: Path
    number: int
    line: str


def statements(path: Path, corner: str | None) -> tuple[Statement, ...]:
    """Return the `.subckt` and `.option` lines that ngspice reads when `path` (its section `corner`) is in a deck.

    Raises:
        InputError: A file does not exist, or a section does not.
    """
    return tuple(_walk(path, corner, set()))


def _walk(path: Path, corner: str | None, seen: set[tuple[Path, str | None]]) -> Iterator[Statement]:
    if (path, corner) in seen:
        return
    seen.add((path, corner))
    inside = None
    sections = []
    for statement in read_statements(path):
        include = parse_include(statement.line, f"{path}, line {statement.number}")
        if include is not None and include.opens_section:
            inside = include.name.lower()
            sections.append(inside)
        elif statement.line[:5].lower() == ".endl":
            inside = None
        elif corner is not None and inside != corner.lower():
            continue
        elif include is None:
            yield statement
        else:
            yield from _walk(_included(include, statement), include.section, seen)
    if corner is not None and corner.lower() not in sections:
        raise InputError(f"{path}: no corner {corner!r}; there is {', '.join(sections) or 'none'}")


def _included(include: Include, statement: Statement) -> Path:
    places = find_included(include.name, (statement.file.parent,))
    if not places:
        raise InputError(f"{statement.file.parent / include.name}: no such file, expected a SPICE file")
    return places[0]


@once_per_content(one_file)
def read_statements(path: Path) -> tuple[Statement, ...]:
    """Read the statements of one file: `.subckt`, `.option`, includes and sections; few among many lines.

    Raises:
        InputError: The file cannot be read.
    """
    lines: list[Statement] = []
    open_ended = False
    for number, raw in enumerate(_printable_lines(path), start=1):
        line = _END_COMMENT.split(raw, maxsplit=1)[0].strip()
        if not line or line.startswith("*"):
            continue
        if line.startswith("+"):
            if open_ended:
                first = lines[-1]
                lines[-1] = Statement(path, first.number, f"{first.line} {line[1:].strip()}")
            continue
        open_ended = _STATEMENT.match(line) is not None
        if open_ended:
            lines.append(Statement(path, number, line))
    return tuple(lines)


def _printable_lines(path: Path) -> list[str]:
    """Lines in which bytes that are not UTF-8 are replaced: names and sentences are printed."""
    text = read_text(path)
    if not text.isascii():
        text = text.encode("utf-8", errors="surrogateescape").decode("utf-8", errors="replace")
    return physical_lines(text)


def _parse_subckt(statement: Statement) -> Subckt:
    line = re.sub(r"\s*=\s*", "=", statement.line)
    words = re.findall(r"[^\s=]+=\{[^}]*\}|[^\s=]+='[^']*'|\S+", line)[1:]
    name, *rest = words
    terminals = []
    defaults = {}
    for word in rest:
        if "=" in word:
            key, value = word.split("=", 1)
            defaults[key.lower()] = value
        elif word.lower() not in ("params:", "param:"):
            terminals.append(word.lower())
    return Subckt(name, tuple(terminals), defaults, statement.file, statement.number)
