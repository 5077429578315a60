"""Rows that are pulsed while their sense amplifiers integrate: a read as intervals of constant rows, at level nodal.

Pulses start together, so that a read of n rows is at most n + 1 intervals; the charge is the sum of duration times
current. The table of the amplifier gives the voltage of its column while a current flows, and what it puts out of the
whole charge.
"""

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
    chain_timing(spec)  # refuses pulses that do not fit
    height, share = analog_inputs(spec, codes, bits)
    still = spec.replace(driver={"input_code": "amplitude"}, adc={"kind": "ideal"})
    array = prepare_sensed(still, g, sense, None)
    inputs, duration, read = _intervals(height, share, spec.sense.v_ref)
    current = _currents(array, inputs)
    mean = np.zeros((len(height), spec.array.cols))
    np.add.at(mean, read, duration[:, None] * current)
    over_phase = mean * spec.driver.t_read / phase_window(block, INTEGRATE)[1]
    check_sense_range(sense, over_phase)
    v_in = spec.sense.v_ref + share * (height - spec.sense.v_ref)
    return PulsedReads(v_in, mean, report(sense, over_phase))


def _intervals(height: np.ndarray, share: np.ndarray, rest: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return rows that stay constant (intervals, rows) [V], for which share of t_read, and the read of each interval.

    Args:
        height: (reads, rows) voltage of each pulse [V].
        share: (reads, rows) share of t_read for which it lasts.
        rest: Voltage of a row without a pulse [V].
    """
    inputs, duration, read = [], [], []
    for k, (volts, parts) in enumerate(zip(height, share, strict=True)):
        ends = np.unique(np.append(parts, 0.0))
        for start, end in pairwise(ends):
            inputs.append(np.where(parts >= end, volts, rest))
            duration.append(end - start)
            read.append(k)
    return np.array(inputs).reshape(-1, height.shape[1]), np.array(duration), np.array(read, dtype=int)


def _currents(array: SensedArray, inputs: np.ndarray) -> np.ndarray:
    """Return the currents (intervals, cols) [A] of constant rows (intervals, rows) [V]."""
    if not len(inputs):
        return np.zeros((0, array.spec.array.cols))
    sense, v_read = array.sense, array.spec.driver.v_read
    assert sense.drop is not None
    low, high = float(sense.drop[0]), max(float(sense.drop[-1]), v_read)

    def drop(current: np.ndarray) -> np.ndarray:
        # The table ends where a whole phase fills the amplifier; a pulse may carry more for a shorter time.
        return np.clip(drop_and_slope(sense, current)[0], low, high)

    return nodal.read_with_sense(array.array, inputs, drop).out
