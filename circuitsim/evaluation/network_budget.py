"""Error budget of a network: each cause alone and removed, each layer alone on arrays and alone digital."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.calibration.drawn import stated_statistics
from circuitsim.devices.statistics import Statistics, stated_causes
from circuitsim.errors import InputError, SpecError
from circuitsim.evaluation.cause_products import ARRAY_CAUSES, DRAWN_CAUSES, CauseProduct, bare_model
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import Inference, InputRangePer, Network, evaluate, evaluate_float, fit_ranges, program
from circuitsim.periphery import has_adc
from circuitsim.results.network_budget import BudgetEntry, BudgetKind, NetworkBudget
from circuitsim.spec import ArraySpec, checked, with_ideal
from circuitsim.spice import Progress

_SURE = 1.96  # standard deviations of a normal 95 % interval
_NONE_SEEN = 3.0  # images that change of as many again, at 95 %, where none did: the rule of three


@dataclass(frozen=True)
class BudgetSetup:
    """A network with its images, and the causes that may act on it.

    Attributes:
        network: The network.
        product: Calibrated model of its tiles.
        images, labels: What is scored.
        calibration_images: Images that set the ranges.
        causes: All that act.
        statistics: Of the device; None without drawn causes.
        seeds: One for each draw.
        t: Time since the end of programming [s].
        extrapolate: Go on outside the range of the source of the statistics, with a warning.
        floating: The float network on the images.
    """

    network: Network
    product: BehavioralProduct
    images: np.ndarray
    labels: np.ndarray
    calibration_images: np.ndarray
    causes: tuple[str, ...]
    statistics: Statistics | None
    seeds: tuple[int, ...]
    t: float
    extrapolate: bool
    floating: Inference
    inputs_per: InputRangePer = "layer"


@checked
def network_budget(
    network: Network,
    product: BehavioralProduct,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    calibration_images: np.ndarray,
    seeds: Sequence[int] = (0,),
    causes: Collection[str] | None = None,
    t: float = 0.0,
    inputs_per: InputRangePer = "layer",
    extrapolate: bool = False,
    progress: Progress | None = None,
) -> NetworkBudget:
    """Score a network with each cause alone and removed, and with each layer alone on arrays and alone digital.

    Ranges are learnt anew for every choice of causes and layers, on cells that are as wanted.

    Args:
        network: The network.
        product: Calibrated model of its tiles.
        images: (images, …).
        labels: Classes, or numbers of a regression.
        calibration_images: Images from which ranges are learnt; must not be among `images`.
        seeds: One for each draw of all cells; what nothing is drawn for is scored once.
        causes: Of wires, cells, dac, adc, programming, drift, read_noise and stuck; None: all that the array has and
            its device states.
        t: Seconds since the end of programming.
        inputs_per: What has an input range of its own, as in `network.fit_ranges`.
        extrapolate: Go on outside the range of the statistics' source, with a warning.
        progress: Called with (finished, total).

    Raises:
        InputError: A cause is none of these or not stated, there are fewer than two, no seed or no score; images and
            labels do not fit the network.
        SpecError: Inputs switch gates, or the sense amplifiers are circuits.
        OutsideRangeError: The time is outside the range of the source, without `extrapolate`.

    Valid for: linear causes add up, others need not: the losses of causes alone do not sum to that of all.
    """
    given = {"calibration_images": calibration_images, "seeds": tuple(seeds), "t": t, "extrapolate": extrapolate}
    given |= {"inputs_per": inputs_per}
    setup = budget_setup(network, product, images, labels, causes=causes, **given)
    cases, entries = list(_cases(setup)), []
    for kind, name, acting, digital in cases:
        entries.append(_entry(setup, kind, name, scored(setup, acting, digital)))
        if progress is not None:
            progress(len(entries), len(cases))
    return NetworkBudget(
        metric=_metric(setup.floating)[0],
        floating=_metric(setup.floating)[1],
        causes=setup.causes,
        entries=tuple(entries),
        seeds=setup.seeds,
        images=len(images),
        left_out=_left_out(setup),
    )


def budget_setup(
    network: Network,
    product: BehavioralProduct,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    causes: Collection[str] | None,
    seeds: tuple[int, ...],
    t: float,
    **given: Any,
) -> BudgetSetup:
    """Check and collect what is varied; arguments and errors as in `network_budget`."""
    spec = product.spec
    if spec.array.input_line != "bl":
        raise SpecError(f"array.input_line = {spec.array.input_line!r}: causes are split for 'bl'; expected that")
    if spec.sense.block is not None:
        raise SpecError(
            f"sense.{spec.sense.sources[0]} = {spec.sense.block!r}: causes are split for currents into ideal sense "
            "amplifiers; expected none"
        )
    statistics = stated_statistics(spec)
    possible = [*_of_array(spec), *(() if statistics is None else stated_causes(statistics, t))]
    acting = tuple(cause for cause in possible if causes is None or cause in causes)
    if wrong := [cause for cause in causes or () if cause not in possible]:
        raise InputError(f"causes: {wrong[0]!r} does not act here; expected of {', '.join(possible)}")
    if not acting or not seeds or len(set(seeds)) < len(seeds):
        raise InputError(f"causes = {list(acting)}, seeds = {list(seeds)}: expected at least one each, no seed twice")
    floating = evaluate_float(network, images, labels)
    _metric(floating)
    if "cells" in acting:
        bare_model(product.model)
    return BudgetSetup(
        network,
        product,
        images,
        labels,
        causes=acting,
        statistics=statistics,
        seeds=seeds,
        t=t,
        floating=floating,
        **given,
    )


def scored(setup: BudgetSetup, causes: Collection[str], digital: Sequence[str]) -> list[Inference]:
    """Return the inference of each seed, or one where nothing is drawn, with causes acting and layers digital."""
    spec = _spec(setup.product.spec, causes, digital)
    tables = circuit_tables(spec)
    inside = frozenset(causes).intersection((*ARRAY_CAUSES, *DRAWN_CAUSES))
    drawn = inside.intersection(DRAWN_CAUSES)
    wanted = program(setup.network, spec, CauseProduct(setup.product, inside - drawn), tables=tables)
    ranges = fit_ranges(wanted, setup.calibration_images, inputs_per=setup.inputs_per)
    found = []
    for seed in setup.seeds if drawn else (0,):
        cells = CauseProduct(setup.product, inside, setup.statistics, setup.t, seed, setup.extrapolate)
        programmed = program(setup.network, spec, cells, tables=tables) if drawn else wanted
        found.append(evaluate(programmed, setup.images, setup.labels, ranges=ranges))
    return found


def losses(setup: BudgetSetup, found: Sequence[Inference]) -> np.ndarray:
    """Return by how much the score of each inference is worse than that of the float network (seeds,)."""
    name, best = _metric(setup.floating)
    scores = np.array([_metric(each)[1] for each in found])
    return best - scores if name == "accuracy" else scores - best


def _cases(setup: BudgetSetup) -> Iterator[tuple[BudgetKind, str, Collection[str], tuple[str, ...]]]:
    """Yield kind, name, causes that act and layers that are digital."""
    always = tuple(setup.product.spec.mapping.digital or ())
    layers = [layer.name for layer in setup.network.layers if layer.name not in always]
    yield "all", "", setup.causes, always
    for cause in setup.causes:
        yield "cause alone", cause, (cause,), always
    if len(setup.causes) > 1:
        for cause in setup.causes:
            yield "cause removed", cause, [each for each in setup.causes if each != cause], always
    if len(layers) > 1:
        for layer in layers:
            yield "layer alone on arrays", layer, setup.causes, (*always, *(n for n in layers if n != layer))
        for layer in layers:
            yield "layer alone digital", layer, setup.causes, (*always, layer)


def _entry(setup: BudgetSetup, kind: BudgetKind, name: str, found: list[Inference]) -> BudgetEntry:
    exact = setup.floating.logits.astype(float)
    size = float(np.sqrt(np.mean(exact**2))) or 1.0
    return BudgetEntry(
        kind=kind,
        name=name,
        scores=np.array([_metric(each)[1] for each in found]),
        losses=losses(setup, found),
        differences=np.array([np.sqrt(np.mean((each.logits - exact) ** 2)) / size for each in found]),
        images_half_width=_images_half_width(setup, found),
    )


def _images_half_width(setup: BudgetSetup, found: list[Inference]) -> float | None:
    """The mean of each image's loss over the draws, and how it spreads over images."""
    labels = np.asarray(setup.labels)
    if _metric(setup.floating)[0] != "accuracy" or labels.ndim != 1:
        return None
    right = np.mean([each.classes == labels for each in found], axis=0)
    lost = (setup.floating.classes == labels) - right
    spread = _SURE * lost.std(ddof=1) / np.sqrt(len(lost)) if len(lost) > 1 else 1.0
    return float(max(spread, min(_NONE_SEEN / len(lost), 1.0)))


