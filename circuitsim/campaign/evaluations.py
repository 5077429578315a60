"""Measure places of a design space as points of a campaign, and read their numbers back from its store."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from circuitsim.campaign.engines import Engine
from circuitsim.campaign.expansion import CampaignSetup, array_at
from circuitsim.campaign.exploration_file import ExplorationFile
from circuitsim.campaign.manifest import CampaignPlan, KnownDigests, list_points, points_at
from circuitsim.campaign.running import run_campaign
from circuitsim.campaign.search import Place
from circuitsim.campaign.store import CampaignStore, open_store, read_content, read_result
from circuitsim.campaign.work import CampaignPoint
from circuitsim.errors import InputError, SpecError
from circuitsim.spec import ArraySpec


@dataclass(frozen=True)
class Measured:
    """What was measured at a place.

    Attributes:
        values: Means over the replicates by NAME.RESULT; None: a measure failed.
        reason: Why it failed; empty: it did not.
    """

    values: dict[str, float] | None
    reason: str = ""


@dataclass(frozen=True)
class Evaluator:
    """What measures places.

    Attributes:
        file: The exploration.
        setup: What all points share.
        store: The store.
        engine: Carries points to workers.
        retry_failed: Whether what failed is measured again.
        listed: Points that were asked for so far, by their keys.
        specs: Specification of each place; None: it is no design.
        known: Digests that were made before.
        units: Unit of each result, by NAME.RESULT.
        refused: Why places are no specification.
    """

    file: ExplorationFile
    setup: CampaignSetup
    store: CampaignStore
    engine: Engine
    retry_failed: bool
    listed: dict[tuple[str, Place, int], CampaignPoint] = field(default_factory=dict)
    specs: dict[Place, ArraySpec | None] = field(default_factory=dict)
    known: KnownDigests = field(default_factory=KnownDigests)
    units: dict[str, str] = field(default_factory=dict)
    refused: "Counter[str]" = field(default_factory=Counter)


def open_evaluator(
    file: ExplorationFile, setup: CampaignSetup, store: str | Path, engine: Engine, retry_failed: bool
) -> Evaluator:
    """Open the store of an exploration; arguments as in `Evaluator`.

    Raises:
        InputError: The store is of another version, or cannot be written.
    """
    return Evaluator(file, setup, open_store(store, make=True), engine, retry_failed)


def spec_of(evaluator: Evaluator, place: Place) -> ArraySpec | None:
    """Return the specification of a place; None where constraints exclude it, or where it is none."""
    if place not in evaluator.specs:
        try:
            evaluator.specs[place] = array_at(evaluator.setup, place)
        except SpecError as error:
            evaluator.refused[str(error.__context__ or error)] += 1  # without the place: alike ones are told once
            evaluator.specs[place] = None
    return evaluator.specs[place]


def measure_places(evaluator: Evaluator, places: Sequence[Place], names: Iterable[str]) -> dict[Place, Measured]:
    """Measure what is not in the store yet, and return the numbers of all places.

    Raises:
        InputError: An objective or a limit names what its measure does not return; the store cannot be written.
    """
    points: dict[Place, list[CampaignPoint]] = {}
    unable: dict[Place, Measured] = {}
    for place in places:
        spec = spec_of(evaluator, place)
        assert spec is not None  # `places` are designs
        try:
            points[place] = list(points_at(evaluator.setup, place, spec, names, evaluator.known))
        except InputError as error:  # a measure that cannot run there; others may
            unable[place] = Measured(None, str(error))
    every = [point for some in points.values() for point in some]
    evaluator.listed.update({(point.measure, point.index, point.replicate): point for point in every})
    if every:
        listing = list_points(evaluator.file.name, evaluator.setup, tuple(evaluator.listed.values()), None)
        plan = CampaignPlan(evaluator.setup, tuple(every), listing)
        steps = run_campaign(plan, evaluator.store.root, engine=evaluator.engine, retry_failed=evaluator.retry_failed)
        for step in steps:
            if step.point is not None and step.outcome is not None and step.outcome.values is not None:
                _check_results(evaluator.file, step.point.measure, step.outcome.values)
    return unable | {place: _read(evaluator, some) for place, some in points.items()}


def _read(evaluator: Evaluator, points: Sequence[CampaignPoint]) -> Measured:
    """Return the means over replicates, or why one of them failed."""
    values: dict[str, list[float]] = {}
    for point in points:
        failure = evaluator.store.failure(point.key)
        if failure.exists():
            return Measured(None, f"{point.measure}: {read_content(failure).get('reason')}")
        content = read_result(evaluator.store, point.key)
        _check_results(evaluator.file, point.measure, content["values"])
        for name, value in content["values"].items():
            values.setdefault(f"{point.measure}.{name}", []).append(value)
            unit = evaluator.units.setdefault(f"{point.measure}.{name}", content["units"][name])
            if unit != content["units"][name]:
                raise InputError(
                    f"{point.measure}.{name} is in {unit} and {content['units'][name]}: expected one unit at all points"
                )
    if not values:
        return Measured(None, "no replicate meets the constraints")
    return Measured({name: float(np.mean(several)) for name, several in values.items()})


def _check_results(file: ExplorationFile, measure: str, found: Iterable[str]) -> None:
    """Refuse an objective or a limit over what a measure does not return, as soon as this is known."""
    there = set(found)
    for where, names in (("minimize", file.minimize), ("maximize", file.maximize), ("limits", file.limits)):
        for name in names:
            own, _, result = name.partition(".")
            if own == measure and result not in there:
                raise InputError(
                    f"{where}: measure {own} returns no {result!r}; expected one of "
                    f"{', '.join(f'{own}.{each}' for each in sorted(there))}"
                )
