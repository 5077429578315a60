"""The transitions of any converter with bits, by conversions: all of them are searched at the same time."""

from pathlib import Path

import numpy as np

from circuitsim.characterization.adc_energy import CODES, conversion_energies
from circuitsim.characterization.adc_runs import words_and_deck
from circuitsim.characterization.counted_levels import CountedLevels, counted_range
from circuitsim.characterization.kept_runs import bench_folder
from circuitsim.errors import SimulatorError
from circuitsim.netlist.conversions import Bench
from circuitsim.spice import Simulator

ROUNDS = 4  # each halves the interval of every transition, which starts at half an LSB
CHUNK = 64  # conversions a deck


def searched_levels(bench: Bench, simulator: Simulator) -> CountedLevels:
    """Find the inputs at which the code passes 1, 2, … by conversions on a grid and bisection between its points.

    A converter of n bits takes about 2^n · (2 + `ROUNDS`) conversions. A transition of a converter whose code falls
    somewhere is the last input at which it is still below.

    Raises:
        InputError: The supply is 0 V.
        SimulatorError: ngspice failed, or the code never changes; names the block.
    """
    low, high = counted_range(bench)
    count = 2**bench.block.bits
    span = high - low
    grid = np.linspace(low - span / count, high + span / count, 2 * count + 5)
    wanted = np.arange(1, count)
    with bench_folder() as folder:
        codes, decks = _convert(bench, grid, simulator, folder)
        name = f"the converter {bench.block.name!r}"
        if np.all(codes == codes[0]):
            raise SimulatorError(
                f"{name}: its output stays at code {codes[0]} over all inputs from {low:g} to {high:g}; check the "
                "roles of its ports and its phases",
                folder,
            )
        reached = np.minimum.accumulate(codes[::-1])[::-1]  # the smallest code at this input and beyond
        if reached[-1] < count - 1 or codes[0] > 0:
            raise SimulatorError(
                f"{name}: its codes run from {codes.min()} to {codes.max()} over the inputs {low:g} to {high:g}; "
                f"expected 0 to {count - 1}",
                folder,
            )
    above = np.searchsorted(reached, wanted)
    below_v, above_v = grid[above - 1], grid[above]
    for _ in range(ROUNDS):
        middle = (below_v + above_v) / 2
        found, more = _convert(bench, middle, simulator)
        kept, decks = found >= wanted, decks + more
        below_v, above_v = np.where(kept, below_v, middle), np.where(kept, middle, above_v)
    resolution = float((above_v - below_v).max()) / 2 / (span / count)
    codes = np.unique(np.linspace(1, count - 2, CODES).astype(int))
    thresholds = (below_v + above_v) / 2
    energy, more = conversion_energies(bench, thresholds[codes], simulator)
    return CountedLevels(thresholds, resolution, decks + more, codes, energy)


def _convert(
    bench: Bench, inputs: np.ndarray, simulator: Simulator, folder: Path | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    words, decks = [], []
    for n, chunk in enumerate(np.array_split(inputs, int(np.ceil(len(inputs) / CHUNK)))):
        place = None if folder is None else folder / f"chunk_{n}"
        codes, deck = words_and_deck(bench, chunk[:, None], simulator, folder=place)
        words.append(codes[:, 0])
        decks.append(deck)
    return np.concatenate(words), tuple(decks)
