"""Which chips a specification was made from, by the values that they share: so that a run cites their papers."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from circuitsim.presets.preset import load_preset, preset_names
from circuitsim.spec import checked, stated_values

_ONE_IN = 5
"""Of the keys that a preset states one in so many may differ: a size, a wire or a converter may have been changed."""


@dataclass(frozen=True)
class PresetMatch:
    """A chip whose values a specification has.

    Attributes:
        name: Name of the preset.
        changed: Keys that the preset states and whose values are others here.
        references: What the chip and its values were published in, by number.
    """

    name: str
    changed: tuple[str, ...]
    references: Mapping[int, str]


@checked
def matching_presets(values: Mapping[str, Any]) -> tuple[PresetMatch, ...]:
    """Return the presets of which a specification has four of five values, or more.

    Args:
        values: From `spec.stated_values`.
    """
    found = []
    for name, own in _values().items():
        changed = tuple(key for key, value in own.items() if values.get(key) != value)
        if _ONE_IN * len(changed) <= len(own):
            found.append(PresetMatch(name, changed, load_preset(name).references))
    return tuple(found)


@cache
def _values() -> dict[str, dict[str, Any]]:
    """Return the values of the keys that each preset states, by its name; chips without an array are left out."""
    presets = {name: load_preset(name) for name in preset_names()}
    return {
        name: {key: value for key, value in stated_values(preset.spec).items() if key in preset.sources}
        for name, preset in presets.items()
        if preset.spec is not None
    }
