"""Settings of a specification that change nothing, or nothing but some results: told, so that nobody tunes them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.calibration.drawn import stated_statistics
from circuitsim.devices import device_card
from circuitsim.errors import SpecError
from circuitsim.evaluation.impossible_uses import obstacle_to
from circuitsim.library import feels_temperature, read_library
from circuitsim.spec import (
    USES,
    ArraySpec,
    KeyUse,
    checked,
    document_keys,
    held_by_sources,
    idle_straps,
    key_uses,
    same_wires,
    shown,
    unfelt,
)

_CAPACITANCES = ("c_row", "c_col", "c_bl")
_GEOMETRIES = {"row": "r_row", "col": "r_col"}
"""Tables that state a resistance, and a capacitance if they have a height."""
_COEFFICIENTS = ("tc_row", "tc_col")
_WARM = "networks at other temperatures (circuitsim age --temperature)"


@dataclass(frozen=True)
class UnusedSetting:
    """A setting that some results, or none, depend on.

    Attributes:
        key: Section and key, joined by a dot.
        value: Its value.
        reason: Why nothing depends on it, or what part of a read it describes.
        matters_to: What does depend on it, in words; empty: nothing does.
    """

    key: str
    value: Any
    reason: str
    matters_to: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The warning."""
        start = f"{self.key} = {shown(self.value)}"
        if not self.matters_to:
            return f"{start} has no effect: {self.reason}"
        return f"{start} has no effect on a read at rest, {self.reason}; it matters to {', '.join(self.matters_to)}"


@checked
def unused_settings(spec: ArraySpec, given: Iterable[str] | None = None) -> tuple[UnusedSetting, ...]:
    """Return the settings of an array that no read at rest depends on, those without any effect first.

    What a specification refuses, such as `sense.r_in` beside a circuit, cannot be in it; values that are the defaults
    are left out, because they set nothing.

    Args:
        spec: The array.
        given: The keys to judge, sections and names joined by dots; None: all that differ from their defaults.
    """
    known = {each.key for each in document_keys(ArraySpec)}
    found = []
    for key in sorted(known) if given is None else given:
        section, _, name = key.partition(".")
        part = getattr(spec, section, None)
        if key not in known or "." in name or part is None or not name:
            continue
        value = getattr(part, name)
        if value is not None and value != type(part).model_fields[name].get_default(call_default_factory=True):
            found += _judged(spec, key, value)
    return tuple(sorted(found, key=lambda each: bool(each.matters_to)))


def _judged(spec: ArraySpec, key: str, value: Any) -> Iterator[UnusedSetting]:
    if _felt_when_warm(spec, key):
        yield UnusedSetting(key, value, "which is at wire.t_ref_c", (_WARM,))
    elif reason := _without_effect(spec, key):
        yield UnusedSetting(key, value, reason)
    elif part := unfelt(spec, key) or _not_at_rest(spec, key):
        obstacles: dict[KeyUse, str] = {use: obstacle_to(use, spec) for use in key_uses(key, spec) if use != "reads"}
        if uses := tuple(USES[use] for use, obstacle in obstacles.items() if not obstacle):
            yield UnusedSetting(key, value, f"which does not depend on {part}", uses)
        else:
            because = " and ".join(dict.fromkeys(obstacles.values()))
            yield UnusedSetting(key, value, f"reads at rest do not depend on {part}, and {because}")


def _felt_when_warm(spec: ArraySpec, key: str) -> bool:
    """Tell whether networks feel a coefficient of wires at other temperatures alone, because the array is at theirs."""
    section, _, name = key.partition(".")
    own = spec.array.temperature_c
    if section != "wire" or name not in _COEFFICIENTS or own != spec.wire.t_ref_c:
        return False
    if spec.array.cell == "1c" or obstacle_to("networks", spec):
        return False
    other = spec.replace(array={"temperature_c": 27.0 if own > 27.0 else 85.0})
    return _changes_wires(other, name, at_rest=True)


