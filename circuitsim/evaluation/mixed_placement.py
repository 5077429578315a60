"""Choose which layers stay digital: as few multiply-accumulates as needed for a loss of score, by measured losses."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from circuitsim.errors import InputError
from circuitsim.evaluation.network_budget import BudgetSetup, budget_setup, losses, scored
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import Inference, Network, evaluate_float
from circuitsim.results.placement import Placement, PlacementStep
from circuitsim.spec import checked

_LEAST = 4  # images: half of them for the choice


@checked
def choose_digital(
    network: Network,
    product: BehavioralProduct,
    images: np.ndarray,
    labels: np.ndarray,
    *,
    max_loss: float,
    calibration_images: np.ndarray,
    seeds: Sequence[int] = (0,),
    causes: Collection[str] | None = None,
    t: float = 0.0,
    extrapolate: bool = False,
) -> Placement:
    """Choose the layers that stay digital, so that the score loses at most `max_loss` against the float network.

    From all layers on arrays, the layer that wins back most loss per multiply-accumulate becomes digital, until the
    loss is within the limit; then each, the largest first, goes back to the arrays if it can. Every choice is scored by
    running the network. One half of the images makes the choice; the loss that is stated is that of the other half.

    Args:
        network, product, images, labels, calibration_images, seeds, causes, t, extrapolate: As in `network_budget`.
        max_loss: Of accuracy, or rise of the rmse.

    Returns:
        The choice. A greedy one: another set of layers may do with less.

    Raises:
        InputError: As `network_budget`; or there are too few images, or one layer alone.
        SpecError, OutsideRangeError: As `network_budget`.
    """
    if len(images) < _LEAST:
        raise InputError(f"{len(images)} images: expected {_LEAST} or more, half of them for the choice")
    half = len(images) // 2
    given = {"calibration_images": calibration_images, "seeds": tuple(seeds), "t": t, "extrapolate": extrapolate}
    setup = budget_setup(network, product, images[:half], labels[:half], causes=causes, **given)
    always = tuple(product.spec.mapping.digital or ())
    layers = [layer.name for layer in network.layers if layer.name not in always]
    if len(layers) < 2:
        raise InputError("one layer is on arrays: expected two or more to choose from")
    on_arrays = scored(setup, setup.causes, always)[0]
    macs = {each.name: each.vectors * each.groups * each.inputs * each.outputs // half for each in on_arrays.layers}
    digital, steps = _greedy(setup, {name: macs.get(name, 0) for name in layers}, always, max_loss)
    other = replace(
        setup,
        images=images[half:],
        labels=labels[half:],
        floating=evaluate_float(network, images[half:], labels[half:]),
    )
    found, before = (scored(other, setup.causes, (*always, *chosen)) for chosen in (digital, ()))
    lost = losses(other, found)
    return Placement(
        digital=(*always, *digital),
        reached=steps[-1].loss <= max_loss,
        max_loss=max_loss,
        loss_chosen=steps[-1].loss,
        loss=float(lost.mean()),
        sigma=None if len(lost) < 2 else float(lost.std(ddof=1)),
        loss_on_arrays=float(losses(other, before).mean()),
        images=(half, len(images) - half),
        macs=sum(macs.values()),
        digital_macs=sum(macs.get(name, 0) for name in digital),
        reads=_per_image(found[0], "reads"),
        conversions=_per_image(found[0], "conversions"),
        reads_on_arrays=_per_image(before[0], "reads"),
        conversions_on_arrays=_per_image(before[0], "conversions"),
        steps=tuple(steps[1:]),
    )


def _greedy(
    setup: BudgetSetup, macs: dict[str, int], always: tuple[str, ...], max_loss: float
) -> tuple[tuple[str, ...], list[PlacementStep]]:
    """Return the digital layers and the steps; the first step states the loss with none of them."""

    @cache
    def lost(chosen: frozenset[str]) -> float:
        return float(losses(setup, scored(setup, setup.causes, (*always, *chosen))).mean())

    digital: list[str] = []
    steps = [PlacementStep("", False, lost(frozenset()))]
    while steps[-1].loss > max_loss and len(digital) < len(macs) - 1:
        now = steps[-1].loss
        left = [name for name in macs if name not in digital]
        won = {name: now - lost(frozenset((*digital, name))) for name in left}
        # Where no layer wins anything by itself, the one that harms least may do so with the next.
        best = max(left, key=lambda name: (won[name] / max(macs[name], 1), -macs[name]))
        digital.append(best)
        steps.append(PlacementStep(best, True, now - won[best]))
    for name in sorted(digital, key=lambda each: -macs[each]):
        without = frozenset(digital) - {name}
        if lost(without) <= max_loss:
            digital.remove(name)
            steps.append(PlacementStep(name, False, lost(without)))
    return tuple(name for name in macs if name in digital), steps


def _per_image(found: Inference, what: str) -> float:
    return sum(getattr(layer, what) for layer in found.layers) / len(found.logits)
