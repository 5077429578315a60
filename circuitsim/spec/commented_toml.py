"""A specification as a commented TOML file: what is set, and what may be set with its unit and default."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from circuitsim.spec.arguments import checked
from circuitsim.spec.array import ArraySpec, drop_derived
from circuitsim.spec.key_docs import KeyDoc, document_keys, toml_value

_WIDTH = 120  # characters of a line, where a comment can be cut
_LONG = 60
_COLUMN = 30  # at which comments begin
_OF_FILES = {"device.ports", "device.state", "device.state_kind", "access.ports"}
"""Keys whose defaults describe a sub-circuit in a file of the user's, and that say nothing of a shipped model."""


@checked
def commented_toml(spec: ArraySpec, *, title: str = "") -> str:
    """Return a file that reads as this specification, with the unit and the default of every usual key in comments.

    Keys at their defaults stand behind #; so do keys that need a value of the user's, with an example.

    Args:
        spec: The array. Paths in it are written as they are.
        title: First line, as a comment; empty: none.
    """
    values = spec.model_dump(by_alias=True)
    drop_derived(values["wire"], {})
    docs = document_keys(ArraySpec)
    lines = [f"# {title}"] if title else []
    lines += ["# Keys behind # have their default, or an example; circuitsim explain KEY says more.", "schema = 1"]
    for section in docs:
        if section.is_table and "." not in section.key and values[section.key] is not None:
            own = [doc for doc in docs if doc.key.startswith(f"{section.key}.") and doc.key.count(".") == 1]
            lines += ["", _commented(f"[{section.key}]", section.first_sentence)]
            lines += _section(own, values[section.key], getattr(spec, section.key).model_fields_set)
    return "\n".join(lines) + "\n"


def _section(docs: Iterable[KeyDoc], values: Mapping[str, Any], stated: Collection[str]) -> list[str]:
    """Return the lines of a section: what is set first, then what may be."""
    given, open_keys = [], []
    for doc in docs:
        name = doc.key.partition(".")[2]
        value = toml_value(values.get(name))
        if value and name in stated:
            given.append(_commented(f"{name} = {value}", _words(doc, default=value != doc.default), doc.unit))
        elif (doc.default or doc.example) and doc.key not in _OF_FILES and name != "kind":
            open_keys.append(
                _commented(f"# {name} = {doc.default or doc.example}", _words(doc, default=False), doc.unit)
            )
    return given + open_keys


def _words(doc: KeyDoc, *, default: bool) -> str:
    """Return the comment of a key: meaning with its unit, the words it takes, and if asked its default."""
    parts = [doc.first_sentence]
    if len(doc.choices) > 1:
        parts = [f"{doc.first_sentence.partition(';')[0]}: {' | '.join(doc.choices)}"]
    if default and doc.default:
        parts.append(f"default {doc.default}")
    elif not default and not doc.default and "absent" not in doc.first_sentence:
        parts.append("absent: none")
    return "; ".join(parts)


def _commented(text: str, comment: str, unit: str | None = None) -> str:
    """Return a line with its comment, cut where a phrase ends so that it fits; the unit stays.

    A long line has its comment above.
    """
    if len(text) > _LONG:
        return f"{_commented('', comment, unit)}\n{text}".lstrip()
    room = _WIDTH - max(len(text), _COLUMN) - 2
    for mark in (";", ":", "(", ","):
        while len(comment) > room and mark in comment:
            comment = comment[: comment.rfind(mark)].rstrip()
    kept = unit is None or unit == "1" or f"[{unit}]" in comment
    return f"{text:{_COLUMN - 1}s} # {comment}{'' if kept else f' [{unit}]'}"
