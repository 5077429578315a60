"""Settings of a specification that change nothing, or nothing but some results: told, so that nobody tunes them."""

import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from circuitsim.calibration.drawn import stated_statistics
from circuitsim.devices import device_card
from circuitsim.errors import DeclaredRangeWarning, SpecError
from circuitsim.network.fitting_array import READS
from circuitsim.spec import (
    USES,
    ArraySpec,
    checked,
    document_keys,
    drawn_specs,
    key_uses,
    shown,
    tell_straps,
    unable,
    unfelt,
)

_SEGMENTS = ("wire.c_row", "wire.c_col", "wire.c_bl", "wire.row", "wire.col", "wire.strap_row", "wire.strap_col")
"""Keys of wires that are not resistances of single segments."""


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
    reason = _without_effect(spec, key)
    if reason:
        yield UnusedSetting(key, value, reason)
    elif part := unfelt(spec, key):
        uses = tuple(USES[use] for use in key_uses(key, spec))
        yield UnusedSetting(key, value, f"which does not depend on {part}", uses)


def _without_effect(spec: ArraySpec, key: str) -> str:
    """Say why nothing depends on a key; empty if something does."""
    section, _, name = key.partition(".")
    if section == "wire":
        return _of_wires(spec, key, name)
    if section == "mapping":
        return _of_mapping(spec)
    if key == "adc.full_scale" and spec.adc.bits is None:
        return "without adc.bits there is no converter"
    if key == "technique.partition" and spec.technique.partition is not None:
        rows, cols = spec.technique.partition
        inside = rows >= spec.array.rows and cols >= spec.array.cols
        return f"the array has {spec.array.rows} x {spec.array.cols} cells, and one part holds them" if inside else ""
    if key == "array.temperature_c":
        return _of_temperature(spec)
    return ""


def _of_wires(spec: ArraySpec, key: str, name: str) -> str:
    if name.startswith("strap_"):
        with warnings.catch_warnings(record=True) as told:
            warnings.simplefilter("always", DeclaredRangeWarning)
            tell_straps(spec)
        own = [str(one.message) for one in told if str(one.message).startswith(f"{key}.")]
        return own[0].partition("has no effect: ")[2] if own else ""
    if key in _SEGMENTS or _changes_wires(spec, name):
        return ""
    if name.startswith(("tc_", "t_ref")):
        same = spec.array.temperature_c == spec.wire.t_ref_c
        return "array.temperature_c is wire.t_ref_c" if same else "the resistances do not depend on temperature"
    return "every segment of the wires is the same without it"


def _changes_wires(spec: ArraySpec, name: str) -> bool:
    """Tell whether the segments of the wires differ from those with the default of a key."""
    field = type(spec.wire).model_fields[name]
    if field.is_required():
        return True
    try:
        without = drawn_specs(spec.replace(wire={name: field.get_default()}))
        return any(each.wires != one.wires for each, one in zip(without, drawn_specs(spec), strict=True))
    except SpecError:  # the key is needed
        return True


def _of_mapping(spec: ArraySpec) -> str:
    obstacle = unable(spec, READS)
    if obstacle is None or not obstacle[0].startswith(("array.input_line", "technique.")):
        return ""
    key, value, expected = obstacle
    return f"networks do not lie on arrays with {key} = {shown(value)} ({expected.because})"


def _of_temperature(spec: ArraySpec) -> str:
    if any(part.block is not None for part in (spec.driver, spec.sense, spec.adc)):
        return ""  # transistors of a circuit
    ohmic = spec.array.cell == "1r" and spec.device.model is not None and device_card(spec).ohmic
    statistics = stated_statistics(spec) if ohmic else None
    if statistics is not None and statistics.table.temperature is not None:
        return ""  # the conductances drawn by `age` at other temperatures
    wires: Mapping[str, float] = {"tc_row": spec.wire.tc_row, "tc_col": spec.wire.tc_col}
    if not ohmic or any(wires.values()):
        return ""
    return f"{spec.device.model} is ohmic at every temperature, and wire.tc_row and wire.tc_col are 0"
