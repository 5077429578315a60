"""A user's SPICE file as definitions: sub-circuits, models, parameters, functions; what else stands in it is told."""

import re
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Protocol

from circuitsim.errors import CircuitsimWarning, InputError
from circuitsim.library.grammar import CONDITIONS, DEFINITIONS, ELEMENTS, LEFT_OUT, tidy
from circuitsim.library.includes import Tally, expand_includes, sections_of
from circuitsim.library.spice_numbers import spice_number
from circuitsim.library.statements import Statement, in_ascii
from circuitsim.library.text import once_per_contents

_IDENTIFIER = re.compile(r"(?<![\w.])[a-z_][\w.#]*")
_WORD = re.compile(r"[^\s=(){}',]+")
_BIN = re.compile(r"(.+)\.\d+")
_DEFINED = re.compile(r"(?:^|(?<=\s))([A-Za-z_][\w.]*)\s*(?:\([^()]*\))?=")


class LeftOutWarning(CircuitsimWarning):
    """A user's file contains statements that are not used."""


@dataclass(frozen=True)
class Definition:
    """One or more statements that belong together: a sub-circuit, a model, parameters, a conditional block.

    Attributes:
        card: Its first word: ".subckt", ".model", ".param", ".func" or ".if".
        names: Lower-case names that it defines.
        statements: Its statements, in order.
    """

    card: str
    names: tuple[str, ...]
    statements: tuple[Statement, ...]

    @property
    def origin(self) -> str:
        """File and line of its first statement."""
        return self.statements[0].origin

    @cached_property
    def mentioned(self) -> frozenset[str]:
        """Every lower-case word in it that may be the name of another definition."""
        return words_of(self.statements)


def words_of(statements: Iterable[Statement]) -> frozenset[str]:
    """Return every lower-case word of statements that may be a name, also within an expression: k in {2*k}."""
    text = "\n".join(statement.text for statement in statements).lower()
    return frozenset(_IDENTIFIER.findall(text)) | frozenset(_WORD.findall(text))


def base_of(name: str) -> str | None:
    """Return the name that selects a bin of a model: n for n.3; None for other names."""
    match = _BIN.fullmatch(name)
    return match[1] if match else None


@dataclass(frozen=True)
class LeftOut:
    """A statement of a file that is not used.

    Attributes:
        statement: The statement.
        what: What it is: "an analysis", "an element outside a sub-circuit".
    """

    statement: Statement
    what: str


class Assembled(Protocol):
    """Anything that was read from files of which something was left out."""

    @property
    def left_out(self) -> tuple[LeftOut, ...]: ...


@dataclass(frozen=True)
class Library:
    """What a SPICE file and the files that it includes define.

    Attributes:
        path: The file.
        sections: Its sections that were read; empty: what stands outside of sections.
        definitions: In the order of the file.
        left_out: Statements that are not used: the bench of the author.
        scale: Value of `.option scale` [m]: the unit of lengths in the file; 1 when the file does not set it.
        files: Every file read.
        known_sections: Names of the sections of the file itself.
    """

    path: Path
    sections: tuple[str, ...]
    definitions: tuple[Definition, ...]
    left_out: tuple[LeftOut, ...]
    scale: float
    files: tuple[Path, ...]
    known_sections: tuple[str, ...]


@once_per_contents
def read_library(path: Path, sections: tuple[str, ...] = ()) -> Library:
    """Read a SPICE file once, with everything that it includes.

    Relative names of included files start beside the including file. A statement outside a sub-circuit that is not a
    definition belongs to the author's bench and is left out: elements, analyses, outputs, options, a `.control` block,
    and everything after `.end`, which ends the file that it stands in, as ngspice has it. Of the options, `scale` is
    kept.

    Args:
        path: The file.
        sections: Sections to read, as `.lib FILE SECTION` does; empty: what stands outside of sections.

    Raises:
        InputError: A file or section does not exist or cannot be read, a sub-circuit or a conditional block does not
            end, or a card is unknown; names file and line.
        UnsafeFileError: An include hides which file it means.
    """
    tally = Tally()
    bench: list[LeftOut] = []
    definitions = tuple(_definitions(expand_includes(path, sections, tally), bench, str(path)))
    scale, left_out = _without_scale(bench)
    return Library(path, sections, definitions, left_out, scale, tuple(tally.files), sections_of(path))


