"""Techniques that draw other arrays than rows x cols: lay a matrix out over them, and put their outputs together."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.spec import ArraySpec, TechniqueSpec
from circuitsim.spec.arrays import check_arrays

Solve = Callable[[ArraySpec, np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class DrawnArray:
    """One array as it is drawn.

    Attributes:
        spec: Its specification, without techniques that change its size.
        g: (rows, cols) conductances of all its cells, dummies and reference included [S].
        x: (batch, rows) inputs of all its rows.
        cols: Columns of the matrix that it computes.
    """

    spec: ArraySpec
    g: np.ndarray
    x: np.ndarray
    cols: slice


def read(
    spec: ArraySpec, g: ArrayLike, x: ArrayLike, solve: Solve, *, g_range: tuple[float, float] | None = None
) -> np.ndarray:
    """Read a matrix with the techniques of its specification, at any level.

    Args:
        spec: The array.
        g: Conductances (rows, cols) of the matrix [S].
        x: Inputs (batch, rows).
        solve: Outputs (batch, cols) of one drawn array, from its specification, conductances and inputs.
        g_range: As `circuitsim.spec.arrays.check_arrays`.

    Returns:
        Outputs (batch, cols) of the matrix: replicas averaged, reference subtracted, sub-arrays added.

    Raises:
        InputError, OutsideRangeError: As `circuitsim.spec.arrays.check_arrays`.
    """
    arrays = draw(spec, g, x, g_range=g_range)
    return combine(spec, arrays, [solve(array.spec, array.g, array.x) for array in arrays])


def draw(
    spec: ArraySpec, g: ArrayLike, x: ArrayLike, *, g_range: tuple[float, float] | None = None
) -> list[DrawnArray]:
    """Lay a matrix out over the arrays that its techniques draw; see `read`."""
    g, x = check_arrays(_plain(spec, spec.array.rows, spec.array.cols), g, x, g_range=g_range)
    rows, cols = spec.shape
    most_rows, most_cols = spec.technique.partition or (rows, cols)
    arrays = []
    for left in range(0, cols, most_cols):
        here = slice(left, min(left + most_cols, cols))
        for top in range(0, rows, most_rows):
            part = slice(top, min(top + most_rows, rows))
            cells, inputs = _surround(spec, _columns(spec, g[part, here]), x[:, part])
            arrays.append(DrawnArray(_plain(spec, *cells.shape), cells, inputs, here))
    return arrays


def combine(spec: ArraySpec, arrays: Sequence[DrawnArray], outs: Sequence[np.ndarray]) -> np.ndarray:
    """Put the outputs (batch, cols) of drawn arrays together to those of the matrix; see `read`."""
    technique = spec.technique
    total = np.zeros((len(outs[0]), spec.array.cols))
    for array, out in zip(arrays, outs, strict=True):
        out = out[:, technique.dummy_cols : out.shape[1] - technique.dummy_cols]
        reference = 0.0
        if technique.g_reference is not None:
            out, reference = out[:, :-1], out[:, -1:]
        replicas = out.reshape(len(out), -1, technique.replicate_cols)
        total[:, array.cols] += replicas.mean(axis=2) - reference
    return total


def _plain(spec: ArraySpec, rows: int, cols: int) -> ArraySpec:
    """The same array in another size, without the techniques that change it."""
    technique = TechniqueSpec(skip_zero_rows=spec.technique.skip_zero_rows)
    return spec.replace(array={"rows": rows, "cols": cols}, technique=technique.model_dump())


def _columns(spec: ArraySpec, g: np.ndarray) -> np.ndarray:
    """Conductances with every column replicated, side by side, and the reference column after them."""
    technique = spec.technique
    g = np.repeat(g, technique.replicate_cols, axis=1)
    if technique.g_reference is not None:
        g = np.hstack([g, np.full((len(g), 1), technique.g_reference)])
    return g


def _surround(spec: ArraySpec, g: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Conductances and inputs with dummy rows, which rest, and dummy columns on both sides."""
    technique = spec.technique
    dummy = spec.device.g_min if technique.g_dummy is None else technique.g_dummy
    edge = (technique.dummy_rows, technique.dummy_rows), (technique.dummy_cols, technique.dummy_cols)
    rest = spec.sense.v_ref if spec.array.input_line == "bl" else 0.0
    return np.pad(g, edge, constant_values=dummy), np.pad(x, ((0, 0), edge[0]), constant_values=rest)
