"""Turn a converter that is a circuit into a table: thresholds, offset, noise, time and energy of a conversion."""

from dataclasses import replace

import numpy as np

from circuitsim.blocks import Block, load_block
from circuitsim.characterization.adc_runs import TOLERANCES, check_supply
from circuitsim.characterization.comparator_noise import decision_noise
from circuitsim.characterization.counted_levels import curve_levels, swept_levels
from circuitsim.characterization.kept_runs import runs_provenance
from circuitsim.characterization.sar_conversions import offset_at, sar_conversions
from circuitsim.characterization.sar_levels import can_compose, composed_levels
from circuitsim.characterization.searched_levels import searched_levels
from circuitsim.errors import InputError
from circuitsim.netlist.conversions import Bench, bench_of
from circuitsim.periphery import linearity
from circuitsim.results import ConverterTable, Provenance
from circuitsim.spice import Simulator, find_ngspice

BOLTZMANN = 1.380649e-23  # [J/K], exact in the SI
KELVIN = 273.15


def adc_block_table(
    block: Block,
    *,
    bits: int | None = None,
    ref: float | None = None,
    temperature_c: float = 27.0,
    simulator: Simulator | None = None,
) -> ConverterTable:
    """Characterize a converter by small decks.

    A SAR whose comparator input is a port is composed from sampling cycles with forced bits; other converters with bits
    are searched by conversions; without bits, the count at the output is taken over the input.

    Args:
        block: The converter.
        bits: Resolution of a converter that counts; None: that of its digital word.
        ref: Voltage at its port `ref` [V]; None: that of its card, or its supply.
        temperature_c: Temperature [°C].
        simulator: The ngspice to use; None: `find_ngspice()`.

    Returns:
        Its table: low and high from its first and its last threshold, everything else in `inl`.

    Raises:
        InputError: The block is no converter, bits is missing or is not that of its word, or the supply is 0 V.
        SimulatorError: ngspice failed, or the output never changes or never settles; names block and port or code, and
            the run folder, which is kept.
    """
    bench = bench_of(block, temperature_c, ref=ref)
    resolution = _resolution(block, bits)
    check_supply(bench)
    simulator = simulator or find_ngspice()
    if can_compose(bench):
        return _composed(bench, simulator)
    if block.bits:
        found = searched_levels(bench, simulator)
    else:
        found = (curve_levels if block.clocked else swept_levels)(bench, resolution, simulator)
    return threshold_table(
        bench,
        found.thresholds,
        decide="sorted",
        error=found.error,
        origin=runs_provenance(found.decks, simulator, TOLERANCES),
        energy_code=found.codes if found.energy else None,
        energy=found.energy,
        simulated=found.simulated,
    )


def _resolution(block: Block, bits: int | None) -> int:
    if block.kind != "converter":
        raise InputError(f"block {block.name!r} is of the kind {block.kind!r}: expected a converter")
    if block.bits == 1:
        raise InputError(
            f"block {block.name!r} has one bit: a comparator, which comparator_table characterizes; expected 2 bits or "
            "more"
        )
    if block.bits:
        if bits not in (None, block.bits):
            raise InputError(
                f"bits = {bits}: {block.name} has {block.bits} bits; circuitsim.blocks.write_block writes a shipped "
                "converter of another resolution"
            )
        return block.bits
    if bits is None or not 2 <= bits <= 12:
        raise InputError(f"bits = {bits}: {block.name} counts and has no bits of its own; expected 2 to 12")
    return bits


def _composed(bench: Bench, simulator: Simulator) -> ConverterTable:
    """Thresholds by charges and the comparator's offset; energy and noise from a few conversions."""
    levels = composed_levels(bench, simulator)
    thresholds, lsb = levels.thresholds[0], bench.ref / 2**bench.block.bits
    origin = runs_provenance([levels.deck], simulator, TOLERANCES)
    without_offset = threshold_table(bench, thresholds, decide="search", error=None, origin=origin)
    found = sar_conversions(bench, linearity(without_offset).transitions, simulator)
    shifted = thresholds + lsb * offset_at(found.offset, np.arange(len(thresholds)) + 1.0)
    noise, decks = _noise(bench, found.capacitance, float(levels.attenuation[0]), simulator)
    return threshold_table(
        bench,
        shifted,
        decide="search",
        error=levels.error,
        origin=runs_provenance([levels.deck, *found.decks, *decks], simulator, TOLERANCES),
        offset=found.offset,
        noise=float(np.sqrt(sum(sigma**2 for sigma in noise.values()))),
        noise_parts=noise,
        energy_code=found.codes,
        energy=found.energy,
    )


def _noise(
    bench: Bench, capacitance: float, attenuation: float, simulator: Simulator
) -> tuple[dict[str, float], tuple[str, ...]]:
    """Standard deviations at the input [V]: of the sampled charge, kT/C, and of the comparator that the card names."""
    kelvin = bench.temperature_c + KELVIN
    parts = {"sampling": float(np.sqrt(BOLTZMANN * kelvin / (capacitance * attenuation)))}
    if bench.block.comparator is None:
        return parts, ()
    comparator = load_block("converter", bench.block.comparator)
    at = bench_of(replace(comparator, supply=bench.block.supply), bench.temperature_c, ref=bench.ref / 2)
    found = decision_noise(at, bench.ref / 2, simulator)
    return {**parts, "comparator": float(found.sigma / attenuation)}, found.decks


def threshold_table(
    bench: Bench,
    thresholds: np.ndarray,
    *,
    decide: str,
    error: float | None,
    origin: Provenance,
    **more: object,
) -> ConverterTable:
    """Return the table of an ADC with these thresholds (2^bits − 1,), whose range is that of its first and last one.

    Args:
        bench: The converter.
        thresholds: Inputs at which its code changes [V] or [A].
        decide, error: As in the table.
        origin: What was run.
        more: Further fields of the table.
    """
    count = len(thresholds)
    lsb = float(thresholds[-1] - thresholds[0]) / max(count - 1, 1)
    low = float(thresholds[0]) - lsb / 2
    block = bench.block
    durations = {key: item.value for key, item in block.timing.items()}
    return ConverterTable(
        bits=int(np.log2(count + 1)),
        low=low,
        high=low + count * lsb,
        inl=(thresholds - low) / lsb - (np.arange(count) + 0.5),
        decide=decide,  # pyright: ignore[reportArgumentType]
        unit="V" if bench.analog == "v" else "A",
        block=block.name,
        supply=block.v_supply,
        reference=bench.ref if "ref" in block.roles else None,
        temperature_c=bench.temperature_c,
        error=error,
        t_conversion=bench.cycle if block.clocked else durations.get("t_convert"),
        provenance=origin,
        **more,  # pyright: ignore[reportArgumentType]
    )
