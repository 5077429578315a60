"""Choose which layers stay digital for a loss of score within a limit, by measured losses and the least energy."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache

import numpy as np

from circuitsim.errors import InputError
from circuitsim.evaluation.network_budget import BudgetSetup, budget_setup, losses, scored
from circuitsim.evaluation.placement_energy import EnergyEnds, energies_on_arrays, placement_energies
from circuitsim.evaluation.products import BehavioralProduct
from circuitsim.network import Inference, InputRangePer, Network, evaluate_float
from circuitsim.results.placement import Placement, PlacementStep
from circuitsim.spec import ArraySpec, checked

_LEAST = 4  # images: half of them for the choice
_LEAST_PRICE = 1e-18  # J, or multiply-accumulates: less than any layer has


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
    inputs_per: InputRangePer = "layer",
    extrapolate: bool = False,
    mac_energy: float | None = None,
) -> Placement:
    """Choose the layers that stay digital, so that the score loses at most `max_loss` against the float network.

    From all layers on arrays, the layer that wins back most loss for its price becomes digital, until the loss is
    within the limit; then each, the dearest first, goes back to the arrays if it can. The price of a layer is the
    number of its multiply-accumulates, or with `mac_energy` the energy that it takes digital beyond that on arrays;
    layers that take less energy digital are digital from the start. Every choice is scored by running the network. One
    half of the images makes the choice; the loss that is stated is that of the other half.

    Args:
        network, product, images, labels, calibration_images, seeds, causes, t: As in `network_budget`.
        inputs_per, extrapolate: As in `network_budget`.
        max_loss: Of accuracy, or rise of the rmse.
        mac_energy: Energy of a digital multiply-accumulate with its memory [J]; None: published ones are stated, and
            the choice does without, because they differ by a factor of more than 50.

    Returns:
        The choice. A greedy one: another set of layers may do with less.

    Raises:
        InputError: As `network_budget`; or there are too few images, one layer alone, or `mac_energy` is not above 0
            or inputs are pulse widths with it.
        SpecError, OutsideRangeError: As `network_budget`.
    """
    _check_energy(mac_energy, product.spec)
    if len(images) < _LEAST:
        raise InputError(f"{len(images)} images: expected {_LEAST} or more, half of them for the choice")
    half = len(images) // 2
    given = {"calibration_images": calibration_images, "seeds": tuple(seeds), "t": t, "extrapolate": extrapolate}
    given |= {"inputs_per": inputs_per}
    setup = budget_setup(network, product, images[:half], labels[:half], causes=causes, **given)
    always = tuple(product.spec.mapping.digital or ())
    layers = [layer.name for layer in network.layers if layer.name not in always]
    if len(layers) < 2:
        raise InputError("one layer is on arrays: expected two or more to choose from")
    on_arrays = scored(setup, setup.causes, always)[0]
    macs = {each.name: each.vectors * each.groups * each.inputs * each.outputs // half for each in on_arrays.layers}
    energies = energies_on_arrays(setup, always)
    prices = _prices({name: macs.get(name, 0) for name in layers}, energies and energies[0], mac_energy)
    digital, steps = _greedy(setup, prices, always, max_loss)
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
        energies=None if energies is None else placement_energies(*energies, macs, digital, mac_energy),
        by_energy=mac_energy is not None,
        steps=tuple(steps[1:]),
    )


def _check_energy(mac_energy: float | None, spec: ArraySpec) -> None:
    """Refuse an energy that is none, or that nothing is weighed against: before anything is run."""
    if mac_energy is None:
        return
    if not mac_energy > 0:
        raise InputError(f"mac_energy = {mac_energy!r}: expected a number above 0, in J")
    if spec.driver.input_code == "pulse_width":
        raise InputError(
            "mac_energy: driver.input_code = 'pulse_width' has no energy of an inference to weigh it against; expected "
            "'amplitude' or 'bit_serial', or no mac_energy"
        )


def _prices(
    macs: dict[str, int], on_arrays: dict[str, EnergyEnds] | None, mac_energy: float | None
) -> dict[str, float]:
    """What it costs to make each layer digital: its multiply-accumulates, or energy beyond that of its arrays [J]."""
    if mac_energy is None or on_arrays is None:
        return {name: float(count) for name, count in macs.items()}
    return {name: count * mac_energy - sum(on_arrays[name]) / 2 for name, count in macs.items()}


def _greedy(
    setup: BudgetSetup, prices: dict[str, float], always: tuple[str, ...], max_loss: float
) -> tuple[tuple[str, ...], list[PlacementStep]]:
    """Return the digital layers and the steps; the first step states the loss with none of them."""

    @cache
    def lost(chosen: frozenset[str]) -> float:
        return float(losses(setup, scored(setup, setup.causes, (*always, *chosen))).mean())

    digital: list[str] = []
    steps = [PlacementStep("", False, lost(frozenset()))]
    for name in sorted(prices, key=lambda each: prices[each])[:-1]:  # arrays hold one layer at least
        if prices[name] < 0:
            digital.append(name)
            steps.append(PlacementStep(name, True, lost(frozenset(digital))))
    while steps[-1].loss > max_loss and len(digital) < len(prices) - 1:
        now = steps[-1].loss
        left = [name for name in prices if name not in digital]
        won = {name: now - lost(frozenset((*digital, name))) for name in left}
        # Where no layer wins anything by itself, the one that harms least may do so with the next.
        best = max(left, key=lambda name: (won[name] / max(prices[name], _LEAST_PRICE), -prices[name]))
        digital.append(best)
        steps.append(PlacementStep(best, True, now - won[best]))
    for name in sorted((each for each in digital if prices[each] >= 0), key=lambda each: -prices[each]):
        without = frozenset(digital) - {name}
        if lost(without) <= max_loss:
            digital.remove(name)
            steps.append(PlacementStep(name, False, lost(without)))
    return tuple(name for name in prices if name in digital), steps


def _per_image(found: Inference, what: str) -> float:
    return sum(getattr(layer, what) for layer in found.layers) / len(found.logits)
