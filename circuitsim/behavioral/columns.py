"""What the voltage of a column wire depends on: the own input of each cell, and one number per column, its level.

The voltage at a column node is the sum of all inputs' shares. A cell knows its own input exactly and the others through
the column's mean voltage c = Σ_i weight_ij·v_col_ij. Regressing the node's voltage on both,

    v_col_ij ≈ own_ij·v_i + shared_ij·c_j,

for independent inputs spread evenly over their range (their mean included: what all inputs have in common is the
largest part) leaves an error that is uncorrelated with the cell's own input, so that it averages out over a column.
"""

from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral.fields import Fields

_MARGIN = 1.02  # nonlinear cells may raise a column a little above the linear estimate


@dataclass(frozen=True)
class Columns:
    """Column voltages of an array, relative to v_ref.

    Attributes:
        own: (i, j) share of a cell's own input [V/V].
        shared: (i, j) voltage at a cell per volt of the column's mean [V/V].
        mean: (k, j) mean voltage of a column per volt at input k [V/V].
        low, span: (cols,) range of the mean voltage [V]; level t = (c − low) / span − centre.
        centre: Where t = 0, as a fraction of the span.
    """

    own: np.ndarray
    shared: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    span: np.ndarray
    centre: float


def column_voltages(fields: Fields, g: np.ndarray, v_low: float, v_high: float) -> Columns:
    """Regress the column voltages of a linear array on own input and mean.

    Args:
        fields: The linear array.
        g: Its conductances (rows, cols) [S].
        v_low, v_high: Range of the inputs relative to v_ref [V]; it contains 0.
    """
    every = np.arange(len(g))
    voltage = fields.col_voltage  # (i, j, k)
    mean = np.einsum("ij,ijk->kj", fields.weight, voltage)
    # Second moments for inputs of this mean and variance: of the input, the mean, and the voltage with both.
    centre, variance = 0.5 * (v_low + v_high), (v_high - v_low) ** 2 / 12
    vv = variance + centre**2
    total, all_on = mean.sum(0), voltage.sum(2)
    cc = variance * (mean**2).sum(0) + centre**2 * total**2
    vc = variance * mean + centre**2 * total
    yv = variance * voltage[every, :, every] + centre**2 * all_on
    yc = variance * np.einsum("ijk,kj->ij", voltage, mean, optimize=True) + centre**2 * all_on * total
    determinant = vv * cc - vc**2
    coupled = determinant > 1e-14 * (vv * cc) + 1e-300
    safe = np.where(coupled, determinant, 1.0)
    own = np.where(coupled, (yv * cc - yc * vc) / safe, yv / vv)
    shared = np.where(coupled, (vv * yc - vc * yv) / safe, 0.0)
    low, high = _MARGIN * v_low * total, _MARGIN * v_high * total
    span = np.where(high - low > 1e-9 * (v_high - v_low), high - low, v_high - v_low)
    skew = (v_high + v_low) / (v_high - v_low)
    return Columns(own, shared, mean, low, span, 0.5 - 0.1 * skew)


def levels_across_columns(fields: Fields, columns: Columns, g: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Mix the columns' levels (column, other column): what a deviation of one column does to itself and to others.

    The residual currents are tabulated with all columns at the same level. Where columns differ, the row wire sees
    their average and the cell its own column; a residual current in turn reaches other columns through the row wire.
    Both shares are averaged over the rows here and put into the levels, at no cost when a tile is read.

    Args:
        slope: (rows, cols) change of the residual current with the level, for a typical input [A].
    """
    swing = columns.shared * columns.span
    share = -fields.row_on_col * swing[:, None, :]
    each = np.arange(g.shape[1])
    share[:, each, each] += swing
    together = share.sum(2)
    seen = np.einsum("ij,ijl->jl", g * fields.alone * together, share, optimize=True)
    given = np.einsum("ij,ijo->oj", slope, fields.to_output, optimize=True)
    return _rows_of_one(given) @ _rows_of_one(seen)


def _rows_of_one(matrix: np.ndarray) -> np.ndarray:
    """Scale rows to 1 in sum; a row without a clear sum becomes the identity's."""
    total, size = matrix.sum(1), np.abs(matrix).sum(1)
    clear = np.abs(total) > 0.2 * size
    clear &= size > 0
    scaled = matrix / np.where(clear, total, 1.0)[:, None]
    return np.where(clear[:, None], scaled, np.eye(len(matrix)))
