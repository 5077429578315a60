"""Cells and arrays that were written in a closed loop."""

from dataclasses import dataclass

import numpy as np

from circuitsim.results.provenance import Provenance
from circuitsim.spec import by_value

RESOLVED = 1e-10
"""Relative change of a conductance by a pulse below which it is not told from the error of a transient."""


@by_value
@dataclass(frozen=True)
class WrittenCells:
    """What a scheme of write pulses reached; the first axis of every array is the cell.

    Conductances are those of a cell as it is read: current over `driver.v_read` at the read pulse, with the transistor
    in series.

    Attributes:
        target: (cells,) conductances wanted [S].
        tolerance: Largest |g − target| that counts as reached [S].
        g: (cells,) conductances of the last read, which is the first where no pulse was needed [S].
        pulses: (cells,) write pulses used.
        sets: (cells,) SET pulses among them: cycles, which wear a cell.
        time_s: (cells,) from the first pulse to the last read [s].
        energy_write, energy_read: (cells,) that the drivers delivered during write and read pulses [J].
        failure: Why a cell was given up, one text a cell; empty where the target was reached.
        provenance: The deck and the ngspice that ran.
    """

    target: np.ndarray
    tolerance: float
    g: np.ndarray
    pulses: np.ndarray
    sets: np.ndarray
    time_s: np.ndarray
    energy_write: np.ndarray
    energy_read: np.ndarray
    failure: tuple[str, ...]
    provenance: Provenance

    @property
    def reached(self) -> np.ndarray:
        """(cells,) whether the target was reached."""
        return np.abs(self.g - self.target) <= self.tolerance


@by_value
@dataclass(frozen=True)
class WrittenArray:
    """What a scheme of write pulses reached in an array; arrays are (rows, cols) unless said.

    Conductances are currents over `driver.v_read` at a column's driver while one row is read, so that wires, drivers
    and the transistor are in series with the device.

    Attributes:
        target: Conductances wanted [S].
        tolerance: Largest |g_end − target| that counts as reached [S].
        g: Conductances read after the last pulse of each cell, or before the first where it had none [S].
        g_end: Conductances read back after the last pulse of the array [S].
        pulses: Write pulses of each cell.
        sets: SET pulses among them: cycles, which wear a cell.
        row_slots: (rows,) slots that each row took, its first read among them; cells of a row are written together
            where their pulses agree.
        time_s: From the first slot to the last read [s].
        energy_bl, energy_sl: What the drivers of the bit lines and of the source lines delivered while writing [J].
        energy_read: What all of them delivered during read pulses [J].
        failure: [row][col] why a cell was given up; empty where its target was reached when it was written.
        provenance: The deck and the ngspice that ran.
    """

    target: np.ndarray
    tolerance: float
    g: np.ndarray
    g_end: np.ndarray
    pulses: np.ndarray
    sets: np.ndarray
    row_slots: np.ndarray
    time_s: float
    energy_bl: float
    energy_sl: float
    energy_read: float
    failure: tuple[tuple[str, ...], ...]
    provenance: Provenance

    @property
    def reached(self) -> np.ndarray:
        """(rows, cols) whether the cell is at its target at the end, after all others were written."""
        return np.abs(self.g_end - self.target) <= self.tolerance

    @property
    def moved(self) -> np.ndarray:
        """(rows, cols) relative change of each cell's conductance from its last pulse to the end: disturb by others."""
        return self.g_end / self.g - 1


@by_value
@dataclass(frozen=True)
class WriteDisturb:
    """What write pulses on one cell of an array do to the others; the first axis is the amplitude.

    Attributes:
        selected: (row, col) of the written cell.
        kind: "set" or "reset", what the pulses are.
        bias: "transistor", "v/2" or "v/3": how the other lines are biased.
        v_write: (amplitudes,) between bit line and source line of the written cell, at the drivers [V].
        state: (amplitudes, pulses + 1, rows, cols) state of each device before the first and after each pulse, in the
            unit of its switching model.
        g: (rows, cols) conductances before, as the array is read [S].
        g_end: (amplitudes, rows, cols) conductances read back after the last pulse [S].
        slope: (rows, cols) relative change of each conductance with its state, around where it began.
        i_selected: (amplitudes,) current of the written cell near the end of the last pulse [A].
        i_others: (amplitudes,) sum of |current| of all other cells then: sneak current and leakage [A].
        energy: (amplitudes,) that all drivers of bit and source lines delivered in a pulse, on average [J].
        provenance: The deck and the ngspice that ran.
    """

    selected: tuple[int, int]
    kind: str
    bias: str
    v_write: np.ndarray
    state: np.ndarray
    g: np.ndarray
    g_end: np.ndarray
    slope: np.ndarray
    i_selected: np.ndarray
    i_others: np.ndarray
    energy: np.ndarray
    provenance: Provenance

    @property
    def others(self) -> np.ndarray:
        """(rows, cols) True for all cells but the written one."""
        others = np.ones(self.g.shape, dtype=bool)
        others[self.selected] = False
        return others

    @property
    def change(self) -> np.ndarray:
        """(amplitudes, pulses, rows, cols) relative change of conductance after each pulse, by state and slope.

        It resolves changes that a read does not. Where a cell moved far, as the written one does, compare `g_end` with
        `g`. Both of these also feel the other cells, where rows share a driver with a resistance.
        """
        return self.slope * (self.state[:, 1:] - self.state[:, :1])

    @property
    def per_pulse(self) -> np.ndarray:
        """(amplitudes,) largest |relative change| by the last pulse, of all cells but the written one.

        0 where it is below `RESOLVED`, which the simulator's own error reaches.
        """
        before = self.change[:, -2] if self.state.shape[1] > 2 else 0.0
        largest = np.abs(self.change[:, -1] - before)[:, self.others].max(axis=-1, initial=0.0)
        return np.where(largest < RESOLVED, 0.0, largest)

    def pulses_until(self, change: float) -> np.ndarray:
        """(amplitudes,) pulses until a cell has changed by so much: **extrapolated**, each pulse like the last one.

        Infinite where no change is resolved.
        """
        with np.errstate(divide="ignore"):
            return change / self.per_pulse
