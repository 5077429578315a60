"""Points of a campaign: each is a read, at any level, with everything on which its result depends."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from joblib import Parallel, delayed

from circuitsim import levels, truth
from circuitsim.errors import InputError
from circuitsim.levels import Level
from circuitsim.levels.can import refuse_unused
from circuitsim.netlist import Mismatch
from circuitsim.results import Certificate, Solution, TileModel
from circuitsim.spec import ArraySpec, by_value, check_argument, checked
from circuitsim.spice import Progress, check_jobs

_log = logging.getLogger(__name__)

_CHUNK = 64  # points in memory at a time; the deck of a 64 x 64 array takes 0.7 MB


@by_value
@dataclass(frozen=True)
class Point:
    """One read of a campaign.

    Attributes:
        spec: The array.
        g: (rows, cols) conductances [S].
        x: (batch, rows) inputs; see `circuitsim.solve`.
        level: Level that reads the array.
        mismatch: Deviation of each access transistor, for level "ngspice"; None: no deviation.
        model, certificate: Calibrated model and its certificate, for level "behavioral".
        drawn: The conductances are what programming left, see `circuitsim.solve`.
    """

    spec: ArraySpec
    g: np.ndarray
    x: np.ndarray
    level: Level = "ngspice"
    mismatch: Mismatch | None = None
    model: TileModel | None = None
    certificate: Certificate | None = None
    drawn: bool = False


@checked
def run_points(
    count: int,
    point: Callable[[int], Point],
    *,
    n_jobs: int = 2,
    folder: str | Path | None = None,
    progress: Progress | None = None,
) -> list[Solution]:
    """Read all points of a campaign and return the solutions in the order of the points.

    Args:
        count: Number of points.
        point: Function that returns point k; it is called shortly before the point is read.
        n_jobs: Number of points that are read at the same time; it does not change the results.
        folder: Where to keep numbered run folders of ngspice; None removes them after success.
        progress: Called with (finished, total).

    Raises:
        DecksFailedError: Some decks failed. No point is dropped silently.
        InputError: `folder` is given, but no point runs ngspice.
        InputError, NotConvergedError: As `circuitsim.solve`.
    """
    check_jobs(n_jobs)
    solutions: list[Solution] = []
    for start in range(0, count, _CHUNK):
        points = [point(k) for k in range(start, min(start + _CHUNK, count))]
        place = None if folder is None else Path(folder) / f"points_{start:05d}"
        solutions += _read(points, n_jobs, place)
        _log.info("%d of %d points read", len(solutions), count)
        if progress is not None:
            progress(len(solutions), count)
    return solutions


def _read(points: Sequence[Point], n_jobs: int, folder: Path | None) -> list[Solution]:
    for point in points:
        _check(point)
    if folder is not None and all(point.level != "ngspice" for point in points):
        refuse_unused(points[0].level, {"folder": folder}, "ngspice")
    if all(point.level == "ngspice" and not point.spec.technique.changes_size for point in points):
        arrays = [_in_ngspice(point) for point in points]
        reads = [(array, point.x) for array, point in zip(arrays, points, strict=True)]
        return truth.read_many(reads, folder=folder, n_jobs=n_jobs)
    work = (
        delayed(_read_one)(point, None if folder is None or point.level != "ngspice" else folder / f"point_{k:04d}")
        for k, point in enumerate(points)
    )
    solutions: list[Any] = list(Parallel(n_jobs, backend="threading")(work))
    return solutions


def _check(point: Point) -> None:
    """Refuse what is no point, and what its level would ignore."""
    check_argument("point", point, Point)
    check_argument("point.spec", point.spec, ArraySpec)
    check_argument("point.level", point.level, Level)
    if point.mismatch is not None and point.level != "ngspice":
        raise InputError(f"level = {point.level!r} has one transistor for all cells: mismatch needs level = 'ngspice'")
    if point.mismatch is not None and point.spec.technique.changes_size:
        raise InputError("mismatch is given, but [technique] changes the size of the array: expected None")
    if point.level != "behavioral":
        refuse_unused(point.level, {"model": point.model, "certificate": point.certificate}, "behavioral")


def _read_one(point: Point, folder: Path | None) -> Solution:
    if point.mismatch is not None:
        return truth.read(_in_ngspice(point), point.x, folder=folder)
    return levels.solve(
        point.spec,
        point.g,
        point.x,
        point.level,
        model=point.model,
        certificate=point.certificate,
        drawn=point.drawn,
        folder=folder,
    )


def _in_ngspice(point: Point) -> truth.TruthArray:
    return truth.prepare(point.spec, point.g, mismatch=point.mismatch, drawn=point.drawn)
