"""A layer of drawn weights on arrays, from input codes to output codes: its error, and its energy with converters."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from circuitsim.campaign.array_measures import MeasuredNumbers
from circuitsim.errors import InputError
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.counted_network import count_network
from circuitsim.evaluation.counted_product import CountedProduct, CountedReads
from circuitsim.evaluation.drawn_reads import drawn_layer
from circuitsim.evaluation.layer_shapes import LayerShape
from circuitsim.evaluation.level_product import TileLevel, level_product
from circuitsim.evaluation.network_costs import network_cost
from circuitsim.network import LinearLayer, evaluate, fit_ranges, input_vectors, output_tensor, program
from circuitsim.results import NetworkCost
from circuitsim.spec import ArraySpec, Count

MEDIAN = "survey, 50th percentile"
"""Start of the name of the published converter that stands for an ideal ADC."""


@dataclass(frozen=True)
class OneLayer:
    """A network of one layer, without anything after it.

    Attributes:
        layers: The layer.
    """

    layers: tuple[LinearLayer]

    def run(self, images: np.ndarray, product: Callable[[LinearLayer, np.ndarray], Any]) -> np.ndarray:
        """Return the products (images, outputs) of images (images, inputs)."""
        (layer,) = self.layers
        return output_tensor(layer, product(layer, input_vectors(layer, images)), images.shape)

    def run_float(self, images: np.ndarray) -> np.ndarray:
        """Return the exact products (images, outputs)."""
        return images @ self.layers[0].weights[0]


def layer_product(
    spec: ArraySpec,
    rng: np.random.Generator,
    *,
    inputs: Count = 256,
    outputs: Count = 64,
    vectors: Count = 8,
    calibration_vectors: Count = 16,
    level: TileLevel = "nodal",
) -> MeasuredNumbers:
    """Put a layer on as many arrays as it takes, from input codes to output codes: error, and energy with converters.

    Weights are normal, a quarter of the largest one, inputs uniform from 0 to full scale. Whatever the array, all
    points of one seed draw the same layer and inputs, so that arrays of all sizes do the same work.

    Args:
        spec: The array; all tiles of the layer are arrays of this kind.
        rng: Source of all randomness.
        inputs, outputs: Size of the layer's matrix.
        vectors: Number of input vectors that are scored.
        calibration_vectors: Number of others, which set the range of the ADC where `adc.full_scale` is "auto".
        level: Level that reads the arrays, "nodal" or "ngspice".

    Returns:
        `rms` and `largest` error of the outputs, relative to the largest exact one. Energies for each
        multiply-accumulate: `energy`, of arrays, circuits around them and converters; `arrays`, `converters`; where
        the ADC is ideal, the published median stands for it, and `converters_low` and `converters_high` are the 10th
        and 90th percentile; other ideal parts count nothing. Digital additions and buffers are not in `energy`, see
        `digital_low` and `digital_high`. `cells` is the number of cells, `conversions` that of conversions for each
        multiply-accumulate.

    Raises:
        InputError: The array has no ADC, or no converters of its resolution were published.

    Source: `evaluation.network_cost`.
    """
    shape = LayerShape("layer", "MatMul", 1, inputs, outputs, vectors)
    network = OneLayer((drawn_layer(shape, rng),))
    learnt, scored = rng.random((calibration_vectors, inputs)), rng.random((vectors, inputs))
    calls: list[CountedReads] = []
    tables = circuit_tables(spec)
    programmed = program(network, spec, CountedProduct(level_product(spec, level), calls), tables=tables)
    ranges = fit_ranges(programmed, learnt)
    calls.clear()
    found = evaluate(programmed, scored, ranges=ranges)
    exact = network.run_float(scored)
    off = np.abs(found.logits - exact) / np.abs(exact).max()
    count, power = count_network(programmed, found, calls, vectors)
    return {
        "rms": (float(np.sqrt(np.mean(off**2))), "1"),
        "largest": (float(off.max()), "1"),
        **_energies(network_cost(count, spec, power, tables=tables)),
    }


def _energies(cost: NetworkCost) -> MeasuredNumbers:
    """Return energies for each multiply-accumulate [J], the number of cells, and conversions."""
    macs, cells, conversions = (_known(cost.count.total(n), n) for n in ("macs", "all_cells", "conversions"))
    if not cost.converters:
        raise InputError(
            "the array has no ADC, or none of its resolution is published: expected a circuit in [adc], or adc.bits of "
            "5 to 10"
        )
    rows = {row.name: row for row in cost.converters}
    median = next((row for name, row in rows.items() if name.startswith(MEDIAN)), None)
    chosen = cost.converters[0] if cost.converters[0].simulated or median is None else median
    ends = (chosen, chosen) if chosen is not median else (cost.converters[0], cost.converters[-1])
    analog = _sum(part.low for part in cost.parts if part.simulated)
    digital = [part for part in cost.parts if not part.simulated]
    return {
        "energy": ((analog + chosen.energy) / macs, "J"),
        "arrays": (analog / macs, "J"),
        "converters": (chosen.energy / macs, "J"),
        "converters_low": (ends[0].energy / macs, "J"),
        "converters_high": (ends[1].energy / macs, "J"),
        "digital_low": (_sum(part.low for part in digital) / macs, "J"),
        "digital_high": (_sum(part.high for part in digital) / macs, "J"),
        "cells": (cells, "1"),
        "conversions": (conversions / macs, "1"),
    }


def _sum(energies: Iterable[float | None]) -> float:
    """Return the sum of the known energies [J]; those of ideal parts are unknown, as in `NetworkCost.total`."""
    return sum(energy for energy in energies if energy is not None)


def _known(value: float | None, what: str) -> float:
    """Return a number that has to be there, so that none that is unknown counts as 0."""
    if value is None:
        raise InputError(f"layer: the {what} is unknown for this array; expected one that network_cost can state")
    return float(value)
