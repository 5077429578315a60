"""What an array computed: outputs, and on request everything inside."""

from dataclasses import dataclass

import numpy as np

from circuitsim.results.provenance import Provenance


@dataclass(frozen=True)
class Convergence:
    """How well a solution fulfils Kirchhoff's laws, per vector.

    Attributes:
        residual: (batch,) largest current that does not balance at any node, relative to the largest output current.
        kirchhoff: (batch,) |sum of row currents − sum of column currents| relative to the sum of |row currents|.
        sweeps: (batch,) iterations used.
    """

    residual: np.ndarray
    kirchhoff: np.ndarray
    sweeps: np.ndarray


@dataclass(frozen=True)
class Solution:
    """Outputs of an array for a batch of inputs.

    Attributes:
        out: (batch, cols) output before the ADC, in `unit`; currents are positive into the sense amplifier.
        provenance: Where it comes from.
        quantity: What `out` is: "current", "voltage" or "charge".
        unit: SI unit of `out`.
        i_row: (batch, rows) current that each row driver delivers into the array [A].
        v_row: (batch, rows, cols) voltage of the row wire at each cell [V], when asked for.
        v_col: (batch, rows, cols) voltage of the column wire at each cell [V], when asked for.
        i_cell: (batch, rows, cols) current from row to column through each cell [A], when asked for.
        power: (batch,) power that the row drivers deliver [W], when known.
        convergence: Balance of the solution; None for the behavioral level, which has a certificate instead.
    """

    out: np.ndarray
    provenance: Provenance
    quantity: str = "current"
    unit: str = "A"
    i_row: np.ndarray | None = None
    v_row: np.ndarray | None = None
    v_col: np.ndarray | None = None
    i_cell: np.ndarray | None = None
    power: np.ndarray | None = None
    convergence: Convergence | None = None

    @property
    def i_out(self) -> np.ndarray:
        """`out`, for arrays whose output is a current (batch, cols) [A]."""
        if self.quantity != "current":
            raise AttributeError(f"this solution's output is a {self.quantity} [{self.unit}]: use .out")
        return self.out
