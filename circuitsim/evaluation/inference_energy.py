"""Energy that drivers and sense references deliver to the arrays for one image."""

from collections.abc import Sequence

import numpy as np

from circuitsim.chain import exact_array, read_exact
from circuitsim.errors import InputError, SpecError
from circuitsim.evaluation.circuit_tables import circuit_tables
from circuitsim.evaluation.network_costs import (
    check_shared_adcs,
    powered_time,
    read_durations,
)
from circuitsim.evaluation.products import NodalProduct
from circuitsim.evaluation.spice_loop import SolvedTile
from circuitsim.network import LayerRange, Network, TilePlace, evaluate, program
from circuitsim.periphery import has_adc
from circuitsim.results import AnyCell, CellSurface, SenseTable, Solution
from circuitsim.results.evaluation import EnergyPart, InferenceEnergy
from circuitsim.spec import ArraySpec, Count, checked

WHAT = (
    "energy that drivers and sense references deliver to wires, cells, transistors, driver and sense resistances over "
    "the cycle of each read and phase; word lines, charging of wires and converters are not included"
)
OF_CHARGES = (
    "energy that drivers and sense references deliver within the cycle of a read to charge wires and capacitors, "
    "per read and phase; discharging them and converters are not included"
)


@checked
def inference_energy(
    network: Network,
    spec: ArraySpec,
    surface: AnyCell | None,
    images: np.ndarray,
    *,
    ranges: dict[str, LayerRange],
    off: CellSurface | None = None,
    between: tuple[CellSurface, ...] = (),
    columns_per_adc: Count = 1,
) -> InferenceEnergy:
    """Compute the mean energy of one inference; the array solver solves each tile read.

    Args:
        network: The network.
        spec: The array; rows are on for the cycle of a read, its conversion included, as in `network_cost`. Capacitors
            take their charge once in it.
        surface: Its characterized cell; None for ohmic 1R cells.
        images: Images to average over (images, …).
        ranges: Input and ADC ranges of the layers, from `network.fit_ranges`.
        off, between: Where inputs switch gates, the cells at the other levels of their gates, as in `NodalProduct`.
        columns_per_adc: Columns that an ADC converts one after the other, while rows stay on.

    Returns:
        Energies per image [J], of each layer and in total; 1 MAC = 2 operations.

    Raises:
        InputError: The images do not fit the network, a range is missing, an ADC has more columns than an array, or
            columns share an ADC whose conversion takes a time that is unknown.
        SpecError: Inputs are pulse widths, whose reads have other durations.
    """
    if spec.driver.input_code == "pulse_width":
        raise SpecError(
            "driver.input_code = 'pulse_width': this account of energy counts reads of t_read each; expected "
            "'amplitude' or 'bit_serial', or the account of circuitsim energy (evaluation.network_cost)"
        )
    check_shared_adcs(spec, columns_per_adc)
    watts: dict[str, float] = {}

    def record(place: TilePlace, g: np.ndarray, v_in: np.ndarray, solution: Solution) -> None:
        assert solution.power is not None
        watts[place.layer] = watts.get(place.layer, 0.0) + float(solution.power.sum())

    tables = circuit_tables(spec)
    read, conversion, _ = read_durations(spec, tables, converts=has_adc(spec, tables))
    if columns_per_adc > 1 and not conversion:
        raise InputError(
            f"columns_per_adc = {columns_per_adc} has no effect: the time of a conversion is unknown, or there is no "
            "ADC; expected an array whose [adc] names a circuit"
        )
    sense = None if tables is None else tables.sense
    programmed = program(network, spec, NodalProduct(spec, surface, record, sense, off, between), tables=tables)
    inference = evaluate(programmed, images, ranges=ranges, name="nodal")
    time = powered_time(spec, read + columns_per_adc * (conversion or 0.0))
    parts = tuple(EnergyPart(name, power * time / len(images), f"layer {name}") for name, power in watts.items())
    total = sum(part.energy for part in parts)
    products = sum(layer.vectors * layer.groups * layer.inputs * layer.outputs for layer in inference.layers)
    macs = round(products / len(images))  # a mean where a gate sends images to different layers
    what = OF_CHARGES if spec.array.cell == "1c" else WHAT
    return InferenceEnergy(parts, total, macs, total / macs, what)


@checked
def power_difference(
    spec: ArraySpec, surface: AnyCell | None, solved: Sequence[SolvedTile], *, sense: SenseTable | None = None
) -> float:
    """Return the largest relative difference in read power between the array solver and ngspice.

    Args:
        spec: The array.
        surface: Its characterized cell; None for ohmic 1R cells.
        solved: Tiles solved by ngspice, from `run_in_ngspice`.
        sense: Table of the sense amplifiers; None for ideal ones.
    """
    worst = 0.0
    for tile in solved:
        exact = read_exact(exact_array(spec, tile.g, surface, sense=sense), tile.v_in).power
        assert exact is not None and tile.solution.power is not None
        worst = max(worst, float(np.max(np.abs(exact / tile.solution.power - 1))))
    return worst
