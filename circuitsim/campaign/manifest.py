"""The points of a campaign, listed once: in memory, and in the store, so that its state is known without the file."""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from circuitsim.campaign.campaign_file import CampaignFile
from circuitsim.campaign.expansion import (
    CampaignAxis,
    CampaignSetup,
    combinations,
    measure_at,
    measure_place,
    meets,
    seed_at,
    set_up,
)
from circuitsim.campaign.measures import MeasureCall
from circuitsim.campaign.point_keys import (
    draw_digest,
    files_digest,
    measure_digest,
    parts_with_files,
    point_key,
    program_versions,
)
from circuitsim.campaign.statistics_file import CampaignStatistics
from circuitsim.campaign.store import CampaignStore, told
from circuitsim.campaign.work import CampaignPoint
from circuitsim.errors import ARRAY_FAULTS, InputError
from circuitsim.results.atomic_files import atomic, write_text
from circuitsim.spec import ArraySpec, FrozenMapping, by_value, checked, named_circuits, stated_values

MANIFEST_SCHEMA = 1


@by_value
@dataclass(frozen=True)
class CampaignList:
    """Where the points of a campaign lie.

    Attributes:
        name: Title.
        axes: Name, keys, labels and unit of each axis; `drawn`: the same of those that a design drew together.
        measures: Names of the measures.
        replicates: Number of replicates.
        goal: "min" or "max" and NAME.RESULT, of which progress shows the best; None: none.
        versions: Versions of the programs.
        keys: Key of each point.
        places: (points, axes + 2) index on each axis, number of the replicate, number of the measure.
        statistics: Which intervals and yields, and when replicates stop.
        design: Kind of the design that drew an axis; empty: none did.
        circuits: The circuits of its base, see `spec.named_circuits`.
        values: The values of its base, see `spec.stated_values`.
    """

    name: str
    axes: tuple[dict[str, Any], ...]
    measures: tuple[str, ...]
    replicates: int
    goal: tuple[str, str] | None
    versions: Mapping[str, str]
    keys: tuple[str, ...]
    places: np.ndarray
    statistics: CampaignStatistics = field(default_factory=CampaignStatistics)
    design: str = ""
    circuits: Mapping[str, str] = field(default_factory=FrozenMapping)
    values: Mapping[str, Any] = field(default_factory=FrozenMapping)


@dataclass(frozen=True)
class CampaignPlan:
    """A campaign ready to run.

    Attributes:
        setup: What its points share.
        points: All points.
        listing: The same for the store.
    """

    setup: CampaignSetup
    points: tuple[CampaignPoint, ...]
    listing: CampaignList


@checked
def plan_campaign(campaign: CampaignFile, folder: str | Path) -> CampaignPlan:
    """List the points of a campaign: axes, constraints, replicates and measures, each with its key.

    Args:
        campaign: From `load_campaign`.
        folder: Where relative paths of the file start.

    Raises:
        InputError: A file, a key, a measure, an argument or a constraint cannot be used, or no point is left.
        SpecError: A point is no specification; names its values.
    """
    versions = program_versions()
    setup = set_up(campaign, Path(folder), versions)
    points = tuple(_points(setup))
    if not points:
        raise InputError("no replicate meets the constraints: expected one point or more")
    best = campaign.minimize or campaign.maximize
    goal = None if best is None else ("min" if campaign.minimize else "max", best)
    design = "" if campaign.design is None else campaign.design.kind
    listing = list_points(campaign.name, setup, points, goal, statistics=campaign.statistics, design=design)
    return CampaignPlan(setup, points, listing)


def list_points(
    name: str,
    setup: CampaignSetup,
    points: Sequence[CampaignPoint],
    goal: tuple[str, str] | None,
    *,
    statistics: CampaignStatistics | None = None,
    design: str = "",
) -> CampaignList:
    """Return where points lie; arguments as in `CampaignList`."""
    names = tuple(setup.measures)
    places = np.array([(*p.index, p.replicate, names.index(p.measure)) for p in points], dtype=np.int32)
    axes = tuple(_listed(axis) for axis in setup.axes)
    keys = tuple(point.key for point in points)
    return CampaignList(
        name,
        axes,
        names,
        setup.replicates,
        goal,
        setup.versions,
        keys,
        places,
        statistics or CampaignStatistics(),
        design,
        FrozenMapping(named_circuits(setup.base)),
        FrozenMapping(stated_values(setup.base)),
    )


