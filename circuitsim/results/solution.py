"""Solution of an array: its outputs and, on request, its inner voltages and currents."""

from dataclasses import dataclass

import numpy as np

from circuitsim.results.provenance import Provenance
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class Convergence:
    """Balance of currents of a solution, per input vector.

    | field        | "nodal"                                                  | "ngspice"                        |
    |--------------|----------------------------------------------------------|----------------------------------|
    | `kirchhoff`  | balance of all terminals                                 | the same                         |
    | `residual`   | of the solver, with the error of a polynomial cell       | None: ngspice does not report it |
    | `iterations` | passes of the sweeps, or linear solves (Newton's method) | None: ngspice does not report it |

    The behavioral level has a certificate instead. If techniques split a matrix into several arrays, each number is the
    largest one of all arrays.

    Attributes:
        kirchhoff: (batch,) |sum of the currents fed in − sum of the column currents| relative to the sum of |currents
            fed in|. The row drivers feed the array; if the input is on the gates, the sources of the columns feed it.
        residual: (batch,) largest current that the solver leaves unbalanced at any node, relative to the largest
            terminal current of the vector. For cells described by a polynomial it includes the largest error of that
            polynomial, because the characterized cell would leave that current unbalanced.
        iterations: (batch,) number of iterations of the solver.
    """

    kirchhoff: np.ndarray
    residual: np.ndarray | None = None
    iterations: np.ndarray | None = None


@by_value
@dataclass(frozen=True)
class Solution:
    """Outputs of an array for a batch of inputs.

    Attributes:
        out: (batch, cols) output before the ADC, in `unit`; currents are positive into the sense amplifier.
        provenance: Origin of the solution.
        quantity: Quantity of `out`: "current", "voltage" or "charge".
        unit: SI unit of `out`.
        i_sense: (batch, cols) current into each sense amplifier [A] where `out` is the output of a circuit; None where
            `out` is that current.
        i_row: (batch, rows) current that each row driver delivers into the array [A].
        v_row: (batch, rows, cols) voltage at the bit-line terminal of each cell [V]; None if not requested. If the
            input is on the bit lines, this is the row wire.
        v_col: (batch, rows, cols) voltage at the source-line terminal of each cell, the column wire [V]; None if not
            requested.
        i_cell: (batch, rows, cols) current into the bit-line terminal of each cell [A]; None if not requested.
        power: (batch,) power that drivers and sense references deliver together [W]; None if unknown. The same
            terminals count at all levels: Σ v_in · i_row − v_ref · Σ i_out, or (v_ref + v_read) · Σ i_bias − v_ref ·
            Σ i_out if the input is on the gates and the bit lines carry the current. What a sense reference takes is
            subtracted, so that power is the heat of cells, wires, drivers and sense amplifiers; what the supply of an
            amplifier delivers is not in it, see `SenseTable.power`. Since the row currents sum up to the column
            currents, it is also Σ (v_in − v_ref) · i_row. Gates, which carry no direct current, count in reads of
            charge alone.
        convergence: Balance of the currents; None for the behavioral level, which has a certificate instead, and for
            charges, which are integrals over time.
        cell_error: (batch,) largest error of an output that the characterization of the cell allows, relative to the
            largest output of the vector; level "nodal" only, None elsewhere. It is the largest error of the current of
            one cell, times the number of closed cells in a column: cells in like states err in the same direction, so
            that errors add up linearly and not in quadrature. In a string, which carries one current, it is the
            largest error of one cell. What wires take away from an error is not counted.
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
    cell_error: np.ndarray | None = None
    i_sense: np.ndarray | None = None

    @property
    def i_out(self) -> np.ndarray:
        """`out` of an array whose output is a current, (batch, cols) [A].

        Raises:
            AttributeError: The output is not a current.
        """
        if self.quantity != "current":
            raise AttributeError(f"this solution's output is a {self.quantity} [{self.unit}]: use .out")
        return self.out
