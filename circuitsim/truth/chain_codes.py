"""The codes of the ADCs in a finished run of a chain."""

import warnings

import numpy as np

from circuitsim.blocks import Block
from circuitsim.characterization.adc_runs import ONE, ZERO
from circuitsim.errors import InputError, SettlingWarning, SimulatorError
from circuitsim.netlist import ChainNetlist
from circuitsim.netlist.phases import CLOCK_EDGE, phase_window
from circuitsim.results.waveforms import crossing_time
from circuitsim.spice import RawResult

CONVERT, RESET = "convert", "reset"
# Conversions that may meet a threshold so closely that a bit is neither 0 nor 1. The latch of the SAR of switches
# leaves such a bit for inputs within 20 uV, a two-hundredth of an LSB, and equal rows repeat it.
MOST_UNDECIDED = 0.1  # of all
FEW_UNDECIDED = 4


def chain_codes(deck: ChainNetlist, raw: RawResult, adc: Block, bits: int) -> np.ndarray:
    """Return the codes (reads, cols) at the end of each read, whole numbers as floats.

    Args:
        deck: The deck.
        raw: Its finished run.
        adc: The circuit of the ADCs.
        bits: Their resolution.

    Raises:
        SimulatorError: More bits than thresholds explain are neither 0 nor 1; names block, port, column and read. The
            run folder is kept.
        InputError: A duration that the output needs is missing.

    Warns:
        SettlingWarning: A bit is neither 0 nor 1, because the input lies on a threshold.
    """
    if deck.words:
        return _words(deck, raw, adc)
    if adc.output == "time":
        found = _times(deck, raw, adc)
    elif adc.output == "frequency":
        found = _periods(deck, raw, adc)
    else:
        found = _at(deck, raw, deck.counts)
        if not adc.clocked:  # thresholds of a converter at rest lie halfway between counts
            found = found + 0.5
    return np.clip(np.floor(found + 1e-9), 0.0, 2.0**bits - 1)


def _at(deck: ChainNetlist, raw: RawResult, names: tuple[str, ...]) -> np.ndarray:
    """Values of vectors (reads, names) when the codes are taken."""
    moments = np.arange(deck.reads) * deck.timing.cycle + deck.timing.code - 1.5 * CLOCK_EDGE
    return np.stack([np.interp(moments, raw["time"], raw[name]) for name in names], axis=1)


def _words(deck: ChainNetlist, raw: RawResult, adc: Block) -> np.ndarray:
    levels = np.stack(
        [_at(deck, raw, tuple(word[k] for word in deck.words)) for k in range(adc.bits)], axis=2
    )  # (reads, cols, bits)
    undecided = (levels > ZERO) & (levels < ONE)
    if undecided.any():
        read, column, k = (int(n) for n in np.argwhere(undecided)[0])
        level = levels[read, column, k]
        where = (
            f"the ADC {adc.name!r} of column {column}: its port 'bits.{k}' is at {level:.3g} V when the code of read"
        )
        count, conversions = np.count_nonzero(undecided.any(axis=2)), deck.reads * len(deck.words)
        if count > max(FEW_UNDECIDED, MOST_UNDECIDED * conversions):
            raise SimulatorError(
                f"{where} {read} is taken; expected 0 or 1 V, longer phases in adc.timing may settle it", raw.folder
            )
        warnings.warn(
            f"{where} {read} is taken, and counts as {int(level > 0.5)}: the input lies on a threshold ({count} of "
            f"{conversions} conversions)",
            SettlingWarning,
            stacklevel=2,
        )
    return (levels > 0.5) @ 2.0 ** np.arange(adc.bits)


def _periods(deck: ChainNetlist, raw: RawResult, adc: Block) -> np.ndarray:
    """Rises (reads, cols) of the outputs through 0.5 V in the time t_count after the phase "reset", as a counter sees.

    The oscillators start from their reset, so that a count may miss that of the table, frequency times t_count, by one.
    """
    count = adc.timing.get("t_count")
    if count is None:
        raise InputError(f"the ADC {adc.name!r}: timing.t_count is missing, its output is a frequency and needs it")
    time, waves = raw["time"], raw.columns(deck.counts)
    first = sum(phase_window(adc, RESET)) if RESET in adc.phases else 0.0
    starts = np.arange(deck.reads) * deck.timing.cycle + deck.timing.convert + first
    rises = [time[1:][(wave[:-1] < 0.5) & (wave[1:] >= 0.5)] for wave in waves.T]
    found = [
        np.searchsorted(each, starts + count.value, side="right") - np.searchsorted(each, starts, side="right")
        for each in rises
    ]
    return np.stack(found, axis=1).astype(float)


def _times(deck: ChainNetlist, raw: RawResult, adc: Block) -> np.ndarray:
    """Clocks (reads, cols) from the start of the phase "convert" until the output passes 0.5 V; inf: it does not."""
    clock = adc.timing.get("t_clock")
    if clock is None:
        raise InputError(f"the ADC {adc.name!r}: timing.t_clock is missing, its output is a time and needs it")
    time, waves, found = raw["time"], raw.columns(deck.counts), []
    for read in range(deck.reads):
        start = read * deck.timing.cycle + deck.timing.convert + phase_window(adc, CONVERT)[0]
        inside = (time >= start) & (time <= read * deck.timing.cycle + deck.timing.code)
        found.append((crossing_time(time[inside], waves[inside], np.full(len(deck.counts), 0.5)) - start) / clock.value)
    return np.array(found)
