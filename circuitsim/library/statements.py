"""A SPICE text as statements: comments removed, continued lines joined, each with the place where it begins."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from circuitsim.errors import InputError
from circuitsim.library.text import once_per_content, physical_lines, read_text

BLANKS = " \t"  # what separates words; no other white space does

# A comment begins at ; or //, or at a $ between blanks; quotes protect a path. Simulators differ about `$word`,
# which is refused where it is written.
_COMMENT = re.compile(r"""("[^"]*"|'[^']*')|(;|//|(?<![^\s,])\$(?![\w{(])).*""")
_MICRO = re.compile(r"(?<=[0-9.])[\u00b5\u03bc]")
_WORD = re.compile(r"[^ \t]+")
_WIDTH = 110


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        file: Path or name of the text it comes from.
        line: Number of its first line, from 1.
        text: Its words on one line, without comments.
    """

    file: str
    line: int
    text: str

    @property
    def origin(self) -> str:
        """File and line, as messages name them."""
        return f"{self.file}, line {self.line}"

    @property
    def card(self) -> str:
        """First word in lower case: ".subckt", "r1"."""
        match = _WORD.search(self.text)
        return match[0].lower() if match else ""

    def words(self) -> list[str]:
        """Words between blanks."""
        return _WORD.findall(self.text)

    def shown(self) -> str:
        """The statement quoted for a message, cut to 60 characters."""
        return repr(self.text if len(self.text) <= 60 else f"{self.text[:57]}...")


@once_per_content(lambda path: (path,))
def read_statements(path: Path) -> tuple[Statement, ...]:
    """Read the statements of one file.

    Raises:
        InputError: As `read_text`.
    """
    return tuple(split_statements(read_text(path), str(path)))


def split_statements(text: str, file: str) -> Iterator[Statement]:
    """Yield the statements of a text; a first line + that continues nothing is a statement of its own."""
    parts: list[str] = []
    first = 0
    for number, raw in enumerate(physical_lines(text), start=1):
        line = raw.strip(BLANKS)
        if not line or line[0] == "*":
            continue
        if ";" in line or "$" in line or "//" in line:
            line = _COMMENT.sub(lambda match: match[1] or "", line).rstrip(BLANKS)
            if not line:
                continue
        if line[0] == "+" and parts:
            parts.append(line[1:].strip(BLANKS))
            continue
        if parts:
            yield Statement(file, first, " ".join(parts))
        parts, first = [line], number
    if parts:
        yield Statement(file, first, " ".join(parts))


def in_ascii(statement: Statement) -> str:
    """Return the text of a statement in printable ASCII; a micro sign after a digit becomes u.

    Raises:
        InputError: Another character stands in it; names the character and its place.
    """
    text = statement.text.replace("\t", " ")
    if not text.isascii():
        text = _MICRO.sub("u", text)
    for sign in text:
        if not " " <= sign <= "~":
            name = unicodedata.name(sign, "a control character")
            raise InputError(
                f"{statement.origin}: {statement.shown()} contains U+{ord(sign):04X} ({name}); expected ASCII"
            )
    return text


def written(text: str) -> str:
    """Write a statement as lines of about 110 characters, continued by +."""
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= _WIDTH:
            lines.append("+")
        if word:
            lines[-1] += f" {word}" if lines[-1] else word
    return "\n".join(lines)
