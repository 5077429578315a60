"""What an array computed: outputs, and on request everything inside."""

from dataclasses import dataclass

import numpy as np

from circuitsim.results.provenance import Provenance


@dataclass(frozen=True)
class Convergence:
    """How well a solution satisfies Kirchhoff's current law, per vector.

    | field        | "nodal"                                                  | "ngspice"                        |
    |--------------|----------------------------------------------------------|----------------------------------|
    | `kirchhoff`  | balance of all terminals                                 | the same                         |
    | `residual`   | of the solver, and the error of the cells' fit           | None: ngspice does not report it |
    | `iterations` | passes of the sweeps, or linear solves (Newton's method) | None: ngspice does not report it |

    The behavioral level has a certificate instead. Where techniques draw several arrays, each number is that of the
    array that balances worst.

    Attributes:
        kirchhoff: (batch,) |sum of the currents fed in − sum of the column currents| relative to the sum of |currents
            fed in|. Rows feed the array; where the input switches gates, the sources of the columns do.
        residual: (batch,) largest current that the solver leaves unbalanced at any node, relative to the largest
            current of the vector at any terminal. For cells described by a polynomial it includes the largest error of
            that polynomial, since the characterized cell would leave that current unbalanced.
        iterations: (batch,) iterations of the solver.
    """

    kirchhoff: np.ndarray
    residual: np.ndarray | None = None
    iterations: np.ndarray | None = None


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
        power: (batch,) power that the drivers and the sense references deliver together [W], when known:
            Σ v_in · i_row − v_ref · Σ i_out, or v_read · Σ i_bias − v_ref · Σ i_out where the input switches gates and
            the bit lines carry the current. It is the heat of all cells, wires, drivers and sense amplifiers.
        convergence: Balance of the solution; None for the behavioral level, which has a certificate instead, and for
            charges, which are integrals over time.
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
