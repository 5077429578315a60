"""The thresholds of converters that count: steps of a flash, periods of an oscillator, ticks until a ramp has passed.

What they count is a smooth function of the input (or a sum of steps, for a flash); ngspice gives it at some inputs, and
the thresholds lie where it passes whole numbers.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from circuitsim.characterization.adc_energy import (
    CODES,
    conversion_energies,
    energy_vectors,
    oscillation_energies,
    resting_energies,
)
from circuitsim.characterization.adc_runs import TOLERANCES, at_ends, check_supply, converter_run
from circuitsim.characterization.kept_runs import bench_folder, run_benches
from circuitsim.errors import InputError, SimulatorError
from circuitsim.netlist.conversions import Bench, conversion_deck, converter_cards, head_cards
from circuitsim.netlist.index_sweep import save_cards
from circuitsim.netlist.names import number
from circuitsim.netlist.phases import phase_window
from circuitsim.results.waveforms import crossing_time
from circuitsim.spice import Simulator

INPUTS = 65  # inputs at which the curve is simulated; between them lie those that tell its error
FREQUENCY_INPUTS = 17  # of an oscillator of transistors, each of which takes seconds
PER_LSB = 16  # points of a sweep
CONVERT = "convert"
FIRST_RUN = 2.5e-8  # [s]
GROWTH = 3.0  # of the run for oscillators that had too few periods
MOST_RUNS = 6
LEAST_RISES = 8
TOGETHER = 24  # converters in one deck: each that decides shortens the time steps of all
ENERGY_PERIODS = 8  # over which the energy of an oscillator is measured
RESET = "reset"


@dataclass(frozen=True)
class CountedLevels:
    """Thresholds of a counting converter.

    Attributes:
        thresholds: (2^bits − 1,) inputs at which the count passes 1, 2, … [V] or [A].
        error: Largest deviation of the curve from inputs that were held out, or half a step of the sweep [LSB].
        decks: Digests of the decks.
        codes: (n,) codes at which the energy was measured; empty: nowhere.
        energy: (n,) energy of a conversion at these codes by its part [J].
        simulated: First and last code whose thresholds were simulated; None: all.
    """

    thresholds: np.ndarray
    error: float
    decks: tuple[str, ...]
    codes: np.ndarray
    energy: dict[str, np.ndarray]
    simulated: tuple[int, int] | None = None


def counted_range(bench: Bench) -> tuple[float, float]:
    """Return the smallest and the largest input of a converter [V] or [A]."""
    stated = bench.block.input
    return (0.0, bench.ref) if stated is None else (stated.minimum, stated.maximum)


def swept_levels(bench: Bench, bits: int, simulator: Simulator) -> CountedLevels:
    """Sweep the input of a converter without phases and find where its count passes each half.

    Raises:
        InputError: The supply is 0 V.
        SimulatorError: ngspice failed, the output never changes, or counts less than 2^bits − 1; the folder is kept.
    """
    check_supply(bench)
    low, high = counted_range(bench)
    step = (high - low) / (2**bits * PER_LSB)
    source = f"{bench.analog}in_0"
    deck = "\n".join(
        [
            *head_cards(bench, "transfer curve"),
            *converter_cards(bench, np.array([[low]]), 1.0),
            *save_cards(["v(out_0)", *energy_vectors(bench)]),
            f".dc {source} {number(low)} {number(high)} {number(step)}",
            *[".end", ""],
        ]
    )
    with converter_run(deck, simulator) as raw:
        count, at = raw["v(out_0)"], raw.data[:, 0]
        top = 2**bits - 1
        rising = np.maximum.accumulate(count)
        _check_count(bench, rising, top, raw.folder)
        levels = np.arange(top) + 0.5
        index = np.searchsorted(rising, levels)
        below, above = rising[index - 1], rising[index]
        thresholds = at[index - 1] + (levels - below) / (above - below) * (at[index] - at[index - 1])
        codes = _energy_codes(top)
        duration = bench.block.timing.get("t_convert")
        if duration is None:  # without phases and without a stated time, a conversion has no energy
            codes, energy = codes[:0], {}
        else:
            energy = resting_energies(bench, raw, thresholds[codes - 1], duration.value)
        return CountedLevels(thresholds, 0.5 / PER_LSB, (raw.deck_digest,), codes, energy)


def curve_levels(bench: Bench, bits: int, simulator: Simulator) -> CountedLevels:
    """Convert some inputs at once and find the inputs at which the count passes whole numbers.

    The converters share clocks, and the ramp where they have one. Every second input is held out for the error.

    Args:
        bench: A converter with the output "count", "time" or "frequency".
        bits: Resolution: counts from 1 to 2^bits − 1 are thresholds.
        simulator: The ngspice to use.

    Raises:
        InputError: A duration that the output needs is missing, or the supply is 0 V.
        SimulatorError: ngspice failed, the output never changes, falls, or does not cover the counts; folder kept.
    """
    check_supply(bench)
    low, high = counted_range(bench)
    top, oscillator = 2**bits - 1, bench.block.output == "frequency"
    start = low if oscillator else low + (high - low) / 2 ** (bits + 1)  # at `low` a ramp has passed from the start on
    inputs = np.linspace(start, high, FREQUENCY_INPUTS if oscillator else 2 * INPUTS - 1)
    with bench_folder() as folder:
        counts, decks = (_oscillations if oscillator else _counts)(bench, inputs, simulator, folder)
        first, last = float(counts[0]), float(counts[-1])
        if last - first < 1 or np.any(np.diff(counts) <= 0):
            raise SimulatorError(
                f"the converter {bench.block.name!r}: its port 'out' counts {first:.4g} to {last:.4g} over the inputs "
                f"{low:g} to {high:g}; expected a count that rises with the input",
                folder,
            )
    kept, held_out = slice(None, None, 2), slice(1, None, 2)
    from scipy.interpolate import PchipInterpolator  # takes 0.4 s to import

    curve = PchipInterpolator(inputs[kept], counts[kept])
    error = float(np.abs(curve(inputs[held_out]) - counts[held_out]).max())
    fine = np.linspace(start, high, 2**bits * PER_LSB + 1)
    values = PchipInterpolator(inputs, counts)(fine)
    levels = np.arange(top) + 1.0
    at = np.interp(levels, values, fine)
    # A count outside the range of inputs has no simulated threshold: the line through both ends goes on.
    slope = (high - start) / (last - first)
    at = np.where(levels < first, start + (levels - first) * slope, at)
    thresholds = np.where(levels > last, high + (levels - last) * slope, at)
    codes = _energy_codes(top)
    codes = codes[(codes >= first) & (codes <= last)]
    energy, more = _energies(bench, codes, thresholds[codes - 1], simulator)
    known = (max(int(np.ceil(first)), 1), min(int(last), top))
    return CountedLevels(thresholds, error, decks + more, codes, energy, None if known == (1, top) else known)


def _energy_codes(top: int) -> np.ndarray:
    return np.unique(np.linspace(max(top // 8, 1), top, CODES).round().astype(int))


def _energies(
    bench: Bench, codes: np.ndarray, inputs: np.ndarray, simulator: Simulator
) -> tuple[dict[str, np.ndarray], tuple[str, ...]]:
    """Energy of a conversion (n,) at codes (n,) by its part [J], and digests of the decks."""
    if bench.block.output != "frequency":
        return conversion_energies(bench, inputs, simulator)
    started = phase_window(bench.block, RESET)[1] if RESET in bench.block.phases else 0.0
    durations = ENERGY_PERIODS * _duration(bench, "t_count") / codes + started
    return oscillation_energies(bench, inputs, durations, simulator)


def _duration(bench: Bench, key: str) -> float:
    item = bench.block.timing.get(key)
    if item is None:
        raise InputError(
            f"the converter {bench.block.name!r}: timing.{key} is missing; its output is a {bench.block.output}, which "
            "needs it"
        )
    return item.value


def _counts(bench: Bench, inputs: np.ndarray, simulator: Simulator, folder: Path) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the counts (inputs,) of converters side by side: v(out) at the end, or the time of its rise in clocks."""
    block = bench.block
    clock = _duration(bench, "t_clock") if block.output == "time" else 1.0
    start = phase_window(block, CONVERT)[0] if block.output == "time" else 0.0
    groups = np.array_split(inputs, int(np.ceil(len(inputs) / TOGETHER)))
    names = [[f"v(out_{m})" for m in range(len(group))] for group in groups]
    pairs = zip(groups, names, strict=True)
    decks = [conversion_deck(bench, group[None], what="conversions", saved=saved) for group, saved in pairs]
    raws = run_benches(decks, folder, simulator, TOLERANCES)
    digests = tuple(raw.deck_digest for raw in raws)
    runs = list(zip(raws, names, strict=True))
    if block.output == "count":
        return np.concatenate([at_ends(raw, saved, bench.cycle, 1)[0] for raw, saved in runs]), digests
    each = [crossing_time(raw["time"], raw.columns(saved), np.full(len(saved), 0.5)) for raw, saved in runs]
    times = np.concatenate(each)
    late = ~np.isfinite(times)
    if late.sum() > 0.1 * len(inputs):
        first = next(raw for raw, found in zip(raws, each, strict=True) if not np.isfinite(found).all())
        raise SimulatorError(
            f"the converter {block.name!r}: its port 'out' does not change for the input {inputs[late][0]:.4g}; "
            f"expected it to cross 0.5 V within {bench.cycle:.3g} s",
            first.folder,
        )
    return _extended(inputs, (times - start) / clock, late), digests


