"""A few conversions of a SAR: the offset of its comparator over the range, energy, sampling capacitance.

The comparator's kick-back meets the switches that are on and what earlier decisions left behind, so that its offset
depends on the code; only whole conversions show it. Measured on the transistor SAR: linear within .02 LSB in each half
of the range, with a step of .06 LSB in the middle, where the first decision is the one that counts.
"""

from dataclasses import dataclass

import numpy as np

from circuitsim.characterization.adc_energy import energy_vectors, part_energies
from circuitsim.characterization.adc_runs import (
    converter_run,
    read_words,
    word_vectors,
    words_and_deck,
)
from circuitsim.errors import SimulatorError
from circuitsim.netlist.conversions import Bench, conversion_deck
from circuitsim.spice import Simulator

REACH = 16  # [LSB] largest offset of a comparator that is taken for one
MARGIN = 0.1  # [LSB] around the interval in which the first conversions find the offset
HALVINGS = 6  # of this interval


@dataclass(frozen=True)
class SarConversions:
    """What conversions of a SAR show besides its capacitors.

    Attributes:
        offset: (4, 2) codes, and the shift of the transitions to them against those of the capacitors [LSB].
        codes: (4,) codes whose energy was measured, rising.
        energy: (4,) energy of a conversion at these codes by its part [J].
        capacitance: What the input charges [F].
        decks: Digests of the decks.
    """

    offset: np.ndarray
    codes: np.ndarray
    energy: dict[str, np.ndarray]
    capacitance: float
    decks: tuple[str, ...]


def sar_conversions(bench: Bench, transitions: np.ndarray, simulator: Simulator) -> SarConversions:
    """Convert inputs at four transitions of the capacitors and search for where the codes really change.

    The first conversion, of zero, leaves every capacitor without charge, so that the input charges all of them in the
    second. Their codes tell the offset to about one LSB, and bisection halves this interval.

    Args:
        bench: A converter with bits that samples.
        transitions: (2^bits − 1,) inputs above which no code below 1, 2, … occurs, without offset [V].
        simulator: The ngspice to use.

    Raises:
        SimulatorError: ngspice failed, a bit has not settled, or the codes do not follow the input; the run folder is
            kept.
    """
    count, lsb = len(transitions) + 1, bench.ref / (len(transitions) + 1)
    end, half = max(count // 32, 1), count // 2
    wanted = np.unique([half, half - 1, end, count - 1 - end])
    wanted = wanted[np.argsort(wanted != half, kind="stable")]  # the one in the middle first
    inputs = np.concatenate([[0.0], transitions[wanted - 1]])
    deck = conversion_deck(
        bench,
        inputs[:, None],
        what="conversions at four transitions",
        saved=[*word_vectors(bench, 1), *energy_vectors(bench)],
    )
    with converter_run(deck, simulator) as raw:
        words = read_words(bench, raw, 1, bench.cycle, len(inputs))[1:, 0]
        energy = {part: values[1:] for part, values in part_energies(bench, raw, inputs, bench.cycle).items()}
        decks = [raw.deck_digest]
        far = np.abs(words - wanted) > REACH
        if far.any() or np.all(words == words[0]):
            code, found = wanted[np.argmax(far)], words[np.argmax(far)]
            raise SimulatorError(
                f"the converter {bench.block.name!r}: it gives code {found} at the transition to code {code}, "
                f"{transitions[code - 1]:.4g} V"
                + (", and at every other" if np.all(words == words[0]) else "")
                + "; expected codes that follow the input, check its ports and timing",
                raw.folder,
            )
    edges = np.concatenate([[transitions[0] - lsb], transitions, [transitions[-1] + lsb]])
    at = transitions[wanted - 1]
    low, high = (at - edges[words + 1]) / lsb - MARGIN, (at - edges[words]) / lsb + MARGIN
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        codes, deck = words_and_deck(bench, (at + middle * lsb)[:, None], simulator)
        kept = codes[:, 0] >= wanted
        decks.append(deck)
        low, high = np.where(kept, low, middle), np.where(kept, middle, high)
    order = np.argsort(wanted)
    return SarConversions(
        offset=np.stack([wanted, (low + high) / 2], axis=1)[order],
        codes=words[order],
        energy={part: values[order] for part, values in energy.items()},
        capacitance=float(energy["input"][0] / inputs[1] ** 2),
        decks=tuple(decks),
    )


def offset_at(offset: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Return the offset [LSB] at codes, linear between the measured ones (n, 2) and beyond them."""
    at, value = offset.T
    slopes = np.diff(value) / np.diff(at)
    index = np.clip(np.searchsorted(at, codes) - 1, 0, len(slopes) - 1)
    return value[index] + slopes[index] * (codes - at[index])
