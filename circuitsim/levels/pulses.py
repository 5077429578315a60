"""Rows that are pulsed while their sense amplifiers integrate: a read as intervals of constant rows, at level nodal.

Pulses start together, so that a read of n rows is at most n + 1 intervals and one at rest; the charge is the sum of
duration times current. The table of the amplifier gives the voltage of its column while a current flows and after a
charge was taken, and what it puts out of the whole charge.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import nodal
from circuitsim.blocks import INTEGRATE, Block
from circuitsim.levels.sensed import SensedArray, prepare_sensed
from circuitsim.netlist import analog_inputs, chain_timing
from circuitsim.netlist.phases import phase_window
from circuitsim.periphery import check_sense_range, drop_and_slope, report
from circuitsim.results import SenseTable
from circuitsim.spec import ArraySpec


class PulsedReads(NamedTuple):
    """Means over t_read, and outputs.

    Attributes:
        v_in: (reads, rows) voltage of each driver [V].
        i_out: (reads, cols) current into each sense amplifier [A].
        sensed: (reads, cols) what each puts out [V].
    """

    v_in: np.ndarray
    i_out: np.ndarray
    sensed: np.ndarray


def read_pulses(
    spec: ArraySpec, g: ArrayLike, codes: np.ndarray, bits: int, block: Block, sense: SenseTable
) -> PulsedReads:
    """Read codes as pulses of driver.t_read, or of the share of it that pulse widths code.

    Args:
        spec: The array, with ideal drivers and a sense amplifier that works in phases.
        g: Conductances (rows, cols) [S].
        codes: Checked codes (batch, rows); bit-serial ones become reads of one bit, the lowest first.
        bits: Their resolution.
        block: The sense amplifier.
        sense: Its table.

    Raises:
        SpecError: A pulse does not fit into the phase "integrate".
        OutsideRangeError: A charge lies outside the table.
        InputError, SimulatorError, NotConvergedError: As `levels.prepare` and `nodal.read_with_sense`.

    Valid for: pulses of the area v · width, whose edges are short against them, and cells without memory: charges of
        the array itself cancel, because rows return to rest.
    """
    timing = chain_timing(spec)  # refuses pulses that do not fit
    height, share = analog_inputs(spec, codes, bits)
    still = spec.replace(driver={"input_code": "amplitude"}, adc={"kind": "ideal"})
    array = prepare_sensed(still, g, sense, None)
    start, width = phase_window(block, INTEGRATE)
    rest = spec.sense.v_ref
    charge = np.zeros((len(height), spec.array.cols))
    for inputs, duration in constant_rows(
        height, share * spec.driver.t_read, rest, timing.sense + start + width - timing.drive
    ):
        charge += duration[:, None] * _currents(array, inputs, charge, duration)
    over_phase = charge / width
    check_sense_range(sense, over_phase)
    return PulsedReads(rest + share * (height - rest), charge / spec.driver.t_read, report(sense, over_phase))


def constant_rows(
    height: np.ndarray, width: np.ndarray, rest: float, end: float = 0.0
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield rows that stay constant (reads, rows) [V] and how long (reads,) [s], interval after interval.

    Args:
        height: (reads, rows) voltage of each pulse [V].
        width: (reads, rows) its duration [s]; all start together.
        rest: Voltage of a row without a pulse [V].
        end: From the start of the pulses to the end of a last interval, in which all rows are at rest [s].
    """
    ends = np.sort(np.concatenate([np.zeros((len(width), 1)), width, np.full((len(width), 1), end)], axis=1), axis=1)
    for before, after in pairwise(ends.T):
        if (after > before).any():
            yield np.where(width >= after[:, None], height, rest), after - before


def _currents(array: SensedArray, inputs: np.ndarray, charge: np.ndarray, duration: np.ndarray) -> np.ndarray:
    """Return the currents (reads, cols) [A] of rows (reads, rows) [V] that stay constant for a duration (reads,) [s].

    `charge` (reads, cols) [C] is what the amplifiers have taken before; half of what they take counts too.
    """
    sense, v_read = array.sense, array.spec.driver.v_read
    assert sense.drop is not None
    low, high = float(sense.drop[0]), max(float(sense.drop[-1]), v_read)
    per_charge, half = sense.drop_per_charge or 0.0, duration[:, None] / 2

    def drop(current: np.ndarray) -> np.ndarray:
        # The table ends where a whole phase fills the amplifier; a pulse may carry more for a shorter time.
        taken = per_charge * (charge + half * current)
        return np.clip(drop_and_slope(sense, current)[0] + taken, low, high)

    return nodal.read_with_sense(array.array, inputs, drop).out
