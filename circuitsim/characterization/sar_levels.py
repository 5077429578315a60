"""The thresholds of a SAR from a few sampling cycles instead of conversions.

In each cycle an input is sampled and the bits are forced to a code; the voltage between the comparator's inputs tells
by how much the input lies beside the threshold of that code. Charges add, so that zero and one code per bit give all
others; a few more tell how well they do. The comparator's offset depends on the code, because its kick-back meets the
switches that are on: it is found by decisions near three thresholds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.characterization.adc_runs import (
    at_ends,
    check_supply,
    converter_run,
    read_words,
    word_vectors,
)
from circuitsim.errors import SimulatorError
from circuitsim.netlist.conversions import Bench, conversion_deck
from circuitsim.netlist.phases import clock_nodes, phase_window
from circuitsim.spice import Simulator

SAMPLE, COMPARE = "sample", "compare"
MOST_ERROR = 0.1  # [LSB] between superposed and forced thresholds
REACH = 4.0  # [LSB] largest offset of a comparator that is found
RESOLUTION = 0.01  # [LSB] of the offset


@dataclass(frozen=True)
class ComposedLevels:
    """Thresholds of the codes 1 to 2^bits − 1 of one or many capacitor arrays, without the comparator.

    Attributes:
        thresholds: (arrays, 2^bits − 1) inputs above which a code is kept [V].
        attenuation: (arrays,) change of the comparator's input per change of the sampled one.
        error: Largest deviation from thresholds that were forced and not composed [LSB].
    """

    thresholds: np.ndarray
    attenuation: np.ndarray
    error: float


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
                f"{gain.min():.2g} V/V, expected 0.05 to 1); check its ports and the phase {SAMPLE!r}",
                raw.folder,
            )
        beside = residual[:, :-1] / gain[:, None]
        each = np.arange(2**bits)
        on = (each[:, None] >> np.arange(bits)) & 1  # (codes, bits)
        steps = beside[:, 1 : bits + 1] - beside[:, :1]
        composed = each * lsb + beside[:, :1] + steps @ on.T
        error = np.abs(composed[:, held_out] - (inputs[bits + 1 : -1] + beside[:, bits + 1 :])).max() / lsb
        if error > MOST_ERROR:
            raise SimulatorError(
                f"the converter {bench.block.name!r}: its thresholds do not settle within a phase ({error:.2g} LSB of "
                f"memory at the port 'plus', expected {MOST_ERROR:g} at most); give longer phases in timing",
                raw.folder,
            )
    return ComposedLevels(composed[:, 1:], gain, float(error))


def forced_cycle(bench: Bench) -> float:
    """Return the duration of a sampling cycle [s]: up to the first decision, and the time of one bit."""
    last = bench.block.bits - 1
    return phase_window(bench.block, COMPARE, k=last)[0] + bit_time(bench)


def bit_time(bench: Bench) -> float:
    """Return the time from one decision to the next [s]."""
    return phase_window(bench.block, COMPARE, k=0)[0] - phase_window(bench.block, COMPARE, k=1)[0]


def comparator_offsets(bench: Bench, thresholds: np.ndarray, simulator: Simulator) -> np.ndarray:
    """Find the offset of the comparator in a conversion, at both end codes and in the middle.

    The upper bits of an odd code are forced and the comparator decides on the last one, which is what happens in a
    conversion at that threshold; bisection of the input finds where the decision changes.

    Args:
        bench: The converter.
        thresholds: (2^bits − 1,) thresholds without offset [V].
        simulator: The ngspice to use.

    Returns:
        (3, 2) codes, and the offset of their thresholds [LSB].

    Raises:
        SimulatorError: ngspice failed, or the decision does not change within `REACH`; the run folder is kept.
    """
    bits = bench.block.bits
    lsb = bench.ref / 2**bits
    codes = np.unique([1, (1 << (bits - 1)) - 1, (1 << bits) - 1])
    shift = -(bits - 2) * bit_time(bench)
    cycle = bench.cycle + shift
    clocks = clock_nodes(bench.block)
    forced = {k: ((codes >> k) & 1).astype(float) for k in range(1, bits)}
    low, high = np.full(len(codes), -REACH), np.full(len(codes), REACH)

    def decide(offset: np.ndarray) -> np.ndarray:
        deck = conversion_deck(
            bench,
            (thresholds[codes - 1] + offset * lsb)[:, None],
            what="decisions on the last bit",
            cycle=cycle,
            on=[role for role in clocks if not role.rpartition(".")[2].isdigit() or role.endswith(".0")],
            shift={role: shift for role in clocks if role.endswith(".0")},
            forced=forced,
            saved=word_vectors(bench, 1),
        )
        with converter_run(deck, simulator) as raw:
            kept = read_words(bench, raw, 1, cycle, len(codes))[:, 0] & 1 == 1
            if np.abs(offset[0]) == REACH and not np.all(kept == (offset > 0)):
                code = codes[np.argmax(kept != (offset > 0))]
                raise SimulatorError(
                    f"the converter {bench.block.name!r}: its output does not change at code {code}, from "
                    f"{-REACH:g} to {REACH:g} LSB around its threshold of {thresholds[code - 1]:.4g} V; expected a "
                    "comparator that decides",
                    raw.folder,
                )
        return kept

    decide(low)
    decide(high)
    for _ in range(int(np.ceil(np.log2(2 * REACH / RESOLUTION)))):
        middle = (low + high) / 2
        kept = decide(middle)
        low, high = np.where(kept, low, middle), np.where(kept, middle, high)
    return np.stack([codes, (low + high) / 2], axis=1)
