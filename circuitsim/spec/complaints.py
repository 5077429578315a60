"""Turn a validation error of pydantic into one sentence: key, value, expectation."""

import difflib
import types
from collections.abc import Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

# A misspelt key causes two errors, an unknown key and a missing one: report the unknown key.
_FIRST = {"extra_forbidden": 0}
_EXPECTED = {
    "dict_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a finite number",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "string_type": "a text",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "too_long": "a list of another length",
    "too_short": "a list of another length",
    "int_parsing_size": "a whole number of fewer digits",
    "dataclass_type": "a table",
    "dataclass_exact_type": "a table",
    "path_type": "a path as a text",
    "string_unicode": "a text",
    "recursion_loop": "values that do not contain themselves",
    "json_invalid": "JSON",
}
_SHOWN = 60  # characters of a value in a sentence


def sentence(error: ValidationError, model: type[BaseModel]) -> str:
    """Report the first error of a validation as "key = value: expectation".

    Args:
        error: The error that `model.model_validate` raised.
        model: The model; its fields are the known keys.
    """
    first = min(error.errors(), key=lambda each: _FIRST.get(each["type"], 1))
    names, siblings = _follow(model, first["loc"])
    key, kind, value = ".".join(names), first["type"], first["input"]
    if kind == "extra_forbidden":
        return f"unknown key {key}: {_hint(names, siblings, model)}"
    if kind == "missing":
        return f"{key} is missing: it has no default"
    if kind == "value_error":
        message = first["msg"].removeprefix("Value error, ")
        return f"{key}: {message}" if key else message
    if kind.startswith("union_tag"):
        return _wrong_tag(key, value, first.get("ctx", {}))
    subject = f"{key} =" if key else "got"  # the model itself has no key
    return f"{subject} {shown(value)}: expected {expectation(kind, first['msg'])}"


def shown(value: object) -> str:
    """Return a value as a sentence shows it: a long one as its beginning and its end."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # Python writes whole numbers of at most 4300 digits
        return "a value too long to be shown"
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 18]}...{text[-15:]}"


def expectation(kind: str, message: str) -> str:
    """Return what was expected in place of a value, from the type and the message of pydantic's error."""
    expected = _EXPECTED.get(kind) or message.removeprefix("Input should be ")
    return f"a value {expected}" if expected.startswith(("greater", "less")) else expected[0].lower() + expected[1:]


def _hint(names: list[str], siblings: list[str], model: type[BaseModel]) -> str:
    """Say what an unknown key was probably meant to be.

    TOML puts a key into the section whose heading stands above it: without [driver], driver.v_read becomes wire.v_read.
    """
    *sections, name = names
    homes = [home for home, annotation in _fields(model).items() if name in _fields_of_any(annotation)]
    if homes and len(sections) <= 1:
        return f"it belongs to [{'] or ['.join(homes)}]; is that heading missing above it?"
    matches = difflib.get_close_matches(name, siblings, n=1)
    return f"did you mean {matches[0]!r}?" if matches else f"expected one of {', '.join(siblings)}"


def _fields_of_any(annotation: Any) -> set[Any]:
    """Return the keys of a section, over all its forms."""
    return {key for member in _members(annotation) for key in _fields(member)}


def _wrong_tag(key: str, value: Any, context: Mapping[str, Any]) -> str:
    """Report that the key which selects the form of a table is missing or unknown."""
    tag = str(context["discriminator"]).strip("'")
    if "tag" not in context:
        return f"{key}.{tag} is missing: it has no default"
    return f"{key}.{tag} = {shown(value[tag])}: expected one of {context['expected_tags']}"


def _follow(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[list[str], list[str]]:
    """Return the names of the keys along a location, without labels of unions, and the known keys beside the last."""
    names: list[str] = []
    siblings: list[str] = []
    members: list[Any] = [model]
    for part in location:
        if len(members) > 1:  # pydantic inserts a label of the union member that it tried
            members = [member for member in members if _has_tag(member, part)] or members[:1]
            continue
        names.append(str(part))
        annotation = members[0] if members else None
        siblings = list(_fields(annotation))
        members = _members(_fields(annotation).get(part, _item(annotation)))
    return names, siblings


def _fields(annotation: Any) -> dict[Any, Any]:
    """Return the annotation of each key of a model, by the name that a user writes; empty if it is not a model."""
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        return {}
    return {field.alias or name: field.annotation for name, field in annotation.model_fields.items()}


def _item(annotation: Any) -> Any:
    """Return the annotation of the values of a mapping or of the items of a list."""
    arguments = get_args(annotation)
    is_mapping = isinstance(origin := get_origin(annotation), type) and issubclass(origin, Mapping)
    return (arguments[1] if is_mapping else arguments[0]) if arguments else None


def _members(annotation: Any) -> list[Any]:
    """Return the members of a union without None; any other annotation is the only member."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for each in get_args(annotation) if each is not type(None) for member in _members(each)]
    return [annotation]


def _has_tag(annotation: Any, tag: int | str) -> bool:
    return any(tag in get_args(field) for field in _fields(annotation).values())
