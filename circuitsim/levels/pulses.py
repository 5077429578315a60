"""Rows that are pulsed while their sense amplifiers integrate: a read as intervals of constant rows, at level nodal.

Pulses start together, so that a read of n rows is at most n + 1 intervals and one at rest; the charge is the sum of
duration times current. The table of the amplifier gives the voltage of its column while a current flows and after a
charge was taken, and what it puts out of the whole charge. That of the driver gives voltage, resistance and duration of
the pulses.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from circuitsim import nodal
from circuitsim.blocks import INTEGRATE, Block
from circuitsim.chain import loaded_rows, row_conductances, sensed_range
from circuitsim.levels.input_range import input_range
from circuitsim.levels.row_drive import RowDrive
from circuitsim.levels.sensed import SensedArray, prepare_sensed
from circuitsim.netlist import chain_timing
from circuitsim.netlist.phases import phase_window
from circuitsim.periphery import check_sense_range, constant_rows, drop_and_slope, report
from circuitsim.results import SenseTable, Solution
from circuitsim.spec import ArraySpec


class PulsedReads(NamedTuple):
    """Means over t_read, and outputs.

    Attributes:
        v_in: (reads, rows) voltage of each driver, behind its resistance where it is a circuit [V].
        i_out: (reads, cols) current into each sense amplifier [A].
        sensed: (reads, cols) what each puts out [V].
    """

    v_in: np.ndarray
    i_out: np.ndarray
    sensed: np.ndarray


def read_pulses(spec: ArraySpec, g: ArrayLike, rows: RowDrive, block: Block, sense: SenseTable) -> PulsedReads:
    """Read rows that are pulsed for driver.t_read, for the share of it that pulse widths code, or for a slot.

    Args:
        spec: The array, with a sense amplifier that works in phases.
        g: Conductances (rows, cols) [S].
        rows: What the drivers put out.
        block: The sense amplifier.
        sense: Its table.

    Raises:
        SpecError: A pulse does not fit into the phase "integrate".
        OutsideRangeError: A charge lies outside the table.
        InputError, SimulatorError, NotConvergedError: As `levels.prepare`, `nodal.read_with_sense` and
            `chain.loaded_rows`.

    Valid for: pulses of the area v · width, whose edges are short against them, and cells without memory: charges of
        the array itself cancel, because rows return to rest.
    """
    timing = chain_timing(spec)  # refuses pulses that do not fit
    common = rows.common_resistance
    driver = {} if rows.r_out is None else {"kind": "ideal", "r_out": common or 0.0}
    still = spec.replace(driver={**driver, "input_code": "amplitude"}, adc={"kind": "ideal"})
    array = prepare_sensed(still, g, sense, input_range(still, np.append(rows.level, rows.rest)))
    start, width = phase_window(block, INTEGRATE)
    end = timing.sense + start + width - timing.drive
    charge, mean = np.zeros((len(rows.level), spec.array.cols)), np.zeros(rows.level.shape)
    resistance = np.zeros(rows.level.shape) if rows.r_out is None else rows.r_out
    levels = constant_rows(rows.level, rows.width, rows.rest, end)
    behind = constant_rows(resistance, rows.width, rows.r_rest, end)
    for (level, duration), (r_out, _) in zip(levels, behind, strict=True):
        v = level
        if rows.r_out is not None and common is None:
            v = _loaded(array, rows, level, r_out, charge, duration)
        solved = _solved(array, v, charge, duration)
        assert solved.i_row is not None
        drop = r_out * solved.i_row if common is not None else 0.0
        charge = charge + duration[:, None] * solved.out
        mean = mean + duration[:, None] * (v - drop - rows.rest)
    over_phase, t_read = charge / width, spec.driver.t_read
    check_sense_range(sense, over_phase)
    return PulsedReads(rows.rest + mean / t_read, charge / t_read, report(sense, over_phase))


def _loaded(
    array: SensedArray, rows: RowDrive, level: np.ndarray, r_out: np.ndarray, charge: np.ndarray, duration: np.ndarray
) -> np.ndarray:
    """Return the voltages (reads, rows) [V] of rows behind resistances (reads, rows) [ohm] that differ."""

    def currents(filled: np.ndarray, time: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
        def read_rows(v: np.ndarray) -> np.ndarray:
            current = _solved(array, v, filled, time).i_row
            assert current is not None
            return current

        return read_rows

    reach = sensed_range(array.spec, array.sense, (rows.rest, rows.full))
    empty = currents(np.zeros((1, charge.shape[1])), np.zeros(1))
    slope = row_conductances(empty, level.shape[1], rows.rest, rows.full)
    return loaded_rows(level, r_out, currents(charge, duration), slope, reach=reach, name=rows.name)


def _solved(array: SensedArray, inputs: np.ndarray, charge: np.ndarray, duration: np.ndarray) -> Solution:
    """Solve rows (reads, rows) [V] that stay constant for a duration (reads,) [s].

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

    return nodal.read_with_sense(array.array, inputs, drop)
