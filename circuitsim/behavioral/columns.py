"""Column voltages as functions of two numbers: the input of the cell's own row, and a mean voltage of the column.

The voltage at a column node is the sum of all inputs' shares. A cell knows its own row's input exactly and the others
through the mean voltage c_bj = Σ_i weight_ij·v_col_ij of its column over the band b of rows that it belongs to.
Regressing the node's voltage on both,

    v_col_ij ≈ from_input_ij·v_i + from_mean_ij·c_bj,

for inputs spread evenly over their range (their mean included: what all inputs have in common is the largest part)
leaves an error that is uncorrelated with the cell's input, so that it averages out over a column. Where a column has
one mean, inputs count as independent. Where it has several, neighboring inputs count as correlated: that rows side by
side are driven alike is what the bands are for.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from circuitsim.behavioral.bands import band_of_row
from circuitsim.behavioral.column_moments import input_covariance
from circuitsim.behavioral.field_types import Fields

# Nonlinear cells raise a column above the linear estimate: by up to 10 % for sinh cells with v0 = 0.25 V and all rows
# on at 0.4 V. Beyond the range the residual currents are extrapolated by a quadratic in the level.
_MARGIN = 1.02
# A level may be corrected by so many times its neighbors' differences, in sum over the columns. Inputs of one sign
# raise all levels together; those of both signs drive columns apart. A 4 x 3 array of strongly coupled rows erred by
# 7.1e-2 of full scale with 4, by 2.1e-2 with 1/2; of 32 x 32 cells the worst found is the same, the rms 1.12 times.
_FARTHEST, _FARTHEST_SIGNED = 4.0, 0.5


@dataclass(frozen=True)
class Columns:
    """Column voltages of a linear array, relative to v_ref, and the scale on which they become levels.

        v_col_ij = from_input_ij·v_i + from_mean_ij·c_bj      for a row i of band b
        c_bj     = Σ_k mean_bkj·v_k
        t_bj     = (c_bj − low_bj) / span_bj − centre

    | field | shape and unit | meaning |
    |---|---|---|
    | from_input | (rows, cols) [V/V] | voltage at a cell's column node per volt at the input of its row |
    | from_mean | (rows, cols) [V/V] | voltage there per volt of the column's mean over the band |
    | mean | (bands, inputs, cols) [V/V] | mean voltage of a column over a band per volt at each input |
    | low, span | (bands, cols) [V] | least mean voltage, and the range from there up |
    | centre | | where t = 0, as a fraction of the span |
    | band | (rows,) | band of each row |
    """

    from_input: np.ndarray
    from_mean: np.ndarray
    mean: np.ndarray
    low: np.ndarray
    span: np.ndarray
    centre: float
    band: np.ndarray

    @property
    def swing(self) -> np.ndarray:
        """Voltage (rows, cols) [V] at a cell's column node per unit of its level."""
        return self.from_mean * self.span[self.band]


def column_voltages(fields: Fields, g: np.ndarray, v_low: float, v_high: float) -> Columns:
    """Regress the column voltages of a linear array on the input of the row and the column's mean over the row's band.

    Args:
        fields: The linear array, with the bands.
        g: Its conductances (rows, cols) [S].
        v_low, v_high: Range of the inputs relative to v_ref [V]; it contains 0.
    """
    moments, edges = fields.moments, fields.edges
    mean, together = moments.mean, moments.together
    band, bands = band_of_row(edges), [slice(*ends) for ends in itertools.pairwise(edges)]
    # Second moments for inputs of this mean and covariance: of the input, the mean, and the voltage with both.
    centre, variance = 0.5 * (v_low + v_high), (v_high - v_low) ** 2 / 12
    vv, total = variance + centre**2, mean.sum(1)
    alike = input_covariance(len(g), len(bands)) @ mean  # (band, k, j)
    cc = (variance * (mean * alike).sum(1) + centre**2 * total**2)[band]
    vc = variance * np.concatenate([alike[b, rows] for b, rows in enumerate(bands)]) + centre**2 * total[band]
    yv = variance * moments.by_input + centre**2 * together
    yc = variance * moments.by_mean + centre**2 * together * total[band]
    determinant = vv * cc - vc**2
    coupled = determinant > 1e-14 * (vv * cc) + 1e-300
    safe = np.where(coupled, determinant, 1.0)
    from_input = np.where(coupled, (yv * cc - yc * vc) / safe, yv / vv)
    from_mean = np.where(coupled, (vv * yc - vc * yv) / safe, 0.0)
    low, high = _MARGIN * v_low * total, _MARGIN * v_high * total
    span = np.where(high - low > 1e-9 * (v_high - v_low), high - low, v_high - v_low)
    skew = (v_high + v_low) / (v_high - v_low)
    return Columns(from_input, from_mean, mean, low, span, 0.5 - 0.1 * skew, band)


