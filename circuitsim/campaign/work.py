"""What a worker does: from a point to numbers, or to why it has none; points share nothing."""

import os
import socket
import time
import traceback
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from circuitsim.campaign.expansion import CampaignSetup, measure_at, varied_array
from circuitsim.campaign.measures import checked_values, load_function
from circuitsim.campaign.point_keys import generator_of, program_versions
from circuitsim.errors import CircuitsimError, InputError
from circuitsim.spec import by_value

_HELD: dict[str, CampaignSetup] = {}
"""Setups that this worker process received when it started, by a name: they are not sent with every point."""


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
    """

    values: dict[str, tuple[float, str]] | None
    reason: str = ""
    details: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    worker: str = ""
    warned: tuple[str, ...] = ()


def hold_setup(name: str, setup: CampaignSetup) -> None:
    """Keep a setup in this worker process, under a name by which points refer to it."""
    _HELD[name] = setup


def work_on(setup: CampaignSetup | str, point: CampaignPoint) -> PointOutcome:
    """Measure a point.

    Args:
        setup: What all points share, or the name under which this process holds it.
        point: The point.

    Returns:
        Its numbers, or why it failed: an error of a point does not end a campaign.
    """
    start = time.process_time()
    worker = f"{socket.gethostname()} {os.getpid()}"
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            values = _measured(_HELD[setup] if isinstance(setup, str) else setup, point)
        except Exception as error:  # a function of the user's may raise anything
            details: dict[str, Any] = {"error": type(error).__name__, "traceback": traceback.format_exc()}
            if (folder := getattr(error, "folder", None)) is not None:
                details["folder"] = str(folder)
            said = str(error) if isinstance(error, CircuitsimError) else f"{type(error).__name__}: {error}"
            values, reason = None, " ".join(said.split())
        else:
            details, reason = {}, ""
    warned = tuple(dict.fromkeys(str(each.message) for each in caught))
    return PointOutcome(values, reason, details, time.process_time() - start, worker, warned)


def _measured(setup: CampaignSetup, point: CampaignPoint) -> dict[str, tuple[float, str]]:
    if (found := program_versions()) != dict(setup.versions):
        raise InputError(
            f"this worker has {_words(found)}, and the campaign {_words(setup.versions)}: expected the same"
        )
    spec = varied_array(setup, point.index)
    if spec.digest != point.spec_digest:
        raise InputError(
            "this worker makes another specification of the point: expected the same circuitsim everywhere"
        )
    call = measure_at(setup, point.measure, point.index)
    numbers = load_function(call)(spec=spec, rng=generator_of(point.drawn), **call.arguments)
    return checked_values(point.measure, numbers)


def _words(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
