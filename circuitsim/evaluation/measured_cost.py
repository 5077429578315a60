"""Energy of a network from the images that were run, for `infer_files`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from circuitsim.evaluation.cost_content import cost_content, write_cost
from circuitsim.evaluation.counted_network import count_network
from circuitsim.evaluation.counted_product import CountedProduct, CountedReads
from circuitsim.evaluation.network_costs import check_shared_adcs, network_cost
from circuitsim.evaluation.own_costs import OwnCosts
from circuitsim.evaluation.products import BehavioralProduct, NgspiceProduct, NodalProduct
from circuitsim.network import Inference, ProgrammedNetwork
from circuitsim.results import ConverterTable
from circuitsim.spec import ArraySpec

AnyProduct = BehavioralProduct | NodalProduct | NgspiceProduct


@dataclass(frozen=True)
class EnergyOptions:
    """How the energy of an inference is computed.

    Attributes:
        costs: The user's energies; None: published ones.
        converter: Table of a circuit that stands for an ideal ADC; None: none does.
        columns_per_adc: Columns that an ADC converts one after the other.
    """

    costs: OwnCosts | None = None
    converter: ConverterTable | None = None
    columns_per_adc: int = 1


def counting(
    product: AnyProduct, spec: ArraySpec, options: EnergyOptions | None
) -> tuple[AnyProduct | CountedProduct, list[CountedReads]]:
    """Return the product that counts its reads where energy is asked for, and the list that it fills.

    Raises:
        InputError: An ADC has more columns than an array.
    """
    calls: list[CountedReads] = []
    if options is None:
        return product, calls
    check_shared_adcs(spec, options.columns_per_adc)
    return CountedProduct(product, calls), calls


def measured_cost(
    programmed: ProgrammedNetwork,
    inference: Inference,
    calls: Sequence[CountedReads],
    images: int,
    options: EnergyOptions,
    path: Path,
) -> dict[str, Any]:
    """Return energy, time and area of one inference as plain values, and write those of each layer as a table.

    Args:
        programmed: The network, programmed with a `CountedProduct`.
        inference: What `evaluate` made of the images.
        calls: The calls that the product counted meanwhile.
        images: Number of images.
        options: What is computed, and with whose numbers.
        path: The table.
    """
    count, power = count_network(programmed, inference, calls, images)
    cost = network_cost(
        count,
        programmed.spec,
        power,
        tables=programmed.tables,
        own=options.costs,
        converter=options.converter,
        columns_per_adc=options.columns_per_adc,
    )
    write_cost(path, cost)
    return {**cost_content(cost), "csv": str(path)}
