"""Score a network over draws of its cells: written with an error, at times after programming, with a compensation."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np

from circuitsim.devices import device_card, read_statistics
from circuitsim.devices.statistics import Statistics, stated_causes
from circuitsim.errors import InputError
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.drawn_tiles import DrawnProduct
from circuitsim.evaluation.drift_compensation import DriftCompensation, Instant, compensated
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import (
    Inference,
    LayerRange,
    Network,
    ProgrammedNetwork,
    evaluate,
    evaluate_float,
    fit_ranges,
    program,
)
from circuitsim.results import DrawnScores
from circuitsim.spec import ArraySpec, checked
from circuitsim.spice import Progress


@checked
def score_draws(
    network: Network,
    product: BehavioralProduct,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    calibration_images: np.ndarray,
    seeds: Sequence[int],
    causes: Collection[str] | None = None,
    times: Sequence[float] = (0.0,),
    compensations: Sequence[DriftCompensation] = ("none",),
    trim_every: float | None = None,
    digital: Sequence[str] | None = None,
    extrapolate: bool = False,
    progress: Progress | None = None,
) -> DrawnScores:
    """Score a network on arrays whose cells the statistics of their device draw.

    Ranges of drivers and ADCs are learnt once, on cells that are as wanted, and stay. The same seed gives the same
    cells at every time and under every compensation, and the same read noise at a time, whatever else is asked for.

    Args:
        network: The network.
        product: Calibrated model of its tiles, with a certificate where one is at hand.
        images: (images, …).
        labels: Classes, or numbers of a regression.
        calibration_images: Images from which the ranges are learnt; must not be among `images`.
        seeds: One for each draw of all cells.
        causes: Of `devices.statistics.CAUSES`; None: all that the card of the device states.
        times: Seconds since the end of programming.
        compensations: See `DriftCompensation`.
        trim_every: Seconds from one reference read to the next, the first so long after programming; a compensation
            holds what the last one found. None: the reference is read at every one of `times`.
        digital: Names of layers that stay digital, as `mapping.digital`; None: as the specification has it.
        extrapolate: Go on outside the range of the source, with a warning.
        progress: Called with (finished, total).

    Raises:
        InputError: The device has no statistics or they do not state a cause; nothing is drawn; there is no seed, time
            or compensation; images and labels do not fit the network; or `trim_every` has no effect.
        OutsideRangeError: A time is outside the range of the source, without `extrapolate`.
    """
    spec, model = product.spec, product.model
    spec = spec if digital is None else spec.replace(mapping={"digital": list(digital)})
    _check_each_once(seeds=seeds, times=times, compensations=compensations)
    stats = device_statistics_of(spec)
    drawn = frozenset(stated_causes(stats, max(times)) if causes is None else causes)
    _check_drawn(stats, drawn, max(times))
    if spec.mapping.weights == "offset" and {"network", "layer"} & set(compensations):
        raise InputError(
            "mapping.weights = 'offset' with a gain for the network or its layers: the middle of the range is "
            "subtracted before it, undrifted; expected compensation 'column', 'column_offset' or none"
        )
    _check_trim(trim_every, compensations, max(times))
    tables = circuit_tables(spec, sense=model.sense)
    wanted = program(network, spec, product, tables=tables)
    ranges = fit_ranges(wanted, calibration_images)
    score = partial(_score, images=images, labels=labels)
    metric, undrawn = _metric(evaluate(wanted, images, labels, ranges=ranges))
    scores = np.empty((len(times), len(compensations), len(seeds)))
    gains = np.ones_like(scores)
    done, total = 0, scores.size
    for k, seed in enumerate(seeds):
        cells = DrawnProduct(product, stats, drawn, _first_time(stats, drawn), seed, extrapolate)
        fresh = None if set(compensations) == {"none"} else program(network, spec, cells, tables=tables)
        at = partial(_at, network, spec, tables, cells, fresh)
        for i, t in enumerate(times):
            now, last = at(t), t if trim_every is None else last_trim(t, trim_every)
            idle = fresh is None or last <= cells.t
            trimmed = None if idle else now if last == t else at(last)
            for j, compensation in enumerate(compensations):
                array, known, gains[i, j, k] = compensated(compensation, fresh, trimmed, now, ranges)
                scores[i, j, k] = score(array, known)
                done += 1
                if progress is not None:
                    progress(done, total)
    return DrawnScores(
        metric=metric,
        causes=tuple(sorted(drawn)),
        times=tuple(times),
        compensations=tuple(compensations),
        seeds=tuple(seeds),
        scores=scores,
        gains=gains,
        undrawn=undrawn,
        floating=_metric(evaluate_float(network, images, labels))[1],
    )


def _at(
    network: Network,
    spec: ArraySpec,
    tables: Any,
    cells: DrawnProduct,
    fresh: ProgrammedNetwork | None,
    t: float,
) -> Instant:
    """Return the network on the same cells at a time [s]."""
    aged = fresh if t == cells.t else None
    return Instant(aged or program(network, spec, replace(cells, t=t), tables=tables), t)


def _check_each_once(**given: Sequence[Any]) -> None:
    for name, values in given.items():
        if not len(values) or len(set(values)) < len(values):
            raise InputError(f"{name} = {list(values)}: expected at least one, and none twice")


def last_trim(t: float, every: float) -> float:
    """Return the time of the last reference read up to t [s]; 0 before the first."""
    return min(float(np.floor(t / every * (1.0 + 1e-12)) * every), t)


def _check_trim(every: float | None, compensations: Collection[str], latest: float) -> None:
    if every is None:
        return
    if not 0 < every < np.inf:
        raise InputError(f"trim_every = {every:g} s: expected a time above 0")
    if set(compensations) == {"none"}:
        raise InputError(
            "trim_every has no effect without a compensation; expected network, layer, column or column_offset"
        )
    if every > latest:
        raise InputError(f"trim_every = {every:g} s: the first is later than all times; expected {latest:g} s or less")


def _check_drawn(stats: Statistics, drawn: Collection[str], latest: float) -> None:
    """Refuse causes of which none moves a cell."""
    if not drawn:
        raise InputError("causes is empty: nothing would be drawn; expected at least one")
    if set(drawn) == {"drift"} and latest == 0:
        raise InputError("causes = ['drift'] at 0 s: nothing has drifted; expected a later time or another cause")
    if set(drawn) == {"drift"} and stats.table.drift is None:
        raise InputError(
            f"{stats.name}: its retention is a spread that contains the programming error, and drift alone moves "
            "nothing; add programming to causes"
        )


def _first_time(stats: Statistics, drawn: Collection[str]) -> float:
    """The time of the reference read after programming [s]: 0, or the first at which the source knows read noise."""
    return max(stats.table.drift.t_min, 0.0) if "read_noise" in drawn and stats.table.drift else 0.0


def device_statistics_of(spec: ArraySpec) -> Statistics:
    """Statistics of an array's device.

    Raises:
        InputError: Its card has none.
    """
    card = device_card(spec)
    if card.statistics is None:
        raise InputError(
            f"device.model = {card.name!r} has no statistics; expected a card with [statistics], such as pcm_joshi"
        )
    return read_statistics(card)


def _score(programmed: ProgrammedNetwork, ranges: dict[str, LayerRange], images: Any, labels: Any) -> float:
    return _metric(evaluate(programmed, images, labels, ranges=ranges))[1]


def _metric(found: Inference) -> tuple[str, float]:
    if found.score is None or (found.score.accuracy is None and found.score.rmse is None):
        raise InputError("labels give no score: expected classes, or numbers in the shape of the network's output")
    if found.score.accuracy is not None:
        return "accuracy", found.score.accuracy
    assert found.score.rmse is not None
    return "rmse", found.score.rmse
