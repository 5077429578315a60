"""A chip: its specification as a file that stands by itself, and what the comments of the file say of every key."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from circuitsim.errors import InputError, SpecError
from circuitsim.spec import ArraySpec, FrozenMapping, checked, load_spec

_PREFIX = "preset:"
_CHIPS = Path(__file__).with_name("chips")
_REFERENCE = re.compile(r"# \[(\d+)\] (.+)")
_NOTE = re.compile(r"# (published|unknown): (.+)")
_SECTION = re.compile(r"\[(\w+)\]")
_KEY = re.compile(r"(\w+) = (?:\"[^\"]*\"|[^#\"]+?)\s*# (?:\[(\d+)\] |(assumed|unknown): )(.+)")


@dataclass(frozen=True)
class KeySource:
    """Where the value of a key comes from.

    Attributes:
        kind: "source": a publication states it. "assumed": a choice, with its reason. "unknown": nothing is published,
            and what the value does is said.
        reference: Number of the publication; None unless `kind` is "source".
        note: What is stated there, or the reason.
    """

    kind: Literal["source", "assumed", "unknown"]
    reference: int | None
    note: str


@dataclass(frozen=True)
class Preset:
    """A chip of the field.

    Attributes:
        name: How it is named.
        title: The chip in a line.
        spec: Its array; None: it is digital, and has none.
        references: The publications, by number.
        sources: Source of every key, by "section.key".
        published: What was published of the chip, with the number of the publication.
        unknown: What was not published.
        text: The file as it stands.
    """

    name: str
    title: str
    spec: ArraySpec | None
    references: Mapping[int, str]
    sources: Mapping[str, KeySource]
    published: tuple[str, ...]
    unknown: tuple[str, ...]
    text: str


@checked
def preset_names() -> tuple[str, ...]:
    """Return the names of all presets."""
    return tuple(sorted(file.stem for file in _CHIPS.glob("*.toml")))


@checked
def load_preset(name: str) -> Preset:
    """Return a chip by its name.

    Raises:
        InputError: There is none of this name; the message lists them.
    """
    if name not in preset_names():
        raise InputError(f"preset = {name!r}: expected one of {', '.join(preset_names())}")
    file = _CHIPS / f"{name}.toml"
    text = file.read_text(encoding="utf-8")
    lines = text.splitlines()
    notes = [found for line in lines if (found := _NOTE.fullmatch(line))]
    return Preset(
        name=name,
        title=lines[0].removeprefix("# "),
        spec=load_spec(file) if tomllib.loads(text) else None,
        references=FrozenMapping({int(found[1]): found[2] for line in lines if (found := _REFERENCE.fullmatch(line))}),
        sources=FrozenMapping(_sources(lines)),
        published=tuple(found[2] for found in notes if found[1] == "published"),
        unknown=tuple(found[2] for found in notes if found[1] == "unknown"),
        text=text,
    )


@checked
def is_preset(base: str) -> bool:
    """Return whether a text names a preset, "preset:NAME", and no file."""
    return base.startswith(_PREFIX)


@checked
def preset_spec(name: str) -> ArraySpec:
    """Return the specification of a chip, by its name or by "preset:" and its name.

    Raises:
        SpecError: There is none of this name, or the chip has no array.
    """
    try:
        preset = load_preset(name.removeprefix(_PREFIX))
    except InputError as error:
        raise SpecError(str(error)) from None
    if preset.spec is None:
        raise SpecError(f"preset = {preset.name!r}: a digital machine without an array, expected one that has an array")
    return preset.spec


def _sources(lines: list[str]) -> dict[str, KeySource]:
    """Read the comments behind the keys."""
    found, section = {}, ""
    for line in lines:
        if heading := _SECTION.fullmatch(line):
            section = heading[1]
        elif key := _KEY.fullmatch(line):
            kind = "source" if key[2] else "assumed" if key[3] == "assumed" else "unknown"
            found[f"{section}.{key[1]}"] = KeySource(kind, int(key[2]) if key[2] else None, key[4])
    return found