def _metric(found: Inference) -> tuple[str, float]:
    """The score and its name; refuse labels without a score."""
    if found.score is not None and found.score.accuracy is not None:
        return "accuracy", found.score.accuracy
    if found.score is None or found.score.rmse is None:
        raise InputError("labels give no score: expected classes, or numbers in the shape of the network's output")
    return "rmse", found.score.rmse


def _of_array(spec: ArraySpec) -> list[str]:
    """The causes that an array has, besides those of its device's statistics."""
    dac = spec.driver.block is not None or (spec.driver.dac_bits is not None and spec.driver.input_code == "amplitude")
    return [*ARRAY_CAUSES, *(["dac"] if dac else []), *(["adc"] if has_adc(spec) else [])]


def _spec(spec: ArraySpec, causes: Collection[str], digital: Sequence[str]) -> ArraySpec:
    """Return the array with the converters that act, and layers that are digital."""
    if "dac" not in causes and spec.driver.input_code == "amplitude":
        spec = with_ideal(spec, "driver").replace(driver={"dac_bits": None})
    if "adc" not in causes:
        spec = with_ideal(spec, "adc").replace(adc={"bits": None})
    return spec.replace(mapping={"digital": list(digital) or None})


def _left_out(setup: BudgetSetup) -> tuple[str, ...]:
    spec, found = setup.product.spec, []
    if setup.statistics is None:
        found.append(
            f"programming error, drift, read noise and stuck cells: the card of {spec.device.model!r} has none"
        )
    if spec.driver.input_code != "amplitude":
        found.append(f"rounding of inputs: driver.input_code = {spec.driver.input_code!r} cannot do without")
    if spec.driver.block is not None or spec.adc.block is not None:
        found.append("noise of converters that are circuits: they are read without")
    if not any(cause in DRAWN_CAUSES for cause in setup.causes) and len(setup.seeds) > 1:
        found.append("draws: no cause is drawn, so that each score is one number, whatever the seeds")
    return tuple(found)
