"""Every key of a TOML file, described by the model that checks it: the one source of schema, `explain` and manual."""

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from circuitsim.spec.arguments import checked
from circuitsim.spec.dimensions import Dimension

UNITS = ("ohm", "ohm m", "F", "S", "V", "A", "s", "m", "J", "°C", "1/K", "V m", "C", "1", "bit")
"""Units in which a description may state a number; "1" is a pure number."""

_UNIT = re.compile(rf"\[({'|'.join(re.escape(unit) for unit in UNITS)}|unit|statistics.unit|unit of [a-z' ]+)\]")
_BOUNDS = {"ge": ">= {}", "gt": "> {}", "le": "<= {}", "lt": "< {}"}


@dataclass(frozen=True)
class KeyDoc:
    """What a user has to know of a key.

    Attributes:
        key: Sections and name, joined by dots, as in "wire.r_row"; NAME stands for a name of the user's, [] for an
            entry of a list.
        kind: What is written: "number", "whole number", "true or false", "text", "list", "table".
        meaning: The description.
        unit: Unit of a number; "1" for a pure number or a count; "unit of …" where another key or a card states it;
            None where the value is no number.
        default: The default as it is written in TOML; "" where absence has a meaning of its own, or there is none.
        required: True if the key has no default.
        choices: The words or numbers that it accepts; empty: any of its kind.
        bounds: Its range in words; empty: any.
        example: A value as it is written in TOML; empty where none is stated.
    """

    key: str
    kind: str
    meaning: str
    unit: str | None
    default: str
    required: bool
    choices: tuple[str, ...]
    bounds: str
    example: str

    @property
    def is_table(self) -> bool:
        """True if the key heads keys of its own."""
        return self.kind == "table"

    @property
    def first_sentence(self) -> str:
        """The meaning up to its first full stop, without the rest."""
        return re.split(r"(?<=[^.])\. (?=[A-Z'])", self.meaning, maxsplit=1)[0].rstrip(".")


@checked
def document_keys(model: type[BaseModel], under: str = "") -> tuple[KeyDoc, ...]:
    """Return every key of a TOML file, sections before the keys in them.

    Args:
        model: The model that checks the file.
        under: Place of the model in the file; empty at its top.
    """
    return tuple(_documented(model, under, ()))


def _documented(model: type[BaseModel], under: str, above: tuple[Any, ...]) -> Iterator[KeyDoc]:
    for name, field in model.model_fields.items():
        key = ".".join(filter(None, (under, field.alias or name)))
        parts = [(place, member) for place, member in _places(field.annotation, key) if _is_part(member)]
        kind = "table" if parts else _kind(field)
        meaning = field.description or _first_line(parts[0][1] if parts else model)
        yield KeyDoc(
            key,
            kind,
            meaning,
            _unit(kind, meaning),
            "" if parts else _written(field),
            field.is_required(),
            _choices(field.annotation),
            _bounds(field),
            "" if not field.examples else toml_value(field.examples[0]),
        )
        if not any(part in above for _, part in parts):  # a form may contain forms, as that of two pieces does
            for place, part in parts:
                yield from _documented(part, place, (*above, *(each for _, each in parts)))


def toml_value(value: Any) -> str:
    """Return a value as TOML writes it; "" for None, and a list or a table in one line."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{name} = {toml_value(item)}" for name, item in value.items() if item is not None)
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(toml_value(item) for item in value)}]"
    text = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'


def _written(field: FieldInfo) -> str:
    if field.is_required():
        return ""
    value = field.get_default(call_default_factory=True)
    return "" if value in ({}, ()) else toml_value(value)


def _unit(kind: str, meaning: str) -> str | None:
    if "number" not in kind:
        return None
    if found := _UNIT.search(meaning):
        return found[1]
    if "in `unit`" in meaning:
        return "unit"
    return "1" if kind in ("whole number", "list of whole numbers") else None


def _first_line(part: type[BaseModel]) -> str:
    return (part.__doc__ or "").strip().split("\n\n")[0].replace("\n", " ")


def _is_part(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _places(annotation: Any, key: str) -> Iterator[tuple[str, Any]]:
    """Yield the alternatives of an annotation with the place of their keys in the file."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _places(arguments[0], key)
    elif origin in (Union, types.UnionType):
        for each in arguments:
            yield from _places(each, key)
    elif isinstance(origin, type) and issubclass(origin, Mapping):
        yield from _places(arguments[1], f"{key}.NAME")
    elif origin in (tuple, list):
        yield from ((f"{place}", member) for member in arguments for place, member in _places(member, f"{key}.[]"))
    else:
        yield key, annotation


def _plain(annotation: Any) -> Iterator[Any]:
    """Yield the alternatives of an annotation, lists and tables as such."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _plain(get_args(annotation)[0])
    elif origin in (Union, types.UnionType):
        for each in get_args(annotation):
            yield from _plain(each)
    elif annotation is not type(None):
        yield annotation


def _kind(field: FieldInfo) -> str:
    words = dict.fromkeys(filter(None, (_word(each) for each in _plain(field.annotation))))
    if "number" in words:  # a whole number is one
        words.pop("whole number", None)
    return " or ".join(words)


def _word(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Literal:
        whole = all(isinstance(each, int) for each in get_args(kind))
        return "whole number" if whole else "text"
    if isinstance(origin, type):
        values = [each for argument in get_args(kind)[issubclass(origin, Mapping) :] for each in _plain(argument)]
        inner = {_word(each) for each in values if each is not ...}
        of = f"{inner.pop().removeprefix('list of ').removesuffix('s')}s" if len(inner) == 1 else "values"
        return f"{'table' if issubclass(origin, Mapping) else 'list'} of {of}"
    return {bool: "true or false", int: "whole number", float: "number"}.get(kind, "text")


def _choices(annotation: Any) -> tuple[str, ...]:
    return tuple(
        toml_value(word) for each in _plain(annotation) if get_origin(each) is Literal for word in get_args(each)
    )


def _bounds(field: FieldInfo) -> str:
    """Return the range that the annotation of a key states."""
    said = []
    for item in (*field.metadata, *_stated(field.annotation)):
        for name, words in _BOUNDS.items():
            if (limit := getattr(item, name, None)) is not None:
                said.append(words.format(f"{limit:.12g}"))
        if isinstance(item, Dimension):
            said.append(item.words)
    return ", ".join(dict.fromkeys(said))


def _stated(annotation: Any) -> Iterator[Any]:
    """Yield what the parts of an annotation state of their range: members of unions, entries of lists and tables."""
    for one in getattr(annotation, "__metadata__", ()):
        yield from (one, *getattr(one, "metadata", ()))
    for part in get_args(annotation) if not isinstance(annotation, str) else ():
        yield from _stated(part)
