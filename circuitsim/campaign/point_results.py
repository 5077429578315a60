"""What the store keeps of a point: its numbers with units, or why it failed."""

from collections.abc import Mapping
from typing import Any

from circuitsim.campaign.store import CampaignStore, read_content, write_once
from circuitsim.campaign.work import CampaignPoint, PointOutcome
from circuitsim.spec import shown


def result_content(point: CampaignPoint, values: Mapping[str, tuple[float, str]]) -> dict[str, Any]:
    """Return the content of a result: nothing in it depends on when, where, or in which campaign it was measured."""
    return {
        "drawn": point.drawn,
        "spec_digest": point.spec_digest,
        "replicate": point.replicate,
        "values": {name: value for name, (value, _) in values.items()},
        "units": {name: unit for name, (_, unit) in values.items()},
    }


def failure_content(point: CampaignPoint, outcome: PointOutcome, details: Mapping[str, Any]) -> dict[str, Any]:
    """Return the content of the record of a failure."""
    return {
        "key": point.key,
        "measure": point.measure,
        "replicate": point.replicate,
        "reason": outcome.reason,
        "worker": outcome.worker,
        **details,
    }


def unlike(
    store: CampaignStore,
    kinds: dict[str, dict[str, str]],
    point: CampaignPoint,
    values: Mapping[str, tuple[float, str]],
) -> str:
    """Return in what a result differs from the first one of its measure; empty: in nothing.

    Args:
        store: The store, which keeps names and units of the first one.
        kinds: The same by `CampaignPoint.kind`, as far as they are known; the first ones are added.
        point: The point.
        values: Its numbers and units.
    """
    found = {name: unit for name, (_, unit) in values.items()}
    if point.kind not in kinds:
        place = store.root / "units" / f"{point.kind[:32]}.json"
        kinds[point.kind] = found if write_once(store, place, found) else read_content(place)
    first = kinds[point.kind]
    if first == found:
        return ""
    return (
        f"measure {point.measure} returned {_words(found)}, and {_words(first)} at the first point: expected the same"
    )


def _words(units: Mapping[str, str]) -> str:
    return shown(", ".join(f"{name} [{unit}]" for name, unit in sorted(units.items())))
