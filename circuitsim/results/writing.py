"""Cells that were written in a closed loop."""

from dataclasses import dataclass

import numpy as np

from circuitsim.results.provenance import Provenance
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class WrittenCells:
    """What a scheme of write pulses reached; the first axis of every array is the cell.

    Conductances are those of a cell as it is read: current over `driver.v_read` at the read pulse, with the transistor
    in series.

    Attributes:
        target: (cells,) conductances wanted [S].
        tolerance: Largest |g − target| that counts as reached [S].
        g: (cells,) conductances read last [S].
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
