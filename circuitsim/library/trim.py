"""Keep of a library only what a deck needs, directly or through other definitions."""

from collections.abc import Iterable, Sequence

from circuitsim.errors import InputError
from circuitsim.library.definitions import Definition, Library, base_of


def needed(libraries: Sequence[Library], roots: Iterable[str]) -> list[Definition]:
    """Return the definitions that some words of a deck reach, in the order of the files.

    A definition is reached when one of its names is a word of the deck or of a definition that is reached. This may
    keep more than the deck uses, never less. All bins of a model (`NAME.0`, `NAME.1`, …) are reached by `NAME`.

    Args:
        libraries: What the deck includes.
        roots: Lower-case words of the deck's own statements.

    Raises:
        InputError: Two files define one name differently, or a file defines a sub-circuit or a model twice.
    """
    definitions = list(_distinct(libraries))
    by_name: dict[str, list[int]] = {}
    for number, (definition, _) in enumerate(definitions):
        for name in definition.names:
            by_name.setdefault(name, []).append(number)
            if definition.card == ".model" and (base := base_of(name)):
                by_name.setdefault(base, []).append(number)
    reached: set[int] = set()
    words = {word for word in roots if word in by_name}
    while words:
        word = words.pop()
        for number in by_name.pop(word):
            if number not in reached:
                reached.add(number)
                words |= {other for other in definitions[number][0].mentioned if other in by_name}
    _refuse_clashes([definitions[number] for number in sorted(reached)])
    return [definitions[number][0] for number in sorted(reached)]


def _distinct(libraries: Sequence[Library]) -> Iterable[tuple[Definition, int]]:
    """Definitions with the number of their library; a definition that several includes bring counts once."""
    seen = set()
    for number, library in enumerate(libraries):
        for definition in library.definitions:
            if definition.card == ".param" or definition.origin not in seen:  # a parameter may be set again on purpose
                seen.add(definition.origin)
                yield definition, number


def _refuse_clashes(definitions: Sequence[tuple[Definition, int]]) -> None:
    """Refuse names that mean two things; within one library a parameter may be set again, as design kits do."""
    first: dict[tuple[str, str], tuple[Definition, int]] = {}
    for definition, number in definitions:
        for name in definition.names:
            kind = "parameter" if definition.card in (".param", ".if") else definition.card
            known = first.setdefault((kind, name), (definition, number))
            if known[0] is definition or _same(known[0], definition):
                continue
            if kind != "parameter" or known[1] != number:
                raise InputError(
                    f"{definition.origin}: {name!r} is defined a second time and differently (first: "
                    f"{known[0].origin}); rename or remove one of them"
                )


def _same(one: Definition, other: Definition) -> bool:
    return [s.text.lower().split() for s in one.statements] == [s.text.lower().split() for s in other.statements]
