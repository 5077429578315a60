"""What a worker does: from a point to numbers, or to why it has none; points share nothing."""

import contextlib
import os
import socket
import time
import traceback
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from circuitsim.campaign.expansion import CampaignSetup, array_place, measure_at, measure_place, varied_array
from circuitsim.campaign.measure_sources import forget_modules
from circuitsim.campaign.measures import MeasureCall, checked_values, load_function
from circuitsim.campaign.point_keys import (
    files_digest,
    generator_of,
    measure_digest,
    parts_with_files,
    point_key,
    program_versions,
)
from circuitsim.campaign.sent_files import SentFiles, place_files
from circuitsim.errors import CircuitsimError, InputError
from circuitsim.spec import ArraySpec, by_value

_MOST_SETUPS = 4  # campaigns of which a process remembers what it prepared
_MOST_ARRAYS = 1000  # specifications that it remembers of each


@dataclass(frozen=True)
class SharedSetup:
    """What all points of a campaign share, sent to a worker once or with each batch.

    Attributes:
        name: Tells setups apart.
        setup: The setup.
        files: Files that it reads, for workers that may not see them; None: they do.
    """

    name: str
    setup: CampaignSetup
    files: SentFiles | None = None


@dataclass(frozen=True)
class _Prepared:
    """What a worker prepared of a campaign, so that the next point need not.

    Attributes:
        setup: The campaign.
        arrays: Specifications by their places on the axes, with the sections of each that may name files.
        calls: Measures by name and place on the axes, with the digest of what they are made of.
        files: Digest of the files of arrays by what names them.
    """

    setup: CampaignSetup
    arrays: dict[tuple[int, ...], tuple[ArraySpec, str]] = field(default_factory=dict)
    calls: dict[tuple[str, tuple[int, ...]], tuple[MeasureCall, str]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)


_HELD: dict[str, _Prepared] = {}
"""What this process prepared, by the name of the setup."""


@dataclass(frozen=True)
class CampaignPoint:
    """One measure at one place.

    Attributes:
        key: Digest of everything on which its result depends.
        drawn: Digest that seeds its generator.
        spec_digest: `ArraySpec.digest` of its array.
        measure: Name of the measure.
        kind: Digest of its function and arguments.
        index: Index on each axis.
        replicate: Number of the replicate.
    """

    key: str
    drawn: str
    spec_digest: str
    measure: str
    kind: str
    index: tuple[int, ...]
    replicate: int


@by_value
@dataclass(frozen=True)
class PointOutcome:
    """What became of a point.

    Attributes:
        values: Numbers and their units by name; None: it failed.
        reason: Why it failed, in one sentence; empty: it did not.
        details: Kind of the error, its traceback and the run folder of the simulator.
        seconds: Processor time that it took [s].
        worker: Machine and process.
        warned: Sentences that it warned of.
        took: Time from begin to end [s].
    """

    values: dict[str, tuple[float, str]] | None
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    worker: str = ""
    warned: tuple[str, ...] = ()
    took: float = 0.0


def work_on_batch(shared: SharedSetup, points: Sequence[CampaignPoint], seconds: float) -> tuple[PointOutcome, ...]:
    """Measure points one after the other, until a time is over.

    Args:
        shared: What all points share.
        points: The points.
        seconds: Time after which no further point begins [s].

    Returns:
        What became of the points, from the first on: of one or more.
    """
    start, done = time.perf_counter(), []
    for point in points:
        done.append(work_on(shared, point))
        if time.perf_counter() - start >= seconds:
            break
    return tuple(done)


