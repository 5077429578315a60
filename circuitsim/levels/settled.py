"""What a chain from tables must say of time: drivers and sense amplifiers that still move when the ADCs sample."""

import warnings

import numpy as np

from circuitsim.blocks import Block
from circuitsim.errors import SettlingWarning
from circuitsim.netlist import chain_timing
from circuitsim.periphery import report, settling_times
from circuitsim.results import ConverterTable, SenseTable
from circuitsim.spec import ArraySpec


def judge_driver(spec: ArraySpec, block: Block, dac: ConverterTable) -> None:
    """Tell a driver that settles more slowly than its rows are read.

    Raises:
        SpecError: A bit of the driver is shorter than its read with conversion.

    Warns:
        SettlingWarning: Its output still moves when the ADCs take theirs.
    """
    if dac.settling is None:
        return
    longest, given = float(dac.settling[:, 1].max()), _given(spec)
    if longest > given:
        warnings.warn(
            f"the driver {block.name!r} takes {longest:.3g} s to settle within half an LSB, and outputs are taken "
            f"after {given:.3g} s; raise driver.t_read",
            SettlingWarning,
            stacklevel=3,
        )


def judge_outputs(
    spec: ArraySpec, sense: SenseTable, adc: ConverterTable, g: np.ndarray, i_out: np.ndarray, sensed: np.ndarray
) -> None:
    """Tell sense amplifiers at rest that need more time after their rows have changed than the ADCs give them.

    Args:
        spec: The array.
        sense: The table of its amplifiers; one without dynamics passes.
        adc: That of its ADCs.
        g: Conductances (rows, cols) [S].
        i_out: Currents into the amplifiers (reads, cols) [A].
        sensed: Their outputs (reads, cols), settled [unit].

    Warns:
        SettlingWarning: Names read and column, the time that the slowest output takes and the time that it has: from
            the change of the rows on, or from the start of sampling, which disturbs the amplifier.

    Valid for: what the rows do. By how much an ADC disturbs an amplifier when it begins to sample is in no table.
    """
    if sense.dynamics is None:
        return
    change = sensed - report(sense, np.zeros_like(i_out))
    takes, timing = settling_times(sense, i_out, g.sum(axis=0), change, adc.lsb / 2), chain_timing(spec)
    read, column = (int(k) for k in np.unravel_index(int(takes.argmax()), takes.shape))
    slowest, given, sampled = takes[read, column], _given(spec), timing.taken - timing.convert
    who = (
        f"the sense amplifier {sense.block!r} of column {column} takes {slowest:.3g} s to settle within half an LSB in "
        f"read {read}, and "
    )
    if slowest > given:
        what = f"its output is taken after {given:.3g} s; codes are those of settled outputs; raise driver.t_read"
    elif slowest > sampled > 0:
        what = (
            f"the ADC, which disturbs it, samples for {sampled:.3g} s; codes leave that out, level = 'ngspice' tells "
            "by how much; raise the time in adc.timing for which it samples"
        )
    else:
        return
    warnings.warn(who + what, SettlingWarning, stacklevel=3)


def _given(spec: ArraySpec) -> float:
    """Return the time from a change of the rows until outputs are taken [s]."""
    timing = chain_timing(spec)
    return timing.taken - timing.drive
