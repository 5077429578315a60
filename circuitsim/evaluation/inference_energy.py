"""Energy that the row drivers put into the arrays for one image."""

from collections.abc import Sequence

import numpy as np

from circuitsim import nodal
from circuitsim.evaluation.products import NodalProduct
from circuitsim.evaluation.spice_loop import SolvedTile
from circuitsim.network import LayerRange, Network, TilePlace, evaluate, program
from circuitsim.results import CellSurface, Solution
from circuitsim.results.evaluation import EnergyPart, InferenceEnergy
from circuitsim.spec import ArraySpec

WHAT = (
    "energy from the row drivers' sources in wires, cells, transistors, driver and sense resistance, over t_read per "
    "read and phase; without word lines, charging of wires, and converters"
)


def inference_energy(
    network: Network,
    spec: ArraySpec,
    surface: CellSurface | None,
    images: np.ndarray,
    *,
    ranges: dict[str, LayerRange],
) -> InferenceEnergy:
    """Mean energy of one inference over images, every tile read solved by the array solver.

    Args:
        network: The network.
        spec: The array; t_read is the duration of a read.
        surface: Its characterized cell.
        images: (images, …).
        ranges: Input and ADC ranges of the layers.

    Returns:
        Energies [J] of one image, by layer and in all; 1 MAC = 2 operations.
    """
    watts: dict[str, float] = {}

    def record(place: TilePlace, g: np.ndarray, v_in: np.ndarray, solution: Solution) -> None:
        assert solution.power is not None
        watts[place.layer] = watts.get(place.layer, 0.0) + float(solution.power.sum())

    programmed = program(network, spec, NodalProduct(spec, surface, record))
    evaluate(programmed, images, ranges=ranges, level="nodal")
    parts = tuple(
        EnergyPart(name, power * spec.driver.t_read / len(images), f"layer {name}") for name, power in watts.items()
    )
    total = sum(part.energy for part in parts)
    macs = sum(int(np.prod(layer.weights.shape)) for layer in network.layers)
    return InferenceEnergy(parts, total, macs, total / macs, WHAT)


def power_difference(spec: ArraySpec, surface: CellSurface | None, solved: Sequence[SolvedTile]) -> float:
    """Largest relative difference between ngspice and the array solver in the power of a read."""
    worst = 0.0
    for tile in solved:
        exact = nodal.read(nodal.prepare(spec, tile.g, surface), tile.v_in).power
        assert exact is not None and tile.solution.power is not None
        worst = max(worst, float(np.max(np.abs(exact / tile.solution.power - 1))))
    return worst