def save_list(store: CampaignStore, listing: CampaignList) -> None:
    """Write the points of a campaign into a store, in place of those of the last one."""
    raw = np.frombuffer(bytes.fromhex("".join(listing.keys)), dtype=np.uint8).reshape(-1, 32)
    about = {
        "schema": MANIFEST_SCHEMA,
        "points": hashlib.sha256(raw.tobytes()).hexdigest(),
        "name": listing.name,
        "axes": list(listing.axes),
        "measures": list(listing.measures),
        "replicates": listing.replicates,
        "goal": listing.goal,
        "versions": dict(listing.versions),
        "statistics": listing.statistics.model_dump(mode="json", by_alias=True),
        "design": listing.design,
        "circuits": dict(listing.circuits),
        "values": dict(listing.values),
    }
    with told(store.root):
        with atomic(store.root / "points.npz") as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, keys=raw, places=listing.places)
        write_text(store.root / "campaign.json", json.dumps(about, indent=1) + "\n")


def load_list(store: CampaignStore) -> CampaignList:
    """Read the points of the campaign that ran last into a store.

    Raises:
        InputError: There are none, or the files are damaged or of another version.
    """
    file = store.root / "points.npz"
    try:
        about = json.loads((store.root / "campaign.json").read_text(encoding="utf-8"))
        with np.load(file, allow_pickle=False) as content:
            raw, places = content["keys"], content["places"]
    except FileNotFoundError:
        raise InputError(f"{store.root}: no campaign ran into this store yet; expected one") from None
    except ARRAY_FAULTS:
        raise InputError(f"{file}: damaged; run the campaign again, which keeps its results") from None
    if about.get("schema") != MANIFEST_SCHEMA or about["points"] != hashlib.sha256(raw.tobytes()).hexdigest():
        raise InputError(f"{file}: of another version, or being written; run the campaign again, which keeps results")
    text = raw.tobytes().hex()
    keys = tuple(text[k : k + 64] for k in range(0, len(text), 64))
    goal = None if about["goal"] is None else tuple(about["goal"])
    return CampaignList(
        about["name"],
        tuple(about["axes"]),
        tuple(about["measures"]),
        about["replicates"],
        goal,
        about["versions"],
        keys,
        places,
        CampaignStatistics.model_validate(about.get("statistics", {})),
        about.get("design", ""),
        FrozenMapping(about.get("circuits", {})),
        FrozenMapping(about.get("values", {})),
    )


def _listed(axis: CampaignAxis) -> dict[str, Any]:
    """Return what the store keeps of an axis; of one that a design drew, the axes that it drew together."""
    told: dict[str, Any] = {
        "name": axis.name,
        "keys": list(axis.keys),
        "labels": list(axis.labels),
        "unit": axis.unit,
    }
    told |= {"scale": axis.scale} if axis.scale else {}
    return told | ({"drawn": [_listed(each) for each in axis.drawn]} if axis.drawn else {})


@dataclass(frozen=True)
class KnownDigests:
    """Digests of files and of measures with their arguments that several points share, each made once.

    Attributes:
        files: Digest of the files that sections name, by these as one text.
        measures: Digest by the name of a measure and the index on the axes over its arguments.
        able: Measures, with arguments and the array, that were found to be measurable.
    """

    files: dict[str, str] = field(default_factory=dict)
    measures: dict[tuple[str, tuple[int, ...]], str] = field(default_factory=dict)
    able: set[tuple[tuple[str, tuple[int, ...]], str]] = field(default_factory=set)


def points_at(
    setup: CampaignSetup, index: tuple[int, ...], spec: ArraySpec, names: Iterable[str], known: KnownDigests
) -> Iterator[CampaignPoint]:
    """Yield the points of some measures at one place: all of its replicates that meet the constraints.

    Args:
        setup: What all points share.
        index: Index on each axis.
        spec: The array there.
        names: Names of the measures.
        known: Digests that were made before; new ones are added.
    """
    named = parts_with_files(spec)
    if named not in known.files:
        known.files[named] = files_digest(spec)
    seed = seed_at(setup, index)
    for name in names:
        own = name, measure_place(setup, name, index)
        if own not in known.measures:
            known.measures[own] = measure_digest(measure_at(setup, name, index))
        if setup.measures[name].shipped and (pair := (own, spec.digest)) not in known.able:
            _check_measurable(measure_at(setup, name, index), spec)
            known.able.add(pair)
        kind = known.measures[own]
        for replicate in range(setup.replicates):
            if meets(setup, spec, index, replicate):
                drawn = draw_digest(seed, replicate)
                key = point_key(spec.digest, known.files[named], kind, drawn, setup.versions)
                yield CampaignPoint(key, drawn, spec.digest, name, kind, index, replicate)


def _points(setup: CampaignSetup) -> Iterator[CampaignPoint]:
    known = KnownDigests()
    for index, spec in combinations(setup):
        yield from points_at(setup, index, spec, setup.measures, known)


def _check_measurable(call: MeasureCall, spec: ArraySpec) -> None:
    from circuitsim.campaign.measure_checks import check_measurable  # imports the solvers: a status has no use for them

    check_measurable(call, spec)
