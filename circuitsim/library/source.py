"""Read what a SPICE file says about itself: the header of a card, sub-circuit lines, sections, deck-wide scale."""

import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from circuitsim.errors import InputError
from circuitsim.units import SUFFIX

HEADER_KEYS = ("name", "ports", "source", "licence", "valid", "tested")
_KEY_LINE = re.compile(r"\*\s{0,3}([a-z][a-z ]*):\s*(.*)")
_MORE_LINE = re.compile(r"\*\s{2,}(\S.*)")
_SPICE_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)(meg|mil|[fpnumkgt])?[a-z]*")
_INCLUDE = re.compile(r"\.(include|inc|lib)\s+(\"[^\"]+\"|'[^']+'|\S+)(?:\s+(\S+))?", re.IGNORECASE)
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
    for line in read_text(path).splitlines():
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


def read_text(path: Path) -> str:
    """Read a SPICE file; bytes that are no UTF-8 (old libraries) are kept out of the way, not refused.

    Raises:
        InputError: There is no such file.
    """
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        raise InputError(f"{path}: no such file, expected a SPICE file") from None


def logical_lines(path: Path) -> list[tuple[int, str]]:
    """Lines with their `+` continuations joined and comments removed, each with the number of its first line."""
    lines: list[tuple[int, str]] = []
    for number, raw in enumerate(read_text(path).splitlines(), start=1):
        line = re.split(r"\s[;$]\s?|^;", raw, maxsplit=1)[0].strip()
        if not line or line.startswith("*"):
            continue
        if line.startswith("+") and lines:
            first, text = lines[-1]
            lines[-1] = (first, f"{text} {line[1:].strip()}")
        else:
            lines.append((number, line))
    return lines


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
    found: list[str] = []
    for file, number, line in walk(path, corner):
        if line[:7].lower() == ".subckt":
            found.append(line.split(maxsplit=2)[1])
            if found[-1].lower() == name.lower():
                return _parse_subckt(line, file, number)
    there = ", ".join(difflib.get_close_matches(name, found, n=8, cutoff=0.3) or sorted(found)[:8]) or "none"
    where = f"{path}" if corner is None else f"{path}, corner {corner}"
    raise InputError(f"{where}: no sub-circuit {name!r}; there is {there}")


def deck_scale(path: Path, corner: str | None = None) -> float:
    """Value of `.option scale=…` that the file sets for the whole deck [m]; 1 when it sets none.

    Raises:
        InputError: The value is no positive number, or the file cannot be read.
    """
    scale = 1.0
    for file, number, line in walk(path, corner):
        if line[:7].lower() == ".option" and (match := _SCALE.match(line)):
            value = spice_number(match[1])
            if value is None or value <= 0:
                raise InputError(f"{file}:{number}: .option scale={match[1]}, expected a positive number")
            scale = value
    return scale


def walk(path: Path, corner: str | None) -> tuple[tuple[Path, int, str], ...]:
    """Every logical line that ngspice reads when `path` (its section `corner`) is brought into a deck.

    Raises:
        InputError: A file does not exist, or a section does not.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        raise InputError(f"{path}: no such file, expected a SPICE file") from None
    return _walk_once(path, corner, changed)


@lru_cache(maxsize=4)  # a process design kit is 10 MB of text, and a specification asks for it several times
def _walk_once(path: Path, corner: str | None, changed: int) -> tuple[tuple[Path, int, str], ...]:
    lines: list[tuple[Path, int, str]] = []
    _walk(path, corner, lines, set())
    return tuple(lines)


def _walk(path: Path, corner: str | None, out: list[tuple[Path, int, str]], seen: set[tuple[Path, str | None]]) -> None:
    if (path, corner) in seen:
        return
    seen.add((path, corner))
    inside = None
    sections = []
    for number, line in logical_lines(path):
        match = _INCLUDE.match(line)
        if match is not None and match[1].lower() == "lib" and match[3] is None:
            inside = match[2].strip("\"'").lower()
            sections.append(inside)
            continue
        if line.lower().startswith(".endl"):
            inside = None
            continue
        if corner is not None and inside != corner.lower():
            continue
        if match is not None:
            _walk(_resolve(match[2], path), match[3] if match[1].lower() == "lib" else None, out, seen)
            continue
        out.append((path, number, line))
    if corner is not None and corner.lower() not in sections:
        raise InputError(f"{path}: no corner {corner!r}; there is {', '.join(sections) or 'none'}")


def _resolve(text: str, parent: Path) -> Path:
    path = Path(text.strip("\"'"))
    return path if path.is_absolute() else parent.parent / path


def _parse_subckt(line: str, file: Path, number: int) -> Subckt:
    line = re.sub(r"\s*=\s*", "=", line)
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
    return Subckt(name, tuple(terminals), defaults, file, number)
