"""From a deck with includes to what ngspice reads: the deck, and one file of everything that it includes."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from circuitsim.errors import ForeignModelError, InputError, UnsafeFileError
from circuitsim.library import grammar
from circuitsim.library.bins import used_bins
from circuitsim.library.definitions import (
    Definition,
    LeftOut,
    Library,
    check_inside,
    defined_names,
    read_library,
    words_of,
)
from circuitsim.library.includes import Include, parse_include
from circuitsim.library.statements import Statement, in_ascii, split_statements, written
from circuitsim.library.text import physical_lines
from circuitsim.library.trim import needed

MODELS = "models.lib"
"""Name of the file, beside the deck, that holds what the deck includes."""

LENGTHS = frozenset({"l", "w", "ad", "as", "pd", "ps", "area", "perim"})
"""Parameters that `.option scale` multiplies."""

_INCLUDE_MODELS = f'.include "{MODELS}"'
_SUBCKT = re.compile(r"(\.subckt\s+[^\s(]+)\s*\(([^()]*)\)", re.IGNORECASE)
_PARAMS = re.compile(r"(?<=\s)params?:\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Assembly:
    """What ngspice reads.

    Attributes:
        deck: Text of the deck; it includes nothing but `models.lib`.
        models: Text of `models.lib`, ASCII; empty when the deck includes nothing.
        left_out: Statements of these files that are not used.
    """

    deck: str
    models: str
    left_out: tuple[LeftOut, ...]

    @property
    def text(self) -> str:
        """One text for both: the deck with `models.lib` in the place of its include."""
        return self.deck.replace(_INCLUDE_MODELS, self.models.rstrip("\n"), 1)

    @property
    def digest(self) -> str:
        """SHA-256 of deck and models: of everything that ngspice reads."""
        return hashlib.sha256(f"{self.deck}\0{self.models}".encode()).hexdigest()

    def write(self, folder: Path, deck: str) -> None:
        """Write the deck under a name, and `models.lib` beside it.

        Raises:
            OSError: A file cannot be written.
        """
        (folder / deck).write_text(self.deck, encoding="ascii", errors="backslashreplace")
        if self.models:
            (folder / MODELS).write_text(self.models, encoding="ascii")


def assemble_own(deck: str) -> Assembly:
    """Assemble a deck that circuitsim wrote: its own lines stay as they are, its includes are imported.

    Raises:
        InputError, UnsafeFileError: An included file cannot be used; names file and line.
    """
    lines: list[str] = []
    libraries: list[Library] = []
    words: set[str] = set()
    for number, line in enumerate(deck.split("\n"), start=1):
        first = line[:1]
        include = parse_include(Statement("deck", number, line)) if line[:4] in (".inc", ".lib") else None
        if include is not None:
            if not libraries:
                lines.append(_INCLUDE_MODELS)
            libraries.append(_library(include, Path()))
        else:
            if first and first not in "*rvcRVC.":  # most lines of a large deck, which call and mention nothing
                words.update(line.lower().split())
            lines.append(line)
    calls = [line for line in lines if line[:1] in ("x", "X")]
    return _assembled("\n".join(lines), libraries, words, calls)


def assemble(deck: str, folder: Path) -> Assembly:
    """Assemble a whole deck of a user: its analyses, sources, elements, outputs and definitions.

    Args:
        deck: The deck; its first line is the title.
        folder: Where relative names of included files start.

    Raises:
        UnsafeFileError: The deck has a `.control` block, or a statement holds signs of ngspice's command language.
        InputError: A card, an element, a model or a function is unknown, or an included file cannot be used; names
            file and line.
    """
    title, *body = physical_lines(deck)
    statements = list(split_statements("\n".join(["", *body]), "deck"))
    libraries: list[Library] = []
    own: list[Statement] = []
    for statement in statements:
        if statement.card == ".end":
            break
        include = parse_include(statement) if statement.card[:4] in (".inc", ".lib") else None
        if include is None:
            own.append(statement)
        else:
            libraries.append(_library(include, folder))
    functions = _own_functions(own)
    lines = [_checked(statement, functions, grammar.DECK_CARDS | {".ends", ".subckt"}) for statement in own]
    head = [_title(title), *([_INCLUDE_MODELS] if libraries else [])]
    text = "\n".join([*head, *(written(line) for line in lines), ".end", ""])
    return _assembled(text, libraries, words_of(own), [line for line in lines if line[:1] in "xX"])


def _library(include: Include, folder: Path) -> Library:
    if include.opens_section:
        raise InputError(f".lib {include.name}: expected .lib FILE SECTION in a deck")
    return read_library(
        (folder / Path(include.name).expanduser()).resolve(), (include.section,) if include.section else ()
    )


def _assembled(deck: str, libraries: Sequence[Library], words: Iterable[str], calls: Sequence[str]) -> Assembly:
    reached = needed(libraries, words)
    scale = _scale(libraries, reached)
    kept = used_bins(reached, calls, scale)
    text = "".join(f"{line}\n" for line in _models(scale, kept)) if libraries else ""
    return Assembly(deck, text, tuple(one for library in libraries for one in library.left_out))


def _scale(libraries: Sequence[Library], reached: Sequence[Definition]) -> float:
    """Return the one unit of lengths of the deck [m].

    Raises:
        InputError: Two files that state lengths set it differently: `.option scale` holds for the whole deck.
    """
    lengths = {id(definition) for definition in reached if LENGTHS & definition.mentioned}
    scales = {one.scale: one.path for one in libraries if lengths.intersection(map(id, one.definitions))}
    if len(scales) > 1:
        listed = ", ".join(f"{path}: {scale:g} m" for scale, path in scales.items())
        raise InputError(f"the files have different units of length (.option scale), and a deck has one: {listed}")
    return next(iter(scales), 1.0)


def _models(scale: float, kept: Sequence[Definition]) -> Iterator[str]:
    yield "* What the deck uses of the files that it names, without comments; written by circuitsim."
    if scale != 1.0:
        yield f".option scale={scale!r}"
    functions = _own_functions(statement for definition in kept for statement in definition.statements)
    for definition in kept:
        for statement in check_inside(definition):
            yield written(_checked(statement, functions, frozenset({".subckt", ".ends"})))


def _checked(statement: Statement, functions: frozenset[str], cards: frozenset[str]) -> str:
    """Return a statement as it is written, after the checks of the allow-list."""
    text = grammar.tidy(in_ascii(statement))
    card = statement.card
    if card in (".control", ".endc"):
        raise UnsafeFileError(f"{statement.origin}: a {card} block holds commands of ngspice; remove it")
    grammar.check_signs(statement, text)
    if card == ".subckt":
        return _PARAMS.sub("", _SUBCKT.sub(r"\1 \2 ", text))
    if card in (".option", ".options"):
        grammar.check_deck_options(statement, text)
    elif card == ".model":
        grammar.check_model(statement)
    elif card[0] != ".":
        grammar.check_element(statement)
    elif card not in cards | grammar.DEFINITIONS | grammar.CONDITIONS:
        raise ForeignModelError(f"{statement.origin}: {statement.shown()}: circuitsim does not know the card {card!r}")
    grammar.check_functions(statement, text, functions)
    return text


def _own_functions(statements: Iterable[Statement]) -> frozenset[str]:
    """Return the lower-case names of the functions that statements define."""
    names: set[str] = set()
    for statement in statements:
        if statement.card == ".func":
            names.update(defined_names(statement))
        elif statement.card == ".param":
            names.update(name.lower() for name in re.findall(r"([A-Za-z_]\w*)\s*\([^()]*\)\s*=", statement.text))
    return frozenset(names)


def _title(line: str) -> str:
    """Return the title as a comment that ngspice cannot take for a command."""
    words = "".join(sign if " " <= sign <= "~" else "?" for sign in line).lstrip("*#. \t")
    return f"* {words}"
