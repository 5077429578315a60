"""Characterize a comparator: a converter of one bit with a clock."""

import numpy as np

from circuitsim.blocks import Block
from circuitsim.characterization.adc_energy import energy_vectors, part_energies
from circuitsim.characterization.adc_mismatch import SPAN, found_thresholds
from circuitsim.characterization.adc_runs import ONE, TOLERANCES, check_supply, converter_run, word_vectors
from circuitsim.characterization.comparator_noise import decision_noise, decision_start
from circuitsim.characterization.kept_runs import runs_provenance
from circuitsim.errors import InputError, SimulatorError
from circuitsim.netlist.conversions import Bench, bench_of, conversion_deck
from circuitsim.results import ComparatorTable
from circuitsim.results.waveforms import crossing_time
from circuitsim.spec import checked
from circuitsim.spice import Simulator, find_ngspice

OVERDRIVES = (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)  # [V] above the threshold
RESOLUTION = 1e-5  # [V] of the threshold


@checked
def comparator_table(
    block: Block, *, ref: float | None = None, temperature_c: float = 27.0, simulator: Simulator | None = None
) -> ComparatorTable:
    """Characterize a comparator by small decks: threshold, delay and energy against overdrive, noise.

    Each decision follows one of the other sign, `SPAN` below the threshold, so that the bit has to change.

    Args:
        block: A converter of one bit that works in phases; the one of its clock that starts last decides.
        ref: Voltage at its port `ref` [V]; None: that of its card, or its supply. A circuit without `ref` has its
            threshold somewhere between 0 and the supply.
        temperature_c: Temperature [°C].
        simulator: The ngspice to use; None: `find_ngspice()`.

    Raises:
        InputError: The block is no comparator, or its supply is 0 V.
        SimulatorError: ngspice failed, or the bit does not follow the input; the run folder is kept.

    Valid for: the supply, reference and temperature of the table; the noise leaves out flicker noise.
    """
    if block.kind != "converter" or block.bits != 1 or not block.clocked:
        raise InputError(f"block {block.name!r}: expected a comparator, a converter of one bit that works in phases")
    bench = bench_of(block, temperature_c, ref=ref)
    check_supply(bench)
    simulator = simulator or find_ngspice()
    own = "ref" in block.roles
    found, decks = found_thresholds(bench, [{}], simulator, resolution=RESOLUTION)
    threshold = float(found[0]) + (bench.ref if own else 0.0)
    delay, energy, deck = _decisions(bench, threshold, simulator)
    noise = decision_noise(bench, threshold, simulator) if block.latch else None
    decks = (*decks, deck, *(noise.decks if noise is not None else ()))
    return ComparatorTable(
        block=block.name,
        threshold=threshold,
        offset=float(found[0]) if own else None,
        noise=None if noise is None else noise.sigma,
        overdrive=np.array(OVERDRIVES),
        delay=delay,
        energy=energy,
        reference=bench.ref if own else None,
        supply=block.v_supply,
        temperature_c=temperature_c,
        provenance=runs_provenance(decks, simulator, TOLERANCES),
    )


def _decisions(bench: Bench, threshold: float, simulator: Simulator) -> tuple[np.ndarray, np.ndarray, str]:
    """Delay (overdrives,) [s] and energy (overdrives,) [J] of decisions, and the digest of the deck."""
    inputs = np.stack([np.full(len(OVERDRIVES), -SPAN), OVERDRIVES], axis=1).ravel() + threshold
    bit = word_vectors(bench, 1)
    deck = conversion_deck(
        bench,
        inputs[:, None],
        what="decisions",
        saved=[*bit, *energy_vectors(bench)],
    )
    start = decision_start(bench)
    with converter_run(deck, simulator) as raw:
        time, wave = raw["time"], raw[bit[0]]
        delay = np.full(len(OVERDRIVES), np.inf)
        for k in range(len(OVERDRIVES)):
            begin = (2 * k + 1) * bench.cycle + start
            inside = (time >= begin) & (time <= begin - start + bench.cycle)
            level = np.array([ONE * bench.block.logic])
            delay[k] = crossing_time(time[inside] - begin, wave[inside][:, None], level)[0]
        if not np.any(np.isfinite(delay)):
            raise SimulatorError(
                f"the converter {bench.block.name!r}: its port 'bits' does not rise within {bench.cycle - start:.3g} s "
                f"after its clock, up to {OVERDRIVES[-1]:g} V above its threshold of {threshold:.4g} V; expected a "
                "decision, a longer clock may do",
                raw.folder,
            )
        parts = part_energies(bench, raw, inputs, bench.cycle)
    supplied = sum((parts[name] for name in ("comparator", "reference") if name in parts), np.zeros(len(inputs)))
    return delay, supplied[1::2], raw.deck_digest
