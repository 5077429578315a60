"""When the replicates of a place stop: a pure rule on what is in the store, the same for everyone who looks.

At each of its fixed looks the rule sees replicates 0 … n − 1 of one measure and nothing else: workers, order, restarts,
and results that an earlier campaign left beyond the last look change no decision. A replicate that failed counts as
looked at, without a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from circuitsim.campaign.intervals import mean_interval, share_interval
from circuitsim.campaign.manifest import CampaignList
from circuitsim.campaign.statistics_file import CampaignStatistics, StopTable, looks, told_level
from circuitsim.campaign.store import CampaignStore, read_result
from circuitsim.campaign.yields import passes
from circuitsim.errors import InputError


@dataclass(frozen=True)
class StopWatch:
    """What the rule knows of a store; contents of results are read once.

    Attributes:
        store: The store.
        listing: The points.
        values: Value by key of the point, as far as it was needed; NaN for one that failed.
        enough: Replicates of each place whose decision is made.
        wide: Places that have all their replicates, and an interval that is not narrow enough.
    """

    store: CampaignStore
    listing: CampaignList
    values: dict[str, float] = field(default_factory=dict)
    enough: dict[tuple[int, ...], int] = field(default_factory=dict)
    wide: set[tuple[int, ...]] = field(default_factory=set)


@dataclass(frozen=True)
class StopState:
    """Which points the rule lets run.

    Attributes:
        due: For each point of the listing, whether it is measured now or was.
        stopped: For each point, whether its place had enough replicates before it.
    """

    due: np.ndarray
    stopped: np.ndarray


def stop_state(watch: StopWatch, done: set[str], failed: set[str]) -> StopState:
    """Apply the rule of a campaign to its points.

    Args:
        watch: The store, and what was read of it before.
        done, failed: Keys of points with a result, and of those that failed.

    Raises:
        InputError: The measure does not return the result that decides, or a result is damaged.
    """
    listing, stop = watch.listing, watch.listing.statistics.stop
    places, replicates = listing.places[:, :-2], listing.places[:, -2]
    if stop is None:
        return StopState(np.ones(len(places), dtype=bool), np.zeros(len(places), dtype=bool))
    allowed: dict[tuple[int, ...], int] = {}
    for place, keys in _deciding(listing, stop).items():
        if place not in watch.enough:
            allowed[place] = _look(watch, stop, place, keys, done, failed)
    where = [tuple(row) for row in places.tolist()]
    limit = np.array([watch.enough.get(place, allowed.get(place, 0)) for place in where])
    final = np.array([place in watch.enough for place in where])
    return StopState(replicates < limit, final & (replicates >= limit))


def next_points(watch: StopWatch, done: set[str], failed: set[str]) -> tuple[list[str], set[str]]:
    """Return the keys of points to measure now, in their order, and of those that are not needed at any place.

    Args:
        watch, done, failed: As in `stop_state`.
    """
    state, keys = stop_state(watch, done, failed), watch.listing.keys
    due = dict.fromkeys(keys[k] for k in np.flatnonzero(state.due))
    stopped = {keys[k] for k in np.flatnonzero(state.stopped)}
    needed = {keys[k] for k in np.flatnonzero(~state.stopped)}
    return [key for key in due if key not in done and key not in failed], stopped - needed


def _deciding(listing: CampaignList, stop: StopTable) -> dict[tuple[int, ...], list[str]]:
    """Return the keys of the measure that decides, by place, in the order of the replicates."""
    name = _result(listing.statistics, stop).partition(".")[0]
    rows = np.flatnonzero(listing.places[:, -1] == listing.measures.index(name))
    rows = rows[np.argsort(listing.places[rows, -2], kind="stable")]
    found: dict[tuple[int, ...], list[str]] = {}
    for row in rows:
        found.setdefault(tuple(listing.places[row, :-2].tolist()), []).append(listing.keys[row])
    return found


def _look(
    watch: StopWatch, stop: StopTable, place: tuple[int, ...], keys: list[str], done: set[str], failed: set[str]
) -> int:
    """Return how many replicates of a place may run; note it in `watch.enough` once the rule has decided."""
    settings = watch.listing.statistics
    level = told_level(settings, watch.listing.replicates)
    for n in looks(stop, len(keys)):
        if not all(key in done or key in failed for key in keys[:n]):
            return n
        if _is_narrow(settings, stop, np.array([_value(watch, key, done) for key in keys[:n]]), level):
            watch.enough[place] = n
            return n
    watch.enough[place] = len(keys)
    watch.wide.add(place)
    return len(keys)


def _is_narrow(settings: CampaignStatistics, stop: StopTable, values: np.ndarray, level: float) -> bool:
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return False
    if stop.of in settings.yields:
        value, low, high = share_interval(passes(settings.yields[stop.of], values).sum(), np.array(len(values)), level)
    else:
        value, low, high = mean_interval(values, level)
    half = float(high - low) / 2
    if stop.half_width is not None:
        return half <= stop.half_width
    # A yield of 0 has no fraction: the width itself counts, as it does at a yield of 1.
    size = 1.0 if stop.of in settings.yields and value == 0 else abs(float(value))
    return half <= (stop.relative_half_width or 0) * size


def _value(watch: StopWatch, key: str, done: set[str]) -> float:
    if key not in done:
        return np.nan
    if key not in watch.values:
        content: Mapping[str, Any] = read_result(watch.store, key)["values"]
        stop = watch.listing.statistics.stop
        assert stop is not None
        measure, _, result = _result(watch.listing.statistics, stop).partition(".")
        if result not in content:
            raise InputError(
                f"statistics.stop.of: {measure} returns no {result}; expected one of {', '.join(sorted(content))}"
            )
        watch.values[key] = float(content[result])
    return watch.values[key]


def _result(settings: CampaignStatistics, stop: StopTable) -> str:
    return settings.yields[stop.of].of if stop.of in settings.yields else stop.of
