"""Energy, time and area of a network from images that it was run on, digital products beside the arrays included."""

from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from typing import Any

import numpy as np

from circuitsim.evaluation.counted_network import count_network
from circuitsim.evaluation.measured_cost import AnyProduct, EnergyOptions, counting
from circuitsim.evaluation.network_costs import network_cost
from circuitsim.network import CorrectedNetwork, LayerRange, LinearLayer, Network, evaluate, float_product, program
from circuitsim.periphery import Periphery
from circuitsim.results import NetworkCost
from circuitsim.spec import checked


@checked
def cost_of_images(
    network: Network,
    product: AnyProduct,
    images: np.ndarray,
    *,
    ranges: dict[str, LayerRange],
    tables: Periphery | None = None,
    options: EnergyOptions | None = None,
) -> NetworkCost:
    """Run images through a network on its tiles and return what one inference takes, the mean over the images.

    Only what is read counts: an expert that no gate chooses takes no energy, but its cells take area. Digital products
    with constant weights count: of layers that `mapping.digital` names, and of digital adapters.

    Args:
        network: The network; a `TorchNetwork` with its adapters, too.
        product: Makes the tiles.
        images: (images, …) in the network's units.
        ranges: From `network.fit_ranges`.
        tables: Tables of the circuits around the tiles; None: there are none.
        options: Costs of the user's, a converter, columns that share an ADC; None: published costs, an ADC a column.

    Raises:
        InputError: The images do not fit the network, or a range is missing.

    Valid for: the parts that `NetworkCost.left_out` does not name.
    """
    options = options or EnergyOptions()
    counted, calls = counting(product, product.spec, options)
    programmed = program(network, product.spec, counted, tables=tables)
    inference = evaluate(programmed, images, ranges=ranges)
    count, power = count_network(programmed, inference, calls, len(images))
    beside = network.beside if isinstance(network, CorrectedNetwork) else {}
    macs = sum(layer.vectors * beside.get(layer.name, 0) for layer in count.layers)
    macs += _digital_macs(network, count.digital, images)
    return network_cost(
        replace(count, digital_macs=macs),
        product.spec,
        power,
        tables=programmed.tables,
        own=options.costs,
        converter=options.converter,
        columns_per_adc=options.columns_per_adc,
    )


def _digital_macs(network: Network, names: Collection[str], images: np.ndarray) -> float:
    """Return the multiply-accumulates of an image in the layers named, as the float network needs them."""
    if not names:
        return 0.0
    found = Counter[str]()

    def product(layer: LinearLayer, activations: np.ndarray) -> Any:
        found[layer.name] += len(activations) * layer.weights.size
        return float_product(layer, activations)

    network.run(images, product)
    return sum(found[name] for name in names) / len(images)