def levels_across_columns(fields: Fields, columns: Columns, g: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """Return the matrix that corrects the columns' levels for one another: t_corrected[o] = Σ_l mix[o, l]·t[l].

    The table of residual currents has all columns at the same level. In a read they differ, and a difference acts
    twice: a cell sees its own column's level but, through its row wire, also those of the others; and the residual
    current that results reaches other columns' outputs through the row wire. With

        A[o, j] = Σ_i slope_ij · to_output_ijo       how much the residual currents of column j add to output o
        B[j, l] = Σ_i weight_ij · dv_ij/dt_l         how much the level of column l moves the cells of column j

    where v_ij is the voltage from row node to column node and each weight says what that voltage does to the output,
    mix = A @ B, the rows of both scaled to 1 in sum. `program` multiplies it into the levels' matrices, so that a read
    costs no more.

    The correction is one of first order. In strongly coupled rows it can exceed what it corrects and carry levels far
    out of the table. So a column whose own weight would be negative keeps its own level, and of every other row the
    absolute values of mix − identity are at most 4 in sum, or 1/2 where inputs have both signs.

    Args:
        fields: The linear array.
        columns: Its column voltages, of one band.
        g: Its conductances (rows, cols) [S].
        slope: (rows, cols) change of the residual current with the level, for a typical input [A].

    Returns:
        (cols, cols), rows 1 in sum; a column keeps its own level where the sum is too small to scale.
    """
    swing, lines = columns.swing, fields.row_lines
    together = swing - lines.solved(g, (g * swing)[:, :, None])[:, :, 0]
    weight = g * fields.alone * together
    across_cell = np.diag((weight * swing).sum(0)) - lines.summed(g, weight, g * swing)
    at_output = np.einsum("ij,ijo->oj", slope, fields.to_output, optimize=True)
    signed = bool(np.any((columns.low < 0) & (columns.low + columns.span > 0)))
    farthest = _FARTHEST_SIGNED if signed else _FARTHEST
    return _near_own(_rows_of_one(at_output) @ _rows_of_one(across_cell), farthest)


def _near_own(mix: np.ndarray, farthest: float) -> np.ndarray:
    """Bound how far each row of a mixing matrix takes a column away from its own level; sums of rows stay 1."""
    own = np.eye(len(mix))
    away = np.where((np.diag(mix) < 0)[:, None], 0.0, mix - own)
    size = np.abs(away).sum(1)
    return own + away * np.minimum(1.0, farthest / np.maximum(size, farthest))[:, None]


def _rows_of_one(matrix: np.ndarray) -> np.ndarray:
    """Scale rows to 1 in sum; a row without a clear sum becomes the identity's."""
    total, size = matrix.sum(1), np.abs(matrix).sum(1)
    clear = np.abs(total) > 0.2 * size
    clear &= size > 0
    scaled = matrix / np.where(clear, total, 1.0)[:, None]
    return np.where(clear[:, None], scaled, np.eye(len(matrix)))
