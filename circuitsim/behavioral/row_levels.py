"""What a row sees of the columns' levels, and what it does to the currents where columns differ.

Residual currents are tabulated with all columns of a row at one level. In a read they differ, and a difference acts
twice. A cell sees its own column's level, but through its row wire also those of the others. And the residual currents
of other cells reach an output through the row wire, each as its own column's level has it, not as the output's. Both
are described by one more number for each row, the level that its row wire sees, in first order of its distance from the
output's own level.
"""

import itertools

import numpy as np

from circuitsim.behavioral.columns import Columns
from circuitsim.behavioral.expansion import carry
from circuitsim.behavioral.fields import Fields
from circuitsim.behavioral.residual import Residual
from circuitsim.nodal.surface import cell_law
from circuitsim.results import CellSurface


def seen_levels(fields: Fields, columns: Columns, g_ref: np.ndarray) -> np.ndarray:
    """Return the weights (rows, cols) with which the columns' levels make the level τ that a row sees.

        τ_i = Σ_l weight_il·t_l

    is the best single number in place of the t_l, for the voltages across the row's cells, which it moves by
    Σ_l share_jl·t_l, weighted with their conductances. The weights of a row are 1 in sum, or all 0 where the columns do
    not move it.
    """
    share = fields.row_on_col * columns.swing[:, None, :]  # (i, j, l) volts at row node j per level of column l
    together = share.sum(2)
    weight = g_ref * together
    seen = np.einsum("ij,ijl->il", weight, share, optimize=True)
    total = seen.sum(1, keepdims=True)
    return seen / np.where(total > 0, total, np.inf)


def row_correction(
    surface: CellSurface, g: np.ndarray, g_ref: np.ndarray, fields: Fields, residual: Residual, v_ref: float
) -> np.ndarray:
    """Return what one unit of τ_i − t_o adds to output o through row i, as coefficients of 1 and of s.

    Args:
        surface: The characterized cell.
        g, g_ref: Conductances (rows, cols) and reference conductances [S].
        fields: The linear array.
        residual: The cells' residual currents.
        v_ref: Voltage of the sense nodes [V].

    Returns:
        (2, rows, outputs) [A].
    """
    own, others = _secants(surface, g, g_ref, residual, v_ref)
    each = np.arange(g.shape[1])
    return carry(others, fields.to_output) + (own - others) * fields.to_output[:, each, each]


def _secants(
    surface: CellSurface, g: np.ndarray, g_ref: np.ndarray, residual: Residual, v_ref: float
) -> tuple[np.ndarray, np.ndarray]:
    """Fit 1 and s to what the level of the row alone, and that of row and column together, change in each cell.

    Returns:
        Change of the residual current per unit of level, twice (2, rows, cols) [A]: with the row at one level and the
        column at another, and with both at one level.
    """
    t, current = residual.t, residual.current
    of_row, of_col = np.transpose(list(itertools.permutations(range(len(t)), 2)))
    v_row, v_col = residual.v_row[..., of_row], residual.v_col[..., of_col]
    apart = cell_law(surface, g[:, :, None, None], v_row + v_ref, v_col + v_ref)[0]
    apart -= g_ref[:, :, None, None] * (v_row - v_col)
    step = t[of_row] - t[of_col]
    weight = np.abs(step)
    basis = np.stack([np.broadcast_to(weight, (len(residual.s), len(step))), np.outer(residual.s, weight)], axis=-1)
    inverse = np.linalg.pinv(basis.reshape(-1, 2))

    def fit(change: np.ndarray) -> np.ndarray:
        table = change * (weight / step)
        return np.moveaxis(table.reshape(*g.shape, -1) @ inverse.T, 2, 0)

    return fit(apart - current[..., of_col]), fit(current[..., of_row] - current[..., of_col])
