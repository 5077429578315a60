"""Draws of mismatched converters: capacitors of a SAR, and thresholds of comparators, many in one deck."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from circuitsim.blocks import Block
from circuitsim.characterization.adc import threshold_table
from circuitsim.characterization.adc_runs import TOLERANCES, converter_run, read_words, word_vectors
from circuitsim.characterization.kept_runs import runs_provenance
from circuitsim.characterization.sar_levels import can_compose, composed_levels
from circuitsim.errors import InputError, SimulatorError
from circuitsim.netlist.conversions import Bench, conversion_deck
from circuitsim.results import ConverterTable
from circuitsim.spice import Simulator

_CAPACITOR = re.compile(r"e(\d+|d)")
_GATE = re.compile(r"dv\d+")
LAW_STEP = 5e-3  # [V] mismatch of one gate at which the law is measured
SPAN = 60e-3  # [V] largest offset that is found
UNEVEN = 1.0123  # of both ends of the search: in the middle, a comparator without mismatch would never decide


def drawn_capacitors(bench: Bench, draws: int, sigma_unit: float, rng: np.random.Generator) -> list[dict[str, float]]:
    """Draw relative errors of the capacitors of a SAR: those of w units have the deviation sigma_unit / √w.

    Args:
        bench: A SAR with the parameters e0, e1, … and ed.
        draws: Number of converters.
        sigma_unit: Standard deviation of a unit capacitor, relative.
        rng: Source of the draws, in the order of the parameters within each converter.

    Raises:
        InputError: The block has no such parameters.
    """
    units = capacitor_units(bench.block)
    if not units:
        raise InputError(f"the converter {bench.block.name!r} has no capacitors e0, e1, … among its parameters")
    sigma = sigma_unit / np.sqrt(list(units.values()))
    return [dict(zip(units, row.tolist(), strict=True)) for row in rng.standard_normal((draws, len(units))) * sigma]


def capacitor_units(block: Block) -> dict[str, float]:
    """Return how many unit capacitors each capacitor of a SAR holds, by the parameter of its relative error."""
    found = {key: match[1] for key in block.parameters if (match := _CAPACITOR.fullmatch(key))}
    return {key: 1.0 if bit == "d" else 2.0 ** int(bit) for key, bit in found.items()}


def mismatched_tables(
    bench: Bench, parameters: Sequence[Mapping[str, float]], simulator: Simulator
) -> list[ConverterTable]:
    """Characterize many capacitor arrays in one deck, each with its own parameters; comparators are ideal.

    Args:
        bench: A SAR whose thresholds can be composed.
        parameters: Parameters of each, such as those of `drawn_capacitors`.
        simulator: The ngspice to use.

    Raises:
        InputError: The converter is no SAR, or a parameter does not exist.
        SimulatorError: As `composed_levels`.
    """
    if not can_compose(bench):
        raise InputError(
            f"the converter {bench.block.name!r}: it has no port 'plus' or no phases 'sample' and 'compare', so that "
            "its thresholds cannot be composed"
        )
    for key in parameters[0]:
        if key not in bench.block.parameters:
            raise InputError(f"{key}: {bench.block.name} has no such parameter")
    found = composed_levels(bench, simulator, parameters=parameters)
    origin = runs_provenance([found.deck], simulator, TOLERANCES)
    return [
        threshold_table(bench, thresholds, decide="search", error=found.error, origin=origin)
        for thresholds in found.thresholds
    ]


def comparator_thresholds(
    bench: Bench, parameters: Sequence[Mapping[str, float]], simulator: Simulator, *, resolution: float = 2e-4
) -> np.ndarray:
    """Find the offsets of many comparators in one deck per halving; `found_thresholds` also names the decks.

    Args:
        bench: A comparator: a converter of one bit, which compares `in` with `ref`.
        parameters: Parameters of each comparator.
        simulator: The ngspice to use.
        resolution: Width of the last interval [V].

    Returns:
        (comparators,) inputs above `ref` from which on the bit is 1 [V]; of a circuit without `ref`, above 0 V.

    Raises:
        InputError: The converter has another number of bits than one.
        SimulatorError: ngspice failed, or a comparator does not change its decision within `SPAN` of `ref`, or between
            0 V and the supply; the run folder is kept.
    """
    return found_thresholds(bench, parameters, simulator, resolution=resolution)[0]


def found_thresholds(
    bench: Bench, parameters: Sequence[Mapping[str, float]], simulator: Simulator, *, resolution: float
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the offsets of `comparator_thresholds` and the digests of the decks; arguments and errors as there."""
    if bench.block.bits != 1:
        raise InputError(
            f"the converter {bench.block.name!r} has {bench.block.bits} bits: expected a comparator, 1 bit"
        )
    centre, ends = (bench.ref, (-SPAN, UNEVEN * SPAN)) if "ref" in bench.block.roles else (0.0, (0.0, bench.ref))
    low, high = (np.full(len(parameters), end) for end in ends)
    decks = []
    for turn in range(-2, int(np.ceil(np.log2((ends[1] - ends[0]) / resolution)))):
        middle = (low + high) / 2 if turn >= 0 else low if turn == -2 else high
        deck = conversion_deck(
            bench,
            centre + middle[None],
            what="decisions",
            parameters=parameters,
            saved=word_vectors(bench, len(parameters)),
        )
        with converter_run(deck, simulator) as raw:
            decks.append(raw.deck_digest)
            on = read_words(bench, raw, len(parameters), bench.cycle, 1)[0] == 1
            if turn < 0 and np.any(on != (turn == -1)):
                end = "lowest" if turn == -2 else "highest"
                raise SimulatorError(
                    f"the converter {bench.block.name!r}: its bit is {int(turn == -2)} at the {end} input, "
                    f"{centre + middle[0]:.4g} V; expected {int(turn == -1)}, a comparator that decides between",
                    raw.folder,
                )
        if turn >= 0:
            low, high = np.where(on, low, middle), np.where(on, middle, high)
    return (low + high) / 2, tuple(decks)


def offset_law(bench: Bench, simulator: Simulator, *, resolution: float = 1e-5) -> dict[str, float]:
    """Measure how the offset of a comparator follows the mismatch of each of its gates.

    The offset of any draw is the sum of weight times mismatch; this replaces a Monte Carlo of decisions.

    Args:
        bench: A comparator with the parameters dv1, dv2, … [V].
        simulator: The ngspice to use.
        resolution: Of the offsets [V].

    Returns:
        Change of the offset per change of each parameter [V/V].

    Raises:
        InputError: The block has no such parameters.
        SimulatorError: As `comparator_thresholds`.
    """
    gates = [key for key in bench.block.parameters if _GATE.fullmatch(key)]
    if not gates:
        raise InputError(f"the converter {bench.block.name!r} has no gates dv1, dv2, … among its parameters")
    none = dict.fromkeys(gates, 0.0)
    found = comparator_thresholds(
        bench, [none, *({**none, gate: LAW_STEP} for gate in gates)], simulator, resolution=resolution
    )
    return dict(zip(gates, ((found[1:] - found[0]) / LAW_STEP).tolist(), strict=True))
