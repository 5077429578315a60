"""What the regression of the columns' voltages needs of them: sums over the inputs, and no voltage by itself."""

import itertools
from dataclasses import dataclass

import numpy as np

_ALIKE, _NEAR = 0.5, 1 / 8  # share of the inputs' variance that neighbors have in common; how far, in rows of all


@dataclass(frozen=True)
class ColumnMoments:
    """Sums over the inputs k of the voltages v_ijk of column nodes, of a linear array, per volt at each input.

    With C the covariance of inputs of variance 1 (`input_covariance`), and b the band of row i:

    | field | shape and unit | meaning |
    |---|---|---|
    | mean | (bands, inputs, cols) [V/V] | weighted mean of a column over a band per volt at each input |
    | together | (rows, cols) [V/V] | Σ_k v_ijk: with one volt at all inputs |
    | by_input | (rows, cols) [V/V] | Σ_k v_ijk·C_ki |
    | by_mean | (rows, cols) [V²/V²] | Σ_kl v_ijk·C_kl·mean_blj |
    """

    mean: np.ndarray
    together: np.ndarray
    by_input: np.ndarray
    by_mean: np.ndarray


def column_moments(voltage: np.ndarray, weight: np.ndarray, edges: tuple[int, ...]) -> ColumnMoments:
    """Sum up voltages of column nodes per volt at each input.

    Args:
        voltage: (rows, cols, inputs) [V/V].
        weight: (rows, cols) of the means, 1 in sum over each band of a column.
        edges: First row of each band, and the number of rows.
    """
    bands = [slice(*ends) for ends in itertools.pairwise(edges)]
    mean = np.stack([np.einsum("ij,ijk->kj", weight[rows], voltage[rows]) for rows in bands])
    covariance = input_covariance(len(weight), len(bands))
    alike = covariance @ mean  # (band, k, j)
    return ColumnMoments(
        mean=mean,
        together=voltage.sum(2),
        by_input=np.einsum("ijk,ki->ij", voltage, covariance, optimize=True),
        by_mean=np.concatenate(
            [np.einsum("ijk,kj->ij", voltage[rows], alike[b], optimize=True) for b, rows in enumerate(bands)]
        ),
    )


def input_covariance(rows: int, bands: int) -> np.ndarray:
    """Covariance (rows, rows) of inputs of variance 1, alike over an eighth of the rows where there are bands."""
    if bands == 1:
        return np.eye(rows)
    apart = np.abs(np.subtract.outer(np.arange(rows), np.arange(rows)))
    return (1 - _ALIKE) * np.eye(rows) + _ALIKE * np.exp(-apart / (_NEAR * rows))