def tell_left_out(source: Assembled) -> None:
    """Warn, once a file, of what stands in a user's files and is not used.

    Warns:
        LeftOutWarning: Names each statement by file, line and kind.
    """
    by_file: dict[str, list[LeftOut]] = {}
    for entry in source.left_out:
        by_file.setdefault(entry.statement.file, []).append(entry)
    for file, entries in by_file.items():
        listed = ", ".join(f"line {entry.statement.line} ({entry.what})" for entry in entries[:8])
        more = f" and {len(entries) - 8} more" if len(entries) > 8 else ""
        warnings.warn(
            f"{file}: not used: {listed}{more}; circuitsim takes sub-circuits, models, parameters and functions only",
            LeftOutWarning,
            stacklevel=2,
        )


def _definitions(statements: Iterable[Statement], left_out: list[LeftOut], whole: str) -> Iterator[Definition]:
    """Sort statements into definitions and what is left out; `.end` in the file `whole` ends what it includes too."""
    following = iter(statements)
    ended: set[str] = set()
    for statement in following:
        card = statement.card
        if card == ".end" or ended & {whole, statement.file}:
            ended.add(statement.file)
            left_out.append(LeftOut(statement, "the end of a deck" if card == ".end" else "behind .end"))
        elif card == ".control":
            left_out.append(LeftOut(statement, "a .control block"))
            for skipped in following:
                if skipped.card == ".endc":
                    break
        elif card == ".subckt":
            yield _block(statement, following, ".subckt", ".ends")
        elif card == ".if":
            yield _block(statement, following, ".if", ".endif")
        elif card in DEFINITIONS:
            yield Definition(card, defined_names(statement), (statement,))
        elif card in LEFT_OUT:
            left_out.append(LeftOut(statement, LEFT_OUT[card]))
        elif card[0] == ".":
            raise InputError(
                f"{statement.origin}: {statement.shown()}: circuitsim does not know the card {card!r}; remove the line"
            )
        else:
            left_out.append(LeftOut(statement, "an element outside a sub-circuit"))


def _block(first: Statement, following: Iterator[Statement], opening: str, closing: str) -> Definition:
    """Take a block up to its end; blocks may be nested."""
    block = [first]
    names = list(defined_names(first))
    depth = 1
    for statement in following:
        block.append(statement)
        card = statement.card
        if card == opening:
            depth += 1
        elif card == closing:
            depth -= 1
        if opening == ".if":
            names += defined_names(statement)
        if depth == 0:
            return Definition(opening, tuple(names), tuple(block))
    raise InputError(f"{first.origin}: {first.shown()} has no {closing}")


def defined_names(statement: Statement) -> tuple[str, ...]:
    """Return the lower-case names that a statement defines."""
    card = statement.card
    if card in (".subckt", ".model"):
        words = statement.text.replace("(", " ").split()
        return (words[1].lower(),) if len(words) > 1 else ()
    if card == ".param":
        return tuple(name.lower() for name in _DEFINED.findall(tidy(statement.text)[len(".param") :]))
    if card == ".func":
        words = re.split(r"[\s(]+", statement.text, maxsplit=2)
        return (words[1].lower(),) if len(words) > 1 else ()
    return ()


def _without_scale(bench: Iterable[LeftOut]) -> tuple[float, tuple[LeftOut, ...]]:
    """Return the value of `.option scale`, and the entries that hold anything else."""
    scale = 1.0
    others = []
    for entry in bench:
        words = tidy(entry.statement.text).split() if entry.statement.card.startswith(".opt") else []
        values = [word[6:] for word in words if word.lower().startswith("scale=")]
        words = [word for word in words if word.lower() != "parser"]  # HSPICE's word before options of the parser
        if values:
            scale = _scale(entry.statement, values[-1])
        if len(words) != 1 + len(values) or not values:
            others.append(entry)
    return scale, tuple(others)


def _scale(statement: Statement, text: str) -> float:
    value = spice_number(text)
    if value is None or value <= 0:
        raise InputError(f"{statement.origin}: .option scale={text}, expected a positive number")
    return value


def check_inside(definition: Definition) -> Iterator[Statement]:
    """Yield the statements of a definition that are written into decks; analyses and outputs in it are dropped.

    Raises:
        InputError: A statement inside a sub-circuit or a conditional block is neither an element nor a definition.
    """
    kept = DEFINITIONS | CONDITIONS | {".subckt", ".ends"}
    for statement in definition.statements:
        card = statement.card
        if card in kept or card[0] in ELEMENTS or card[0] in "napuy":
            yield statement
        elif card not in LEFT_OUT or card in (".global", ".control"):
            text = in_ascii(statement)
            raise InputError(f"{statement.origin}: {text[:60]!r} stands inside a definition; remove it")
