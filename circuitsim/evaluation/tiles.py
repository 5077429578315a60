"""The network's own tiles as experiments: the matrices and activations the model will meet in use."""

import numpy as np

from circuitsim.network import ExactProduct, Network, RecordedProduct, TileRead, evaluate, fit_ranges, program
from circuitsim.results import Experiment
from circuitsim.spec import ArraySpec


def matrix_kind(layer: str) -> str:
    """Name under which a layer's tile stands in the certificate."""
    return f"network {layer}"


def network_experiments(
    network: Network, spec: ArraySpec, images: np.ndarray, *, vectors: int, rng: np.random.Generator
) -> tuple[Experiment, ...]:
    """Take the tile of each layer that carries the largest current, with activations of calibration images.

    Args:
        network: The network.
        spec: The array.
        images: Calibration images; none of those on which accuracy is reported.
        vectors: Activations per tile; the one with the largest current is always among them.
        rng: Draws the others.
    """
    records: list[TileRead] = []
    programmed = program(network, spec, RecordedProduct(ExactProduct(spec.sense.v_ref), records))
    ranges = fit_ranges(programmed, images)
    records.clear()
    evaluate(programmed, images, ranges=ranges)
    worst: dict[str, TileRead] = {}
    for read in records:
        known = worst.get(read.place.layer)
        if known is None or read.i_out.max() > known.i_out.max():
            worst[read.place.layer] = read
    experiments = []
    for layer, read in worst.items():
        largest = int(read.i_out.sum(axis=1).argmax())
        others = rng.choice(len(read.v_in), size=min(vectors, len(read.v_in)) - 1, replace=False)
        v_in = read.v_in[np.concatenate([[largest], others])]
        experiments.append(Experiment(matrix_kind(layer), read.g, ("network",) * len(v_in), v_in))
    return tuple(experiments)
