"""Matrices on drawn arrays: techniques that draw other arrays than rows x cols, and how their outputs add up."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from circuitsim.spec.array import ArraySpec
from circuitsim.spec.matrices import check_conductances
from circuitsim.spec.technique import TechniqueSpec


@dataclass(frozen=True)
class DrawnArray:
    """One array as it is drawn.

    Attributes:
        spec: Its specification, without techniques that change its size.
        g: (rows, cols) conductances of all its cells, dummies and reference included [S].
        rows, cols: Rows and columns of the matrix that it holds.
    """

    spec: ArraySpec
    g: np.ndarray
    rows: slice
    cols: slice


def lay_out(spec: ArraySpec, g: ArrayLike, *, g_range: tuple[float, float] | None = None) -> tuple[DrawnArray, ...]:
    """Lay a matrix of conductances (rows, cols) [S] out over the arrays that its techniques draw.

    Args:
        spec: The specification of the matrix.
        g: Conductances (rows, cols) of the matrix [S].
        g_range: As in `check_arrays`.

    Raises:
        InputError, OutsideRangeError: As `check_conductances`.
    """
    g = check_conductances(_plain(spec, *spec.shape), g, g_range=g_range)
    rows, cols = spec.shape
    most_rows, most_cols = spec.technique.partition or (rows, cols)
    arrays = []
    for left in range(0, cols, most_cols):
        across = slice(left, min(left + most_cols, cols))
        for top in range(0, rows, most_rows):
            along = slice(top, min(top + most_rows, rows))
            cells = _surround(spec, _columns(spec, g[along, across]))
            arrays.append(DrawnArray(_plain(spec, *cells.shape), cells, along, across))
    return tuple(arrays)


def drawn_inputs(spec: ArraySpec, array: DrawnArray, x: np.ndarray) -> np.ndarray:
    """Return the inputs (batch, rows) of a drawn array: those of its rows of the matrix; dummy rows rest.

    Args:
        spec: The specification of the matrix.
        array: From `lay_out`.
        x: Inputs (batch, rows) of the matrix, checked.
    """
    rest = spec.sense.v_ref if spec.array.input_line == "bl" else 0.0
    edge = (spec.technique.dummy_rows, spec.technique.dummy_rows)
    return np.pad(x[:, array.rows], ((0, 0), edge), constant_values=rest)


def put_together(spec: ArraySpec, arrays: Sequence[DrawnArray], outs: Sequence[np.ndarray]) -> np.ndarray:
    """Return the outputs (batch, cols) of the matrix: replicas averaged, reference subtracted, sub-arrays added.

    Args:
        spec: The specification of the matrix.
        arrays: From `lay_out`.
        outs: Outputs (batch, drawn columns) of each, in the same order.
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


def _surround(spec: ArraySpec, g: np.ndarray) -> np.ndarray:
    """Conductances with dummy rows and columns on all sides."""
    technique = spec.technique
    dummy = spec.device.g_min if technique.g_dummy is None else technique.g_dummy
    rows, cols = technique.dummy_rows, technique.dummy_cols
    return np.pad(g, ((rows, rows), (cols, cols)), constant_values=dummy)