def _extended(inputs: np.ndarray, counts: np.ndarray, late: np.ndarray) -> np.ndarray:
    """Go on with a line where the ramp ends before it passes the last inputs."""
    known = np.flatnonzero(~late)
    slope = (counts[known[-1]] - counts[known[-2]]) / (inputs[known[-1]] - inputs[known[-2]])
    return np.where(late, counts[known[-1]] + slope * (inputs - inputs[known[-1]]), counts)


def _oscillations(
    bench: Bench, inputs: np.ndarray, simulator: Simulator, folder: Path
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the periods (inputs,) of oscillators in `t_count`, from the rises of v(out) in runs of growing length."""
    t_count = _duration(bench, "t_count")
    found, decks = np.full(len(inputs), np.nan), []
    duration = FIRST_RUN
    for attempt in range(MOST_RUNS):
        left = np.flatnonzero(~np.isfinite(found))
        if not len(left):
            break
        names = [f"v(out_{m})" for m in range(len(left))]
        deck = conversion_deck(bench, inputs[None, left], what="frequencies", saved=names, cycle=duration)
        (raw,) = run_benches([deck], folder / f"run_{attempt}", simulator, TOLERANCES)
        decks.append(raw.deck_digest)
        for m, index in enumerate(left):
            rises = _rises(raw["time"], raw[names[m]])
            if len(rises) > LEAST_RISES:
                kept = rises[2:]  # the first periods start from the reset
                found[index] = (len(kept) - 1) / (kept[-1] - kept[0])
        silent = ~np.isfinite(found)
        if duration * GROWTH > bench.cycle and silent.any():
            raise SimulatorError(
                f"the converter {bench.block.name!r}: its port 'out' does not oscillate at the input "
                f"{inputs[silent][0]:.4g}; expected {LEAST_RISES} periods within {duration:.3g} s",
                raw.folder,
            )
        duration *= GROWTH
    return found * t_count, tuple(decks)


def _rises(time: np.ndarray, wave: np.ndarray) -> np.ndarray:
    k = np.flatnonzero((wave[:-1] < 0.5) & (wave[1:] >= 0.5))
    return time[k] + (0.5 - wave[k]) / (wave[k + 1] - wave[k]) * (time[k + 1] - time[k])


def _check_count(bench: Bench, rising: np.ndarray, top: int, folder: Path | None) -> None:
    name = bench.block.name
    if float(np.ptp(rising)) < 0.5:
        raise SimulatorError(
            f"the converter {name!r}: its port 'out' stays at {rising[0]:.4g} over all inputs; expected a count that "
            "rises with the input",
            folder,
        )
    if rising[-1] < top - 0.5 or rising[0] > 0.5:
        raise SimulatorError(
            f"the converter {name!r}: its port 'out' counts {rising[0]:.4g} to {rising[-1]:.4g}; expected 0 to {top}, "
            "adc.bits states another resolution",
            folder,
        )
