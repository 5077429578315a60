"""Find a sub-circuit in a library: its terminals and the defaults of its parameters."""

import difflib
import re
from dataclasses import dataclass

from circuitsim.errors import InputError
from circuitsim.library.definitions import Definition, Library
from circuitsim.library.grammar import tidy
from circuitsim.library.statements import Statement, in_ascii

_WORD = re.compile(r"[^\s=]+=(?:\{[^}]*\}|'[^']*'|\S+)|\S+")


@dataclass(frozen=True)
class Subckt:
    """A sub-circuit as its first statement declares it.

    Attributes:
        name: Name.
        terminals: Its terminals in order, lower case.
        defaults: Parameters of the declaration with their defaults as text, names lower case.
        inner: Parameters of `.param` statements inside, likewise; a call sets them too (measured with ngspice 39).
        file: File of the declaration.
        line: Line of the declaration.
    """

    name: str
    terminals: tuple[str, ...]
    defaults: dict[str, str]
    inner: dict[str, str]
    file: str
    line: int


def find_subckt(library: Library, name: str) -> Subckt:
    """Find a sub-circuit.

    Raises:
        InputError: The library does not define it, or defines it twice; the sentence lists what there is.
    """
    wanted = name.lower()
    matches = [one for one in library.definitions if one.card == ".subckt" and wanted in one.names]
    distinct = {one.origin: one for one in matches}
    if len(distinct) > 1:
        first, second, *_ = distinct
        raise InputError(
            f"{second}: sub-circuit {name!r} is defined a second time (first: {first}); remove one of them"
        )
    if not matches:
        raise InputError(_missing(library, name))
    return _declared(matches[0])


def _missing(library: Library, name: str) -> str:
    names = [one.names[0] for one in library.definitions if one.card == ".subckt" and one.names]
    near = difflib.get_close_matches(name.lower(), names, n=8, cutoff=0.3) or sorted(names)[:8]
    where = f"{library.path}" + (f", corner {' + '.join(library.sections)}" if library.sections else "")
    sections = (
        ""
        if library.sections or not library.known_sections
        else (f"; the file has the corners {', '.join(library.known_sections)}: name one")
    )
    models = any(one.card == ".model" and name.lower() in one.names for one in library.definitions)
    wrap = "; it is a .model: write a .subckt around an element of it, and name that" if models else ""
    return f"{where}: no sub-circuit {name!r}; there is {', '.join(near) or 'none'}{sections}{wrap}"


def _declared(definition: Definition) -> Subckt:
    statement = definition.statements[0]
    name, terminals, defaults = declaration(statement)
    return Subckt(name, terminals, defaults, inner_parameters(definition), statement.file, statement.line)


def inner_parameters(definition: Definition) -> dict[str, str]:
    """Return what `.param` statements inside a sub-circuit, but not inside another in it, set: names to text."""
    inner: dict[str, str] = {}
    depth = 0
    for inside in definition.statements:
        depth += (inside.card == ".subckt") - (inside.card == ".ends")
        if depth == 1 and inside.card == ".param":
            inner |= assignments(tidy(in_ascii(inside))[len(".param") :])
    return inner


def declaration(statement: Statement) -> tuple[str, tuple[str, ...], dict[str, str]]:
    """Return name, terminals and defaults of a `.subckt` statement; terminals may stand in brackets.

    Raises:
        InputError: The statement names no sub-circuit.
    """
    text = re.sub(r"^(\.subckt\s+[^\s(]+)\s*\(([^()]*)\)", r"\1 \2 ", tidy(in_ascii(statement)), flags=re.IGNORECASE)
    words = _WORD.findall(text)[1:]
    if not words:
        raise InputError(f"{statement.origin}: {statement.shown()}: expected .subckt NAME TERMINALS")
    plain = [word for word in words[1:] if "=" not in word and word.lower() not in ("params:", "param:")]
    return words[0], tuple(word.lower() for word in plain), assignments(text)


def assignments(text: str) -> dict[str, str]:
    """Return KEY=VALUE pairs with keys in lower case."""
    pairs = (word.split("=", 1) for word in _WORD.findall(text) if "=" in word)
    return {key.lower(): value for key, value in pairs}
