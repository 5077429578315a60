"""`circuitsim explain`: what a key means, its unit, default and levels, and which settings of a file change nothing."""

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from circuitsim.cli.manual_places import page_of_key
from circuitsim.cli.output import Json, announce, print_result
from circuitsim.errors import InputError
from circuitsim.spec import USES, ArraySpec, KeyDoc, load_spec, read_toml, toml_value

if TYPE_CHECKING:
    from circuitsim.cli.known_keys import KnownKey

_KEYS_OF_TABLE = 4
"""Levels of tables below a key that are listed."""


def _offered(incomplete: str) -> list[str]:
    """Return the keys that the shell offers."""
    return [each.key for each in _specification() if each.key.startswith(incomplete)]


def _specification() -> tuple[KeyDoc, ...]:
    from circuitsim.spec import document_keys

    return document_keys(ArraySpec)


def explain(
    key: Annotated[
        str | None,
        typer.Argument(
            metavar="[KEY]",
            autocompletion=_offered,
            help="A key such as wire.r_row, a section, CARD.PARAMETER, or an output; absent: the sections.",
        ),
    ] = None,
    spec_file: Annotated[
        Path | None, typer.Argument(metavar="[SPEC]", help="A specification: also print the value of KEY in it.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="A specification: list its settings that have no effect.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print what a key means, its unit and default, and which levels honour it; with a file, its effect there."""
    if file is not None:
        if key is not None or spec_file is not None:
            raise InputError("--file lists all settings without effect: expected no KEY beside it")
        _print_unused(file, as_json)
        return
    if key is None:
        _print_sections(as_json)
        return
    if (parameter := _parameter(key, spec_file)) is not None:
        print_result(parameter, [f"{name:9s} {value}" for name, value in parameter.items() if value], as_json)
        return
    if (output := _output(key)) is not None:
        if spec_file is not None:
            raise InputError(f"KEY = {key!r}: it is an output of a read, and no key of {spec_file}; expected no SPEC")
        axes = ", ".join(output["axes"])
        print_result(output, f"{output['name']} ({axes}) [{output['unit']}]: {output['meaning']}", as_json)
        return
    _print_key(key, spec_file, as_json)


def _print_key(key: str, spec_file: Path | None, as_json: bool) -> None:
    from circuitsim.cli.known_keys import find_keys

    known = find_keys(key)
    if spec_file is None:
        print_result([_content(each) for each in known], "\n\n".join(_words(each) for each in known), as_json)
        return
    if known[0].file != "specification":
        raise InputError(
            f"KEY = {key!r}: it is a key of a {known[0].file}; expected one of a specification, or no SPEC"
        )
    from circuitsim.evaluation import unused_settings

    spec, given = load_spec(spec_file), _given(spec_file)
    content, words = [], []
    for each in known:
        value, place = _value(spec, given, each.doc)
        unused = unused_settings(spec, [one for one in given if one == each.doc.key or one.startswith(f"{key}.")])
        content.append(
            _content(each) | {"value": value, "given": place == "", "warnings": [u.sentence for u in unused]}
        )
        words.append(f"{_words(each)}\n  value    {value}{place}" if not each.doc.is_table else _words(each))
        for setting in unused:
            announce(f"circuitsim: warning: {setting.sentence}")
    print_result(content, "\n\n".join(words), as_json)


def _print_unused(file: Path, as_json: bool) -> None:
    from circuitsim.evaluation import unused_settings

    found = unused_settings(load_spec(file), _given(file))
    content = [dataclasses.asdict(each) | {"sentence": each.sentence} for each in found]
    none = f"{file}: every setting has an effect on a read"
    print_result(content, "\n".join(each.sentence for each in found) or none, as_json)


def _print_sections(as_json: bool) -> None:
    sections = [doc for doc in _specification() if doc.is_table and "." not in doc.key]
    words = [f"{doc.key:10s} {doc.first_sentence}" for doc in sections]
    words.append("circuitsim explain SECTION lists its keys, circuitsim explain SECTION.KEY explains one")
    words.append("circuitsim explain CARD.PARAMETER states a value of a device card")
    words.append("circuitsim explain OUTPUT says what a result is, such as out or power in solution.nc")
    print_result([{"key": doc.key, "meaning": doc.meaning} for doc in sections], "\n".join(words), as_json)


def _given(file: Path) -> list[str]:
    """Return the keys that a file writes, sections and names joined by a dot."""
    tables = read_toml(file, "a TOML specification").items()
    return [f"{section}.{name}" for section, table in tables if isinstance(table, dict) for name in table]


def _value(spec: ArraySpec, given: list[str], doc: KeyDoc) -> tuple[str, str]:
    """Return the value of a key as TOML writes it, and where it comes from if not from the file."""
    value: Any = spec.model_dump(by_alias=True)
    for name in doc.key.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    written = toml_value(value) or "none"
    is_given = any(doc.key == each or doc.key.startswith(f"{each}.") for each in given)
    return written, "" if is_given or "." not in doc.key else " (not given in the file)"


def _content(key: "KnownKey") -> dict[str, Any]:
    return {
        "file": key.file,
        **dataclasses.asdict(key.doc),
        "manual": page_of_key(key),
        "matters_to": [dict(zip(("use", "levels", "limits"), row, strict=True)) for row in _uses(key)],
    }


def _uses(key: "KnownKey") -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Yield what a key of the specification matters to, in words, the levels there, and what limits it."""
    if key.file != "specification" or key.doc.is_table:
        return
    from circuitsim.evaluation import key_levels

    for each in key_levels(".".join(key.doc.key.split(".")[:2])):
        yield USES[each.use], each.levels, each.limits


def _words(key: "KnownKey") -> str:
    """Return the lines that explain a key."""
    doc = key.doc
    where = "" if key.file == "specification" else f" (of a {key.file})"
    lines = [f"{doc.key}{where}: {doc.meaning}"]
    manual = f"  {'manual':8s} {page_of_key(key)}"
    if doc.is_table:
        return "\n".join([*lines, *_listed(key), manual])
    rows = {
        "kind": doc.kind,
        "unit": doc.unit or "",
        "default": "required" if doc.required else doc.default or "none",
        "values": ", ".join(filter(None, (*doc.choices, doc.bounds))),
    }
    lines += [f"  {name:8s} {words}" for name, words in rows.items() if words]
    uses = list(_uses(key))
    groups: dict[tuple[str, ...], list[str]] = {}
    for use, levels, _ in uses:
        groups.setdefault(levels, []).append(use)
    for k, (levels, together) in enumerate(groups.items()):
        lines.append(f"  {'matters' if k == 0 else '':8s} at {', '.join(levels)} to {', '.join(together)}")
    limits = dict.fromkeys(limit for _, _, limits in uses for limit in limits)
    lines += [f"  {'limits' if k == 0 else '':8s} {limit}" for k, limit in enumerate(limits)]
    return "\n".join([*lines, manual])


def _listed(key: "KnownKey") -> list[str]:
    from circuitsim.cli.known_keys import keys_below

    depth = len(key.doc.key.split(".")) + _KEYS_OF_TABLE
    below = [doc for doc in keys_below(key) if len(doc.key.split(".")) <= depth]
    width = max((len(doc.key) for doc in below), default=0)
    return [f"  {doc.key:{width}s}  {doc.first_sentence}" for doc in below]


def _parameter(key: str, spec_file: Path | None) -> dict[str, Any] | None:
    """Return a parameter of a card, "rram_sinh.v0", or of the device of a file, "device.params.v0"; None if it is none.

    Raises:
        InputError: The card has no such parameter.
    """
    from circuitsim.devices import access_card, device_card, list_cards, load_card

    first, _, name = key.partition(".")
    if name and first in list_cards():
        card, value = load_card(first), None
    elif first in ("device", "access") and name.startswith("params.") and spec_file is not None:
        spec, name = load_spec(spec_file), name.removeprefix("params.")
        part = getattr(spec, first)
        if part is None:
            raise InputError(f"KEY = {key!r}: {spec_file} has no section [{first}]")
        card, value = (device_card if first == "device" else access_card)(spec), part.params.get(name)
    else:
        return None
    known = {**card.model_parameters, **card.parameters}
    if name not in known:
        expected = f"one of {', '.join(known)}" if known else "another card, because it has none"
        raise InputError(f"KEY = {key!r}: {card.name} states no parameter {name}; expected {expected}")
    stated = known[name]
    content = {"key": key, "card": card.name, "value": stated.value, "unit": stated.unit, "source": stated.source}
    settable = "" if name in card.parameters else "no: a value of the model, not of an instance"
    return content | {"fit": stated.fit, "given": "" if value is None else f"{value:g}", "settable": settable}


def _output(name: str) -> dict[str, Any] | None:
    """Return what an output of a solution means, by its name or by its column of the table; None if there is none."""
    from circuitsim.results import output_meanings

    names = (name, re.sub(r"_\d+$", "", name))  # out_3 is column 3 of out
    return next((dataclasses.asdict(each) for each in output_meanings() if each.name in names), None)
