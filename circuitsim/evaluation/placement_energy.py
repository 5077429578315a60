"""Energy of each layer of a network on arrays and digital: what a placement of layers is weighed by."""

from collections.abc import Collection, Mapping, Sequence

from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.counted_network import count_network
from circuitsim.evaluation.counted_product import CountedProduct, CountedReads
from circuitsim.evaluation.network_budget import BudgetSetup
from circuitsim.evaluation.network_costs import network_cost
from circuitsim.evaluation.published_energies import DIGITAL
from circuitsim.network import evaluate, fit_ranges, program
from circuitsim.results.placement import PlacementEnergies

EnergyEnds = tuple[float, float]
"""Low and high [J]."""
_IMAGES = 20
"""Images that are run for the energy of the arrays: their activations matter, their labels do not."""


def energies_on_arrays(setup: BudgetSetup, always: Sequence[str]) -> tuple[dict[str, EnergyEnds], str] | None:
    """Return the energy of each layer's arrays for one image, and whose conversions it holds.

    The cells are those wanted, without errors that are drawn. Digital additions and buffers are published numbers,
    whence low and high, and so are conversions of ideal ADCs.

    Args:
        setup: The network, its images and its tiles.
        always: Layers that are digital whatever is chosen.

    Returns:
        By layer low and high [J], and the name of the converter; None where inputs are pulse widths, whose reads are
        not counted.
    """
    spec = setup.product.spec
    if spec.driver.input_code == "pulse_width":
        return None
    spec, calls = spec.replace(mapping={"digital": list(always) or None}), list[CountedReads]()
    counted = program(setup.network, spec, CountedProduct(setup.product, calls), tables=circuit_tables(spec))
    ranges = fit_ranges(counted, setup.calibration_images)
    calls.clear()
    images = setup.images[:_IMAGES]
    count, power = count_network(counted, evaluate(counted, images, ranges=ranges), calls, len(images))
    cost = network_cost(count, spec, power, tables=counted.tables)
    if not cost.converters:
        return cost.layer_energies(), "unknown" if count.total("conversions") else "none"
    published = [row for row in cost.converters if row.name.startswith("survey")]
    if len(published) < len(cost.converters):  # the array's own converter comes first
        return cost.layer_energies(cost.converters[0]), cost.converters[0].name
    low, high = (cost.layer_energies(row) for row in (published[0], published[-1]))
    return {name: (low[name][0], high[name][1]) for name in low}, f"{published[0].name} to {published[-1].name}"


def digital_ends(mac_energy: float | None) -> EnergyEnds:
    """Return the energy of a digital multiply-accumulate [J]: the user's, or the range of all published machines."""
    if mac_energy is not None:
        return mac_energy, mac_energy
    return min(each.low for each in DIGITAL), max(each.high for each in DIGITAL)


def placement_energies(
    on_arrays: Mapping[str, EnergyEnds],
    converter: str,
    macs: Mapping[str, int],
    digital: Collection[str],
    mac_energy: float | None,
) -> PlacementEnergies:
    """Return the energies of an image for a choice of digital layers, and with all of them on arrays.

    Args:
        on_arrays, converter: From `energies_on_arrays`.
        macs: Multiply-accumulates of each layer for an image.
        digital: The layers that are chosen.
        mac_energy: The user's energy of a digital multiply-accumulate [J]; None: published ones.
    """
    each = digital_ends(mac_energy)
    kept = [ends for name, ends in on_arrays.items() if name not in digital]
    count = sum(macs.get(name, 0) for name in digital)
    return PlacementEnergies(
        arrays=_sum(kept),
        digital=(count * each[0], count * each[1]),
        all_on_arrays=_sum(list(on_arrays.values())),
        converter=converter,
        published=mac_energy is None,
    )


def _sum(ends: Sequence[EnergyEnds]) -> EnergyEnds:
    return sum(low for low, _ in ends), sum(high for _, high in ends)