def _without_effect(spec: ArraySpec, key: str) -> str:
    """Say why nothing depends on a key; empty if something does."""
    section, _, name = key.partition(".")
    if section == "wire":
        return _of_wires(spec, key, name)
    if section == "mapping":
        return obstacle_to("networks", spec)
    if key == "adc.full_scale" and spec.adc.bits is None:
        return "without adc.bits there is no converter"
    if section == "technique":
        return _of_technique(spec, name)
    if key == "array.temperature_c":
        return _of_temperature(spec)
    return ""


def _not_at_rest(spec: ArraySpec, key: str) -> str:
    """Return what a key describes in this array if reads at rest do not depend on it; empty if they do."""
    if key == "driver.gate_levels":
        return "the levels of gates where these are off and on" if spec.driver.gate_levels == (0.0, spec.v_gate) else ""
    section, _, name = key.partition(".")
    if section == "wire" and name not in _CAPACITANCES and spec.driver.input_code != "pulse_width":
        return "" if _changes_wires(spec, name, at_rest=True) else "the wires of gates"
    return ""


def _of_wires(spec: ArraySpec, key: str, name: str) -> str:
    if name in _CAPACITANCES:
        still = name != "c_row" and held_by_sources(spec, "col" if name == "c_col" else "bl")
        return "ideal sources of constant voltage hold these wires" if still else ""
    if _changes_wires(spec, name, at_rest=False):
        return ""
    if name in _GEOMETRIES and getattr(spec.wire, name).height is not None:
        return ""  # its capacitance
    if name.startswith("strap_"):
        return idle_straps(spec).get(name.removeprefix("strap_"), "it joins points that have the same voltage")
    if name.startswith(("tc_", "t_ref")):
        same = spec.array.temperature_c == spec.wire.t_ref_c
        return "array.temperature_c is wire.t_ref_c" if same else "the resistances do not depend on temperature"
    if type(spec.wire).model_fields[name].is_required() or name in _GEOMETRIES:
        return "no current flows through these segments"
    return "cells, drivers and sense amplifiers see the same wires without it"


def _changes_wires(spec: ArraySpec, name: str, *, at_rest: bool) -> bool:
    """Tell whether cells see other wires with the default of a key, or with another value where it has none."""
    key = _GEOMETRIES.get(name, name)
    field = type(spec.wire).model_fields[key]
    value = _other(getattr(spec.wire, key)) if key.startswith("r_") else field.get_default()
    try:
        other = spec.replace(wire={key: value})
    except SpecError:  # the key is needed
        return True
    return not same_wires(spec, other, at_rest=at_rest)


def _other(resistance: Any) -> Any:
    """Return another resistance for every segment [ohm]."""
    return (2 * np.asarray(resistance) + 1).tolist()


def _of_technique(spec: ArraySpec, name: str) -> str:
    technique, line = spec.technique, spec.array.input_line
    held = "ideal sources hold these wires, so that cells do not feel each other"
    apart = held_by_sources(spec, "col") and (line == "bl" or held_by_sources(spec, "bl"))
    if name == "partition" and technique.partition is not None:
        of_rows, of_cols = (most < size for most, size in zip(technique.partition, spec.shape, strict=True))
        if not (of_rows or of_cols):
            return f"the array has {spec.array.rows} x {spec.array.cols} cells, and one part holds them"
        alone = line != "bl" or held_by_sources(spec, "row")
        surrounded = technique.dummy_cols or technique.g_reference is not None  # columns of which each part has its own
        if (apart or not of_rows) and (not of_cols or (alone and not surrounded)):
            return held if line == "bl" or of_rows else "columns do not feel each other where rows lead to gates"
    if line != "bl" or not apart:
        return ""  # rows at rest take a current
    return held if name == "dummy_rows" or (name == "g_dummy" and not technique.dummy_cols) else ""


def _of_temperature(spec: ArraySpec) -> str:
    if any(part.block is not None for part in (spec.driver, spec.sense, spec.adc)):
        return ""  # transistors of a circuit
    if spec.access is not None or spec.wire.tc_row or spec.wire.tc_col:
        return ""
    card, statistics = device_card(spec), stated_statistics(spec)
    if statistics is not None and statistics.table.temperature is not None:
        return ""  # the conductances drawn by `age` at other temperatures
    if feels_temperature(read_library(card.lib, card.sections), card.subckt):
        return ""
    return f"the model of {card.name} does not depend on temperature, and wire.tc_row and wire.tc_col are 0"
