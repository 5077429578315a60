"""The keys of all TOML files, found by their names as users write them."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from circuitsim import blocks, campaign, devices, studies
from circuitsim.errors import InputError
from circuitsim.spec import ArraySpec, KeyDoc, document_keys, shown

FILES: Mapping[str, Any] = {
    "specification": ArraySpec,
    "campaign": campaign.CampaignFile,
    "exploration": campaign.ExplorationFile,
    "device.toml": devices.DeviceToml,
    "block.toml": blocks.BlockToml,
    "claim.toml": studies.StudyClaim,
}
"""Models by the name of what they check."""

_NEAR = 3  # names that an error lists


@dataclass(frozen=True)
class KnownKey:
    """A key and the file that it stands in, one of `FILES`."""

    file: str
    doc: KeyDoc


@cache
def documented_keys() -> tuple[KnownKey, ...]:
    """Return every key of every file, those of the specification first."""
    return tuple(KnownKey(file, doc) for file, model in FILES.items() for doc in document_keys(model))


def find_keys(name: str) -> tuple[KnownKey, ...]:
    """Return the keys of a name, of the first file that has it: "wire.r_row", a section, or the last part alone.

    Raises:
        InputError: No file has such a key; names the nearest.
    """
    wanted, known = name.strip().strip("[]"), documented_keys()
    for same in (_is_key, _ends_with):
        for file in FILES:
            if found := tuple(each for each in known if each.file == file and same(each.doc.key, wanted)):
                return found
    raise InputError(f"KEY = {shown(name)}: no such key{_nearest(wanted, known)}")


def keys_below(key: KnownKey) -> tuple[KeyDoc, ...]:
    """Return the keys of a section; of a table by names of the user's, those of each entry."""
    start = f"{key.doc.key}."
    return tuple(doc for doc in document_keys(FILES[key.file]) if doc.key.startswith(start))


def _is_key(key: str, wanted: str) -> bool:
    """Tell whether a name is a key, with names of the user's in the place of NAME."""
    parts, given = key.split("."), wanted.split(".")
    return len(parts) == len(given) and all(one in (other, "NAME") for one, other in zip(parts, given, strict=True))


def _ends_with(key: str, wanted: str) -> bool:
    return key.endswith(f".{wanted}")


def _nearest(wanted: str, known: tuple[KnownKey, ...]) -> str:
    names = [each.doc.key for each in known]
    near = difflib.get_close_matches(wanted, names, n=_NEAR, cutoff=0.7)
    ends: dict[str, list[str]] = {}
    for name in names:
        ends.setdefault(name.rpartition(".")[2], []).append(name)
    for end in difflib.get_close_matches(wanted.rpartition(".")[2], list(ends), n=_NEAR, cutoff=0.7):
        near += ends[end]
    found = list(dict.fromkeys(near))[:_NEAR]
    return f"; the nearest are {', '.join(found)}" if found else "; circuitsim explain lists the sections"
