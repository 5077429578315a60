"""The circuits and the values of an array by their keys: a result says whose models and which chip it stands on."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from circuitsim.spec.arguments import checked
from circuitsim.spec.array import WITH_FILES, ArraySpec

_LONGEST = 16  # values of a list


@checked
def cited_parts(spec: ArraySpec) -> dict[str, dict[str, Any]]:
    """Return what every file of results keeps of its array, so that `circuitsim cite` can name the sources.

    Returns:
        "circuits", see `named_circuits`, and "values", see `stated_values`; both are JSON.
    """
    return {"circuits": named_circuits(spec), "values": stated_values(spec)}


@checked
def named_circuits(spec: ArraySpec) -> dict[str, str]:
    """Return the shipped model, the folder or the file of each part that is a circuit: {"device.model": "rram_sinh"}.

    Of folders and files only the names are returned.
    """
    found = {}
    for section in WITH_FILES:
        part = getattr(spec, section)
        for key in () if part is None else part.sources:
            value = getattr(part, key)
            found[f"{section}.{key}"] = value if isinstance(value, str) else value.name
    return found


@checked
def stated_values(spec: ArraySpec) -> dict[str, Any]:
    """Return the values of an array that are no defaults, by "section.key": numbers, words and short lists of them.

    Tables and values per segment are left out; of folders and files only the names are returned.
    """
    found = {}
    for section, part in spec:
        for key, value in part if isinstance(part, BaseModel) else ():
            if isinstance(value, Path):
                found[f"{section}.{key}"] = value.name
            elif _is_plain(value) and value != type(part).model_fields[key].default:
                found[f"{section}.{key}"] = list(value) if isinstance(value, tuple) else value
    return found


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return len(value) <= _LONGEST and all(isinstance(each, str | int | float) for each in value)
    return isinstance(value, str | int | float)
