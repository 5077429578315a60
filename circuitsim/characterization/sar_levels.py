"""The thresholds of a SAR from a few sampling cycles instead of conversions.

In each cycle an input is sampled and the bits are forced to a code; the voltage between the comparator's inputs tells
by how much the input lies beside the threshold of that code. Charges add, so that zero and one code per bit give all
others; a few more tell how well they do. The comparator's offset is not in it: `sar_conversions` finds it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.characterization.adc_runs import at_ends, check_supply, converter_run
from circuitsim.errors import SimulatorError
from circuitsim.netlist.conversions import Bench, conversion_deck
from circuitsim.netlist.phases import clock_nodes, phase_window
from circuitsim.spice import Simulator

SAMPLE, COMPARE = "sample", "compare"
MOST_ERROR = 0.1  # [LSB] between superposed and forced thresholds


@dataclass(frozen=True)
class ComposedLevels:
    """Thresholds of the codes 1 to 2^bits − 1 of one or many capacitor arrays, without the comparator.

    Attributes:
        thresholds: (arrays, 2^bits − 1) inputs above which a code is kept [V].
        attenuation: (arrays,) change of the comparator's input per change of the sampled one.
        error: Largest deviation from thresholds that were forced and not composed [LSB].
        deck: Digest of the deck.
    """

    thresholds: np.ndarray
    attenuation: np.ndarray
    error: float
    deck: str


def can_compose(bench: Bench) -> bool:
    """Tell whether a converter has what the composition needs: bits, the comparator's input, sampling, decisions."""
    block = bench.block
    return block.bits > 1 and "plus" in block.roles and SAMPLE in block.phases and COMPARE in block.phases


def composed_levels(
    bench: Bench, simulator: Simulator, *, parameters: Sequence[Mapping[str, float]] | None = None
) -> ComposedLevels:
    """Compose the thresholds of a SAR from sampling cycles with forced bits.

    Args:
        bench: A converter for which `can_compose` holds.
        simulator: The ngspice to use.
        parameters: Parameters of each of many arrays, which stand in one deck; None: one, as the block states.

    Raises:
        InputError: The supply is 0 V.
        SimulatorError: ngspice failed, the comparator's input does not follow the sampled one, or the thresholds do
            not add up because the phases are too short; the run folder is kept.
    """
    check_supply(bench)
    bits = bench.block.bits
    lsb, half = bench.ref / 2**bits, 1 << (bits - 1)
    powers = [0, *(1 << k for k in range(bits))]
    held_out = [half // 2 + half // 8 + 1, half + half // 4 + 1, 2 * half - 1]
    codes = np.array([*powers, *held_out, half])
    inputs = codes * lsb
    inputs[-1] -= lsb
    count = 1 if parameters is None else len(parameters)
    nodes = ["plus", "minus" if "minus" in bench.block.roles else "cm"]
    vectors = [f"v({node}_{m})" if node != "cm" else "v(cm)" for m in range(count) for node in nodes]
    cycle = forced_cycle(bench)
    deck = conversion_deck(
        bench,
        inputs[:, None],
        what="sampling cycles with forced bits",
        cycle=cycle,
        on=[role for role in clock_nodes(bench.block) if not role.rpartition(".")[2].isdigit()],
        parameters=parameters,
        forced={k: ((codes >> k) & 1).astype(float) for k in range(bits)},
        saved=vectors,
    )
    with converter_run(deck, simulator) as raw:
        ends = at_ends(raw, vectors, cycle, len(codes))
        residual = (ends[:, 0::2] - ends[:, 1::2]).T  # (arrays, cycles)
        gain = (residual[:, -1] - residual[:, bits]) / lsb
        if not np.all(gain > 0.05):
            raise SimulatorError(
                f"the converter {bench.block.name!r}: its port 'plus' does not follow the sampled input (change of "
                f"{gain.min():.2g} V/V, expected 0.05 to 1); check its ports, and give longer "
                f"phases in timing if {SAMPLE!r} is too short for the input to settle",
                raw.folder,
            )
        beside = residual[:, :-1] / gain[:, None]
        composed = _composed(beside, bits, lsb)
        error = np.abs(composed[:, held_out] - (inputs[bits + 1 : -1] + beside[:, bits + 1 :])).max() / lsb
        if error > MOST_ERROR:
            raise SimulatorError(
                f"the converter {bench.block.name!r}: its thresholds do not settle within a phase ({error:.2g} LSB of "
                f"memory at the port 'plus', expected {MOST_ERROR:g} at most); give longer phases in timing",
                raw.folder,
            )
    return ComposedLevels(composed[:, 1:], gain, float(error), raw.deck_digest)


def _composed(beside: np.ndarray, bits: int, lsb: float) -> np.ndarray:
    """Thresholds of all codes (arrays, codes) [V] from the offsets beside 0 and beside each single bit."""
    each = np.arange(2**bits)
    on = (each[:, None] >> np.arange(bits)) & 1  # (codes, bits)
    steps = beside[:, 1 : bits + 1] - beside[:, :1]
    return each * lsb + beside[:, :1] + steps @ on.T


def forced_cycle(bench: Bench) -> float:
    """Return the duration of a sampling cycle [s]: up to the first decision, and the time of one bit."""
    last = bench.block.bits - 1
    return phase_window(bench.block, COMPARE, k=last)[0] + bit_time(bench)


def bit_time(bench: Bench) -> float:
    """Return the time from one decision to the next [s]."""
    return phase_window(bench.block, COMPARE, k=0)[0] - phase_window(bench.block, COMPARE, k=1)[0]
