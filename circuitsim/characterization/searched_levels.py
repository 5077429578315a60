"""The transitions of any converter with bits, by conversions: all of them are searched at the same time."""

import numpy as np

from circuitsim.characterization.adc_runs import convert_words
from circuitsim.characterization.counted_levels import CountedLevels, counted_range
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
    codes = _convert(bench, grid, simulator)
    if np.all(codes == codes[0]):
        raise SimulatorError(
            f"the converter {bench.block.name!r}: its output stays at code {codes[0]} over all inputs from {low:g} to "
            f"{high:g}; check the roles of its ports and its phases"
        )
    reached = np.minimum.accumulate(codes[::-1])[::-1]  # the smallest code at this input and beyond
    wanted = np.arange(1, count)
    if reached[-1] < count - 1 or codes[0] > 0:
        raise SimulatorError(
            f"the converter {bench.block.name!r}: its codes run from {codes.min()} to {codes.max()} over the inputs "
            f"{low:g} to {high:g}; expected 0 to {count - 1}"
        )
    above = np.searchsorted(reached, wanted)
    below_v, above_v = grid[above - 1], grid[above]
    for _ in range(ROUNDS):
        middle = (below_v + above_v) / 2
        kept = _convert(bench, middle, simulator) >= wanted
        below_v, above_v = np.where(kept, below_v, middle), np.where(kept, middle, above_v)
    resolution = float((above_v - below_v).max()) / 2 / (span / count)
    return CountedLevels((below_v + above_v) / 2, resolution)


def _convert(bench: Bench, inputs: np.ndarray, simulator: Simulator) -> np.ndarray:
    chunks = np.array_split(inputs, int(np.ceil(len(inputs) / CHUNK)))
    return np.concatenate([convert_words(bench, chunk[:, None], simulator)[:, 0] for chunk in chunks])
