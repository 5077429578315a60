"""Which keys an axis may vary: those that exist, and that a measure of the campaign depends on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from circuitsim.campaign.measures import MEASURES, MeasureCall, with_argument
from circuitsim.errors import InputError
from circuitsim.spec import ArraySpec, unfelt
from circuitsim.spec.abilities import IN_TIME, NETWORK, SPREAD, charges_rows


def check_keys(keys: Sequence[str], values: Sequence[Any], base: ArraySpec, calls: Mapping[str, MeasureCall]) -> None:
    """Refuse an axis over a key that does not exist, or that no measure depends on."""
    for key in keys:
        parts = key.split(".")
        if parts[0] == "measures":
            if len(parts) != 3 or parts[1] not in calls:
                raise InputError(f"axes.{key}: expected measures.NAME.ARGUMENT, NAME among {', '.join(calls)}")
            for value in values:
                with_argument(calls[parts[1]], parts[2], value)
        elif key != "seed":
            sections = [name for name in type(base).model_fields if name != "schema_version"]
            if len(parts) < 2 or parts[0] not in sections:
                raise InputError(
                    f"axes.{key}: no such key; expected section.key with a section of {', '.join(sections)}, "
                    "measures.NAME.ARGUMENT, or seed"
                )
            if part := _unfelt(base, key, calls.values()):
                raise InputError(f"axes.{key} describes {part}, which no measure of the campaign depends on")


def _unfelt(base: ArraySpec, key: str, calls: Iterable[MeasureCall]) -> str | None:
    """Return what a key describes if no measure depends on it."""
    said = [_unfelt_by(call, base, key) for call in calls]
    return said[0] if all(said) else None


def _unfelt_by(call: MeasureCall, base: ArraySpec, key: str) -> str | None:
    feels = MEASURES[call.shipped].feels if call.shipped else "anything"
    if feels == "layer":  # also the time for which its power is paid, and the edges of pulses
        paid = key == "driver.t_read" or (key == "wire.c_row" and charges_rows(base))
        return None if paid else (SPREAD | IN_TIME).get(key)
    if feels == "network":
        return (SPREAD | IN_TIME).get(key)
    if feels == "settling":
        return (NETWORK | SPREAD).get(key)
    if feels == "anything" or (feels == "energy" and key == "driver.t_read"):
        return None
    return unfelt(base, key)
