"""What a row sees of the columns' levels, and what it does to the currents where columns differ.

Residual currents are tabulated with all columns of a row at one level. In a read they differ, and a difference acts
twice. A cell sees its own column's level, but through its row wire also those of the others. And the residual currents
of other cells reach an output through the row wire, each as its own column's level has it, not as the output's. Both
are described by one more number for each row, the level τ that its row wire sees: what its distance from the output's
own level t changes is (τ − t)·E(s, τ, t). The slope E is far from constant. Taken as a constant and a part in s it
overcorrected the output of a column behind hot ones by as much as was to be corrected.
"""

from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral.columns import Columns
from circuitsim.behavioral.expansion import carry
from circuitsim.behavioral.field_types import Fields
from circuitsim.behavioral.residual import Residual
from circuitsim.behavioral.tile import DistanceFunction
from circuitsim.nodal.surface import CellPolynomials, cell_polynomials, cells_law
from circuitsim.results import CellSurface


@dataclass(frozen=True)
class RowCorrection:
    """What the distance of the level that a row sees from the output's own level adds to the output.

        (τ − t)·[slopes[0] + Σ_k slopes[k]·φ_k(s, τ, t)]

    | field | shape and unit | meaning |
    |---|---|---|
    | functions | | the fitted functions φ |
    | slopes | (1 + functions, rows, outputs) [A] | effect through a row on an output, of 1 and of each function |
    """

    functions: tuple[DistanceFunction, ...]
    slopes: np.ndarray


def seen_levels(fields: Fields, columns: Columns, g_ref: np.ndarray) -> np.ndarray:
    """Return the weights (rows, cols) with which the columns' levels make the level τ that a row sees.

        τ_i = Σ_l weight_il·t_l

    is the best single number in place of the t_l, for the voltages across the row's cells, which it moves by
    Σ_l share_jl·t_l, weighted with their conductances. The weights of a row are 1 in sum, or all 0 where the columns do
    not move it.
    """
    push, lines = g_ref * columns.swing, fields.row_lines  # current into the row nodes per unit of the level
    weight = g_ref * lines.solved(g_ref, push[:, :, None])[:, :, 0]
    seen = lines.solved(g_ref, weight[:, :, None])[:, :, 0] * push  # by reciprocity
    total = seen.sum(1, keepdims=True)
    return seen / np.where(total > 0, total, np.inf)


def row_correction(
    surface: CellSurface,
    g: np.ndarray,
    g_ref: np.ndarray,
    fields: Fields,
    residual: Residual,
    v_ref: float,
    count: int,
) -> RowCorrection:
    """Fit the functions of input and levels that describe the effect on all outputs best.

    Args:
        surface: The characterized cell.
        g: Conductances (rows, cols) [S].
        g_ref: Reference conductances (rows, cols) [S].
        fields: The linear array.
        residual: The cells' residual currents.
        v_ref: Voltage of the sense nodes [V].
        count: Number of functions besides 1.
    """
    s, t = residual.s, residual.t
    step = np.subtract.outer(t, t)  # of the row's level from the column's
    weight = np.broadcast_to(np.abs(step), (len(s), *step.shape))
    basis = np.concatenate([np.ones((1, *weight.shape)), _monomials(s[:, None, None], t[:, None], t)]) * weight
    fit = np.linalg.pinv(basis.reshape(len(basis), -1)).reshape(*weight.shape, -1) * np.sign(step)[..., None]
    own, others = _changes(cell_polynomials(surface, g), g_ref, residual, v_ref, fit)
    each = np.arange(g_ref.shape[1])
    slopes = carry((others,), fields.to_output)[0] + (own - others) * fields.to_output[:, each, each]
    return _leading(basis.reshape(len(basis), -1), slopes, count)


def _monomials(s: np.ndarray, row: np.ndarray, own: np.ndarray) -> np.ndarray:
    """The terms of a fitted function (9, n_s, n_t of the row, n_t of the column), in the order of its coefficients."""
    terms = {
        "s": s, "s2": s * s, "tau": row, "s_tau": s * row, "tau2": row * row,
        "t": own, "s_t": s * own, "tau_t": row * own, "t2": own * own,
    }  # fmt: skip
    return np.stack(np.broadcast_arrays(*(terms[name] for name in DistanceFunction._fields)))


def _changes(
    cells: CellPolynomials, g_ref: np.ndarray, residual: Residual, v_ref: float, fit: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Fit what the level of the row alone, and that of row and column together, change in the current of each cell.

    The change is that from row and column at the second level of a pair: with the row at the first level and the column
    at the second, and with both at the first.

    Args:
        cells, g_ref, residual, v_ref: As `row_correction`.
        fit: (n_s, n_t of the row, n_t of the column, monomials) makes coefficients of changes over all pairs.

    Returns:
        Coefficients of both (monomials, rows, cols) [A].
    """
    of_row, of_col = (fit.sum(axis).reshape(-1, fit.shape[-1]) for axis in (2, 1))
    row_at, col_at = np.nonzero(~np.eye(len(residual.t), dtype=bool))  # where both are equal, nothing changes
    v_row, v_col = (
        (v[..., at] + v_ref).reshape(*g_ref.shape, -1) for v, at in ((residual.v_row, row_at), (residual.v_col, col_at))
    )
    current = cells_law(cells, v_row, v_col, sloped=False)[0]

    def fitted(table: np.ndarray, by: np.ndarray) -> np.ndarray:
        return table.reshape(*g_ref.shape, -1) @ by.reshape(-1, fit.shape[-1])

    reference = fitted(residual.v_row, of_row) - fitted(residual.v_col, of_col)
    own = fitted(current, fit[:, row_at, col_at]) - g_ref[:, :, None] * reference
    own -= fitted(residual.current, of_col)
    others = fitted(residual.current, of_row - of_col)
    return np.moveaxis(own, 2, 0), np.moveaxis(others, 2, 0)


def _leading(basis: np.ndarray, slopes: np.ndarray, count: int) -> RowCorrection:
    """Replace the monomials beside 1 by the few functions that describe the slopes of all rows and outputs best.

    Args:
        basis: (monomials, samples) values of 1 and the monomials, weighted.
        slopes: (monomials, rows, outputs) coefficients [A].
        count: Number of functions.
    """
    one, others = basis[0], basis[1:]
    mean = others @ one / (one @ one)
    beside = others - mean[:, None] * one
    size, axes = np.linalg.eigh(beside @ beside.T)
    apart = size > 1e-12 * size[-1]  # two inputs do not tell s from s²
    size, axes = np.sqrt(size[apart]), axes[:, apart]
    rest = slopes[1:].reshape(len(others), -1)
    measured = size[:, None] * (axes.T @ rest)
    _, vectors = np.linalg.eigh(measured @ measured.T)
    coefficients = (axes / size) @ vectors[:, ::-1][:, :count]
    coefficients /= np.abs(coefficients).max(axis=0)
    on_functions = np.linalg.pinv(beside.T @ coefficients) @ beside.T
    fitted = on_functions @ rest
    first = slopes[0].ravel() + mean @ (rest - coefficients @ fitted)
    return RowCorrection(
        tuple(DistanceFunction(*map(float, c)) for c in coefficients.T),
        np.concatenate([first[None], fitted]).reshape(-1, *slopes.shape[1:]),
    )