def work_on(shared: SharedSetup, point: CampaignPoint) -> PointOutcome:
    """Measure a point.

    Args:
        shared: What all points share.
        point: The point.

    Returns:
        Its numbers, or why it failed: an error of a point does not end a campaign.
    """
    start, begun = time.process_time(), time.perf_counter()
    worker = f"{socket.gethostname()} {os.getpid()}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            values = _measured(_prepared(shared), point)
        except Exception as error:  # a function of the user's may raise anything
            details: dict[str, Any] = {"error": type(error).__name__, "traceback": traceback.format_exc()}
            if (folder := getattr(error, "folder", None)) is not None:
                details["folder"] = str(folder)
            said = str(error) if isinstance(error, CircuitsimError) else f"{type(error).__name__}: {error}"
            if isinstance(error, MemoryError):
                details["error"] = "MemoryError"  # NumPy raises one of its own
                said = f"more memory than a worker may take: {str(error) or 'no more is allowed'}"
            values, reason = None, " ".join(said.split())
        else:
            details, reason = {}, ""
    warned = tuple(dict.fromkeys(str(each.message) for each in caught))
    used, took = time.process_time() - start, time.perf_counter() - begun
    return PointOutcome(values, reason, details, used, worker, warned, took)


def prepare_worker(shared: SharedSetup) -> None:
    """Import what the measures of a campaign need; what cannot be imported is told by the points."""
    held = _prepared(shared)
    program_versions()
    _forget_modules(held.setup)
    for call in held.setup.measures.values():
        with contextlib.suppress(Exception):
            load_function(call)


def _prepared(shared: SharedSetup) -> _Prepared:
    held = _HELD.get(shared.name)
    if held is None:
        held = _Prepared(shared.setup if shared.files is None else place_files(shared.setup, shared.files))
        if shared.files is not None:  # the worker may have modules of another campaign
            _forget_modules(held.setup)
        while len(_HELD) >= _MOST_SETUPS:
            _HELD.pop(next(iter(_HELD)), None)
        _HELD[shared.name] = held
    return held


def _forget_modules(setup: CampaignSetup) -> None:
    for call in setup.measures.values():
        if call.shipped is None:
            forget_modules(call.function, Path(call.folder))


def _measured(held: _Prepared, point: CampaignPoint) -> dict[str, tuple[float, str]]:
    """Measure a point, after everything on which its result depends was found to be that of the plan."""
    setup = held.setup
    if (found := program_versions()) != dict(setup.versions):
        raise InputError(
            f"this worker has {_words(found)}, and the campaign {_words(setup.versions)}: expected the same"
        )
    spec, named = _array_at(held, point.index)
    if spec.digest != point.spec_digest:
        raise InputError(
            "this worker makes another specification of the point: expected the same circuitsim everywhere"
        )
    call, kind = _call_at(held, point)
    if kind != point.kind:
        raise InputError(
            f"{_host()} has other files or modules of measure {point.measure} than the plan: expected the same content "
            "on every machine, unchanged while the campaign runs"
        )
    if named not in held.files:
        held.files[named] = files_digest(spec)
    if point.key != point_key(spec.digest, held.files[named], kind, point.drawn, setup.versions):
        raise InputError(
            f"{_host()} has other device cards or circuits than the plan: expected the same files on every machine, "
            "unchanged while the campaign runs"
        )
    numbers = load_function(call)(spec=spec, rng=generator_of(point.drawn), **call.arguments)
    return checked_values(point.measure, numbers)


def _array_at(held: _Prepared, index: tuple[int, ...]) -> tuple[ArraySpec, str]:
    place = array_place(held.setup, index)
    if place not in held.arrays:
        if len(held.arrays) >= _MOST_ARRAYS:
            held.arrays.clear()
        spec = varied_array(held.setup, index)
        held.arrays[place] = spec, parts_with_files(spec)
    return held.arrays[place]


def _call_at(held: _Prepared, point: CampaignPoint) -> tuple[MeasureCall, str]:
    place = point.measure, measure_place(held.setup, point.measure, point.index)
    if place not in held.calls:
        if len(held.calls) >= _MOST_ARRAYS:
            held.calls.clear()
        call = measure_at(held.setup, point.measure, point.index)
        try:
            held.calls[place] = call, measure_digest(call)
        except OSError as error:
            raise InputError(
                f"{_host()} has no {error.filename}, which measure {point.measure} reads: expected the same path on "
                "every machine, such as on a shared file system"
            ) from None
    return held.calls[place]


def _host() -> str:
    return f"machine {socket.gethostname()}"


def _words(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
