"""Experiments from a network's tiles: the matrices and activations that the model meets in use."""

import numpy as np

from circuitsim.network import Network, RecordedProduct, TileRead, evaluate, exact_product, fit_ranges, program
from circuitsim.results import Experiment
from circuitsim.spec import ArraySpec, checked, with_ideal


def matrix_kind(layer: str) -> str:
    """Return the name of a layer's tile in the certificate."""
    return f"network {layer}"


@checked
def network_experiments(
    network: Network, spec: ArraySpec, images: np.ndarray, *, vectors: int, rng: np.random.Generator
) -> tuple[Experiment, ...]:
    """Take the tile with the largest current of each layer, with activations of calibration images.

    Args:
        network: The network.
        spec: The array.
        images: Calibration images (images, …); must not be among those on which accuracy is reported.
        vectors: Number of activation vectors per tile. The one with the largest total current is always included.
        rng: Selects the other vectors.
    """
    records: list[TileRead] = []
    spec = with_ideal(spec, "driver", "sense", "adc")  # circuits move inputs and outputs, not the use of the array
    programmed = program(network, spec, RecordedProduct(exact_product(spec), records))
    ranges = fit_ranges(programmed, images)
    records.clear()
    evaluate(programmed, images, ranges=ranges)
    worst: dict[str, TileRead] = {}
    for read in records:
        previous = worst.get(read.place.layer)
        if previous is None or read.i_out.max() > previous.i_out.max():
            worst[read.place.layer] = read
    experiments = []
    for layer, read in worst.items():
        largest = int(read.i_out.sum(axis=1).argmax())
        others = rng.choice(len(read.v_in), size=min(vectors, len(read.v_in)) - 1, replace=False)
        v_in = read.v_in[np.concatenate([[largest], others])]
        experiments.append(Experiment(matrix_kind(layer), read.g, ("network",) * len(v_in), v_in))
    return tuple(experiments)
