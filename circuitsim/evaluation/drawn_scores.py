"""Score a network over draws of its cells: written with an error, at times after programming, with a compensation."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Literal

import numpy as np

from circuitsim.devices import device_card, read_statistics
from circuitsim.devices.statistics import Statistics, stated_causes
from circuitsim.errors import InputError
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.drawn_tiles import DrawnProduct, NoisyRead
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import (
    Inference,
    LayerRange,
    Network,
    ProgrammedLayer,
    ProgrammedNetwork,
    ReadTile,
    evaluate,
    evaluate_float,
    fit_ranges,
    program,
)
from circuitsim.results import DrawnScores
from circuitsim.spec import ArraySpec, checked, full_scale_inputs, resting_input
from circuitsim.spice import Progress

DriftCompensation = Literal["none", "network", "layer", "column"]
"""What a gain after the array removes of a common drift: nothing; one gain for the network, for each layer, or for each
column of each tile. It is what a reference read, all rows in use at v_read, gave after programming over what it gives
now (global drift compensation: V. Joshi et al., Nat. Commun. 11, 2473, 2020). Gains of networks and layers act behind
the ADC, digitally; those of columns in front of it, as trimmed amplifiers."""


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
        digital: Names of layers that stay digital, as `mapping.digital`; None: as the specification has it.
        extrapolate: Go on outside the range of the source, with a warning.
        progress: Called with (finished, total).

    Raises:
        InputError: The device has no statistics or they do not state a cause; nothing is drawn; there is no seed, time
            or compensation; or images and labels do not fit the network.
        OutsideRangeError: A time is outside the range of the source, without `extrapolate`.
    """
    spec, model = product.spec, product.model
    spec = spec if digital is None else spec.replace(mapping={"digital": list(digital)})
    for name, values in (("seeds", seeds), ("times", times), ("compensations", compensations)):
        if not len(values) or len(set(values)) < len(values):
            raise InputError(f"{name} = {list(values)}: expected at least one, and none twice")
    stats = device_statistics_of(spec)
    drawn = frozenset(stated_causes(stats, max(times)) if causes is None else causes)
    _check_drawn(stats, drawn, max(times))
    if spec.mapping.weights == "offset" and {"network", "layer"} & set(compensations):
        raise InputError(
            "mapping.weights = 'offset' with a gain for the network or its layers: the middle of the range is "
            "subtracted before it, undrifted; expected compensation 'column' or none"
        )
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
        for i, t in enumerate(times):
            new = fresh is None or t != cells.t
            aged = program(network, spec, replace(cells, t=t), tables=tables) if new else fresh
            assert aged is not None
            for j, compensation in enumerate(compensations):
                compensated, known, gains[i, j, k] = _compensate(compensation, fresh, aged, ranges, t)
                scores[i, j, k] = score(compensated, known)
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
        raise InputError(f"device.model = {card.name!r} has no statistics; expected a card with [statistics]")
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


def _compensate(
    compensation: DriftCompensation,
    fresh: ProgrammedNetwork | None,
    aged: ProgrammedNetwork,
    ranges: dict[str, LayerRange],
    t: float,
) -> tuple[ProgrammedNetwork, dict[str, LayerRange], float]:
    """The network and ranges with the gains of a compensation, and their mean.

    Reference reads and those of images have a read noise each, the same under every compensation.
    """
    at = int(np.float64(t).view(np.uint64))
    images = _with_noise(aged, 3, at)
    if compensation == "none" or fresh is None or aged is fresh:
        return images, ranges, 1.0
    before, now = _reference_reads(_with_noise(fresh, 1)), _reference_reads(_with_noise(aged, 2, at))
    if compensation == "column":
        gains = {name: [_ratio(b, n) for b, n in zip(before[name], now[name], strict=True)] for name in before}
        layers = {name: _trim(layer, gains[name]) for name, layer in images.layers.items()}
        every = np.concatenate([gain for each in gains.values() for gain in each])
        return replace(aged, layers=layers), ranges, float(every.mean())
    sums = {name: (_total(before[name]), _total(now[name])) for name in now}
    if compensation == "network":
        sums = dict.fromkeys(sums, (sum(b for b, _ in sums.values()), sum(n for _, n in sums.values())))
    gain = {name: b / n if n else 1.0 for name, (b, n) in sums.items()}
    known = {name: replace(each, gain=each.gain * gain[name]) for name, each in ranges.items()}
    return images, known, float(np.mean(list(gain.values())))


def _with_noise(programmed: ProgrammedNetwork, *stream: int) -> ProgrammedNetwork:
    """The same cells, whose reads draw the noise of a stream of their own."""
    layers = {}
    for name, layer in programmed.layers.items():
        reads = tuple(read.anew(*stream) if isinstance(read, NoisyRead) else read for read in layer.reads)
        layers[name] = replace(layer, reads=reads)
    return replace(programmed, layers=layers)


def _reference_reads(programmed: ProgrammedNetwork) -> dict[str, list[np.ndarray]]:
    """Currents (columns in use,) [A] of every tile, its rows in use at v_read and the others at rest."""
    spec, reads = programmed.spec, {}
    for name, layer in programmed.layers.items():
        reads[name] = []
        for place, read in zip(layer.places, layer.reads, strict=True):
            v_in = np.full((1, spec.array.rows), resting_input(spec))
            v_in[:, place.row_part] = full_scale_inputs(spec)[place.row_part]
            reads[name].append(np.asarray(read(v_in))[0, place.col_part])
    return reads


def _total(currents: list[np.ndarray]) -> float:
    return float(sum(each.sum() for each in currents))


def _ratio(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    return np.divide(before, now, out=np.ones_like(before), where=now != 0)


def _trim(layer: ProgrammedLayer, gains: list[np.ndarray]) -> ProgrammedLayer:
    tiles = zip(layer.reads, layer.places, gains, strict=True)
    return replace(layer, reads=tuple(partial(_trimmed, read, place.first_col, each) for read, place, each in tiles))


def _trimmed(read: ReadTile, first_col: int, gains: np.ndarray, v_in: np.ndarray) -> Any:
    i_out = read(v_in)
    full = np.ones(i_out.shape[1])
    full[first_col : first_col + len(gains)] = gains
    return i_out * full
