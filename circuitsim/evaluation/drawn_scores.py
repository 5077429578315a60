"""Score a network over draws of its cells: written with an error, at times after programming, with a compensation."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from circuitsim.calibration.drawn import stated_statistics
from circuitsim.devices import device_card
from circuitsim.devices.statistics import Statistics, stated_causes
from circuitsim.errors import InputError
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.column_converters import (
    Converters,
    ConverterSpread,
    check_spread,
    draw_converters,
    nominal_tables,
    undrawn_noise,
)
from circuitsim.evaluation.drawn_tiles import DrawnProduct
from circuitsim.evaluation.drift_compensation import DriftCompensation, Instant, compensated
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.evaluation.warm_tiles import TilesAt, tiles_at
from circuitsim.network import (
    Inference,
    InputRangePer,
    LayerRange,
    Network,
    ProgrammedNetwork,
    RangePer,
    evaluate,
    evaluate_float,
    fit_ranges,
    program,
)
from circuitsim.periphery import Periphery
from circuitsim.results import DrawnScores
from circuitsim.spec import ArraySpec, checked
from circuitsim.spice import Progress
from circuitsim.units import time_unit


@dataclass(frozen=True)
class _Cells:
    """A network on drawn cells.

    Attributes:
        network: The network.
        digital: Names of layers that stay digital; None: as the specification has it.
        known: What reads tiles at the temperature of the model, for which the digital side was set.
        warm: What reads them at the temperature of the draws.
        spread: How converters differ; None: not at all.
        statistics: Of the device; None without causes.
        drawn: What is drawn of the cells.
        first: Time of the reference read after programming [s].
        extrapolate: As in `score_draws`.
    """

    network: Network
    digital: Sequence[str] | None
    known: TilesAt
    warm: TilesAt
    spread: ConverterSpread | None
    statistics: Statistics | None
    drawn: frozenset[str]
    first: float
    extrapolate: bool

    @property
    def moved(self) -> bool:
        """Whether outputs are off from the end of programming on."""
        return self.warm is not self.known or self.spread is not None

    def wanted(self, at: TilesAt) -> ProgrammedNetwork:
        """Return the network on cells that are as wanted, between converters that are as their tables have them."""
        return self._programmed(at, at.tables, frozenset(), 0, 0.0)

    def programmed(self, seed: int, t: float, at: TilesAt) -> ProgrammedNetwork:
        """Return the network on the cells of a seed at a time [s]."""
        return self._programmed(at, nominal_tables(at.tables, self.spread), self.drawn, seed, t)

    def _programmed(
        self, at: TilesAt, tables: Periphery | None, causes: frozenset[str], seed: int, t: float
    ) -> ProgrammedNetwork:
        spec, stats = at.product.spec, self.statistics
        spec = spec if self.digital is None else spec.replace(mapping={"digital": list(self.digital)})
        product = at.product
        if causes or at.factor != 1.0:
            product = DrawnProduct(at.product, stats, causes, t, seed, self.extrapolate, at.factor)
        return program(self.network, spec, product, tables=tables)


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
    temperature_c: float | None = None,
    spread: ConverterSpread | None = None,
    inputs_per: InputRangePer = "layer",
    adc_per: RangePer = "layer",
    digital: Sequence[str] | None = None,
    extrapolate: bool = False,
    progress: Progress | None = None,
) -> DrawnScores:
    """Score a network on arrays whose cells the statistics of their device draw.

    Ranges of drivers and ADCs are learnt once, on cells that are as wanted at the temperature of the model, and stay.
    The same seed gives the same cells and converters at every time and temperature and under every compensation, and
    the same read noise at a time, whatever else is asked for.

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
        trim_every: Seconds from one reference read to the next, the first so long after programming, or at its end
            where a temperature or converters move outputs from then on; a compensation holds what the last one found.
            None: the reference is read at every one of `times`.
        temperature_c: Temperature of the reads [°C], see `tiles_at`; None: that of the model.
        spread: How the converter of each column differs; None: not at all.
        inputs_per, adc_per: What has an input or ADC range of its own, as in `network.fit_ranges`.
        digital: Names of layers that stay digital, as `mapping.digital`; None: as the specification has it.
        extrapolate: Go on outside the range of the source, with a warning.
        progress: Called with (finished, total).

    Raises:
        InputError: The device has no statistics or they do not state a cause; nothing is drawn, and no temperature is
            given; there is no seed, time or compensation; images and labels do not fit the network; or `trim_every`,
            `temperature_c`, `spread`, `inputs_per` or `adc_per` has no effect.
        SpecError: As `tiles_at`, or the parts that differ are none of the ADC's.
        OutsideRangeError: A time is outside the range of the source, without `extrapolate`, or as `tiles_at`.
    """
    spec = product.spec
    _check_each_once(seeds=seeds, times=times, compensations=compensations)
    moved = spread is not None or temperature_c not in (None, spec.array.temperature_c)
    stats, drawn = _what_is_drawn(spec, causes, max(times), moved=moved)
    _check_compensated(spec, trim_every, compensations, max(times))
    tables = circuit_tables(spec, sense=product.model.sense)
    if spread is not None:
        check_spread(spec, tables, spread)
    known = tiles_at(product, tables, None)
    warm = known if temperature_c in (None, spec.array.temperature_c) else tiles_at(product, tables, temperature_c)
    cells = _Cells(network, digital, known, warm, spread, stats, drawn, _first_time(stats, drawn), extrapolate)
    wanted = cells.wanted(known)
    ranges = fit_ranges(wanted, calibration_images, inputs_per=inputs_per, adc_per=adc_per)
    score = partial(_score, images=images, labels=labels)
    wanted = wanted if warm is known else cells.wanted(warm)
    metric, undrawn = _metric(evaluate(wanted, images, labels, ranges=ranges))
    seeds = tuple(seeds) if drawn or spread is not None else (seeds[0],)
    scores = np.empty((len(times), len(compensations), len(seeds)))
    gains = np.ones_like(scores)
    for k, seed in enumerate(seeds):
        converters = None if spread is None else draw_converters(wanted, spread, ranges, seed)
        for i, j, array, in_use, gain in _instants(cells, seed, converters, ranges, times, compensations, trim_every):
            scores[i, j, k], gains[i, j, k] = score(array, in_use), gain
            if progress is not None:
                progress((k * len(times) + i) * len(compensations) + j + 1, scores.size)
    return DrawnScores(
        metric=metric,
        causes=tuple(sorted(drawn)),
        times=tuple(times),
        compensations=tuple(compensations),
        seeds=seeds,
        scores=scores,
        gains=gains,
        undrawn=undrawn,
        floating=_metric(evaluate_float(network, images, labels))[1],
        temperature_c=warm.product.spec.array.temperature_c,
        notes=(*warm.notes, *undrawn_noise(warm.tables, spread)),
    )


def _instants(
    cells: _Cells,
    seed: int,
    converters: Converters | None,
    ranges: dict[str, LayerRange],
    times: Sequence[float],
    compensations: Sequence[DriftCompensation],
    trim_every: float | None,
) -> Iterator[tuple[int, int, ProgrammedNetwork, dict[str, LayerRange], float]]:
    """Yield the numbers of each time and compensation, the network and ranges in use, and the mean gain."""
    fresh = None if set(compensations) == {"none"} else cells.programmed(seed, cells.first, cells.known)

    def at(t: float) -> Instant:
        same = fresh is not None and t == cells.first and cells.warm is cells.known
        return Instant(fresh if same and fresh else cells.programmed(seed, t, cells.warm), t, converters)

    for i, t in enumerate(times):
        now, last = at(t), t if trim_every is None else last_trim(t, trim_every)
        last = max(last, cells.first) if cells.moved else last
        idle = fresh is None or (last <= cells.first and not cells.moved)
        trimmed = None if idle else now if last == t else at(last)
        for j, compensation in enumerate(compensations):
            yield i, j, *compensated(compensation, fresh, trimmed, now, ranges)


def _check_each_once(**given: Sequence[Any]) -> None:
    for name, values in given.items():
        if not len(values) or len(set(values)) < len(values):
            raise InputError(f"{name} = {list(values)}: expected at least one, and none twice")


def last_trim(t: float, every: float) -> float:
    """Return the time of the last reference read up to t [s]; 0 before the first."""
    return min(float(np.floor(t / every * (1.0 + 1e-12)) * every), t)


def _check_compensated(spec: ArraySpec, every: float | None, compensations: Collection[str], latest: float) -> None:
    """Refuse compensations that cannot work, and a schedule without effect."""
    if spec.mapping.weights == "offset" and {"network", "layer"} & set(compensations):
        raise InputError(
            "mapping.weights = 'offset' with a gain for the network or its layers: the middle of the range is "
            "subtracted before it, undrifted; expected compensation 'column', 'column_offset' or none"
        )
    if every is None:
        return
    if not 0 < every < np.inf:
        raise InputError(f"trim_every = {every:g} s: expected a time above 0")
    if set(compensations) == {"none"}:
        raise InputError(
            "trim_every has no effect without a compensation; expected network, layer, column or column_offset"
        )
    if every > latest:
        unit, size = time_unit(every)
        raise InputError(
            f"trim_every = {every / size:g} {unit}: the first is later than all times; expected {latest / size:.4g} "
            f"{unit} or less"
        )


def _what_is_drawn(
    spec: ArraySpec, causes: Collection[str] | None, latest: float, *, moved: bool
) -> tuple[Statistics | None, frozenset[str]]:
    """Return the statistics of the device and what they draw; refuse causes of which none moves a cell.

    `moved`: something else moves the outputs, a temperature or converters, so that cells may be as wanted.
    """
    stats = stated_statistics(spec)
    if stats is None and not (moved and not causes):
        raise InputError(
            f"device.model = {device_card(spec).name!r} has no statistics; expected a card with [statistics], such as "
            "pcm_joshi"
        )
    drawn = frozenset((() if stats is None else stated_causes(stats, latest)) if causes is None else causes)
    if not drawn and not moved:
        raise InputError("causes is empty: nothing would be drawn; expected at least one")
    if stats is not None:
        _check_drift(stats, drawn, latest)
    return stats, drawn


def _check_drift(stats: Statistics, drawn: Collection[str], latest: float) -> None:
    if set(drawn) == {"drift"} and latest == 0:
        raise InputError("causes = ['drift'] at 0 s: nothing has drifted; expected a later time or another cause")
    if set(drawn) == {"drift"} and stats.table.drift is None:
        raise InputError(
            f"{stats.name}: its retention is a spread that contains the programming error, and drift alone moves "
            "nothing; add programming to causes"
        )


def _first_time(stats: Statistics | None, drawn: Collection[str]) -> float:
    """The time of the reference read after programming [s]: 0, or the first at which the source knows read noise."""
    drift = None if stats is None else stats.table.drift
    return max(drift.t_min, 0.0) if "read_noise" in drawn and drift else 0.0


def _score(programmed: ProgrammedNetwork, ranges: dict[str, LayerRange], images: Any, labels: Any) -> float:
    return _metric(evaluate(programmed, images, labels, ranges=ranges))[1]


def _metric(found: Inference) -> tuple[str, float]:
    if found.score is None or (found.score.accuracy is None and found.score.rmse is None):
        raise InputError("labels give no score: expected classes, or numbers in the shape of the network's output")
    if found.score.accuracy is not None:
        return "accuracy", found.score.accuracy
    assert found.score.rmse is not None
    return "rmse", found.score.rmse
