"""Lay out a matrix as the arrays that circuit techniques require, and combine their outputs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.spec.array import ArraySpec
from circuitsim.spec.by_value import by_value
from circuitsim.spec.matrices import check_conductances, resting_input
from circuitsim.spec.technique import TechniqueSpec


@by_value
@dataclass(frozen=True)
class DrawnArray:
    """One array of the layout of a matrix.

    Attributes:
        spec: Its specification, without the techniques that change the size.
        g: (rows, cols) conductances of all its cells, dummy and reference cells included [S].
        rows, cols: Rows and columns of the matrix that the array contains.
    """

    spec: ArraySpec
    g: np.ndarray
    rows: slice
    cols: slice


def lay_out(spec: ArraySpec, g: ArrayLike, *, g_range: tuple[float, float] | None = None) -> tuple[DrawnArray, ...]:
    """Lay out a matrix of conductances as the arrays that its techniques require.

    Args:
        spec: The specification of the matrix.
        g: Conductances (rows, cols) of the matrix [S].
        g_range: As in `check_arrays`.

    Returns:
        The arrays: sub-arrays of the same columns follow each other, from the first row down.

    Raises:
        InputError, OutsideRangeError: As `check_conductances`.
    """
    g = check_conductances(_plain(spec, *spec.shape), g, g_range=g_range)
    rows, cols = spec.shape
    max_rows, max_cols = spec.technique.partition or (rows, cols)
    arrays = []
    for first_col in range(0, cols, max_cols):
        part_cols = slice(first_col, min(first_col + max_cols, cols))
        for first_row in range(0, rows, max_rows):
            part_rows = slice(first_row, min(first_row + max_rows, rows))
            cells = _surround(spec, _columns(spec, g[part_rows, part_cols]))
            arrays.append(DrawnArray(_plain(spec, *cells.shape), cells, part_rows, part_cols))
    return tuple(arrays)


def drawn_shapes(spec: ArraySpec) -> tuple[tuple[int, int], ...]:
    """Return the sizes (rows, cols) of the arrays that the techniques of a matrix require, each once, largest first."""
    technique, most = spec.technique, spec.technique.partition or spec.shape
    tall, wide = (
        [side for side in dict.fromkeys((min(size, limit), size % limit)) if side]
        for size, limit in zip(spec.shape, most, strict=True)
    )
    extra = 2 * technique.dummy_cols + (technique.g_reference is not None)
    return tuple(
        (rows + 2 * technique.dummy_rows, cols * technique.replicate_cols + extra) for rows in tall for cols in wide
    )


def drawn_specs(spec: ArraySpec) -> tuple[ArraySpec, ...]:
    """Return the specifications of the arrays of `drawn_shapes`, without the techniques that change the size.

    Raises:
        SpecError: An array has more cells than a specification may have.
    """
    return tuple(_plain(spec, *shape) for shape in drawn_shapes(spec)) if spec.technique.changes_size else (spec,)


def drawn_inputs(spec: ArraySpec, array: DrawnArray, x: np.ndarray) -> np.ndarray:
    """Return the inputs (batch, rows) of one array: those of its rows of the matrix, and dummy rows at rest.

    Args:
        spec: The specification of the matrix.
        array: From `lay_out`.
        x: Checked inputs (batch, rows) of the matrix.
    """
    edge = (spec.technique.dummy_rows, spec.technique.dummy_rows)
    return np.pad(x[:, array.rows], ((0, 0), edge), constant_values=resting_input(spec))


def put_together(spec: ArraySpec, arrays: Sequence[DrawnArray], outs: Sequence[np.ndarray]) -> np.ndarray:
    """Return the outputs (batch, cols) of the matrix: average replicas, subtract references, add sub-arrays.

    Args:
        spec: The specification of the matrix.
        arrays: From `lay_out`.
        outs: Outputs (batch, columns of the array) of each array, in the same order.
    """
    technique = spec.technique
    total = np.zeros((len(outs[0]), spec.array.cols))
    for array, out in zip(arrays, outs, strict=True):
        inner = out[:, technique.dummy_cols : out.shape[1] - technique.dummy_cols]
        reference = 0.0
        if technique.g_reference is not None:
            inner, reference = inner[:, :-1], inner[:, -1:]
        replicas = inner.reshape(len(inner), -1, technique.replicate_cols)
        total[:, array.cols] += replicas.mean(axis=2) - reference
    return total


def _plain(spec: ArraySpec, rows: int, cols: int) -> ArraySpec:
    """Return the same array in another size, without the techniques that change the size."""
    technique = TechniqueSpec(skip_zero_rows=spec.technique.skip_zero_rows)
    return spec.replace(array={"rows": rows, "cols": cols}, technique=technique.model_dump())


def _columns(spec: ArraySpec, g: np.ndarray) -> np.ndarray:
    """Return conductances with the replicas of each column side by side, and the reference column last."""
    technique = spec.technique
    g = np.repeat(g, technique.replicate_cols, axis=1)
    if technique.g_reference is not None:
        g = np.hstack([g, np.full((len(g), 1), technique.g_reference)])
    return g


def _surround(spec: ArraySpec, g: np.ndarray) -> np.ndarray:
    """Return conductances with dummy rows and columns on all sides."""
    technique = spec.technique
    dummy = spec.device.g_min if technique.g_dummy is None else technique.g_dummy
    rows, cols = technique.dummy_rows, technique.dummy_cols
    return np.pad(g, ((rows, rows), (cols, cols)), constant_values=dummy)
