"""Cells whose transistors differ from each other: laws between those of a few transistors, weighted cell by cell.

The current of a cell at given voltages is smooth in the threshold and the width of its transistor. So a polynomial
through the currents at a few corners gives it, and the weights of the corners are numbers of each cell. What is linear
in the laws, such as coefficients of polynomials over voltages, is weighted once, when an array is prepared.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from circuitsim.nodal.gate_cells import GateBox, LevelCells, fit_gate_cells, gate_coefficients
from circuitsim.nodal.surface import cell_law
from circuitsim.results import CellSurface
from circuitsim.spec import by_value


@by_value
@dataclass(frozen=True)
class VariedCells:
    """How the cells of an array differ from those of its laws.

    Attributes:
        laws: At each level of the gates, the lowest first, the laws at the corners.
        weights: (corners, rows, cols) of the laws in the current of each cell; they add up to 1.
        errors: At each level, largest error of a cell's current because it is taken from the corners [A].
    """

    laws: tuple[tuple[CellSurface, ...], ...]
    weights: np.ndarray
    errors: tuple[float, ...]


def fitted_level(
    law: CellSurface, varied: VariedCells | None, number: int, g: np.ndarray, box: GateBox, v_ref: float, *good: float
) -> tuple[LevelCells, float] | None:
    """Fit the cells at one level of their gates by polynomials over a box.

    Args:
        law: The law of all cells.
        varied: How they differ from it; None: not at all.
        number: The level, from 0.
        g: Conductances (rows, cols) [S].
        box, v_ref: Voltages that the cells may have.
        good: Errors [A], see `fit_gate_cells`.

    Returns:
        The cells and the largest error of a current [A]; None where the box leaves a surface.
    """
    if varied is None:
        fitted = fit_gate_cells(law, box, v_ref, *good)
        if fitted is None:
            return None
        return LevelCells(gate_coefficients(fitted, law, g), fitted.degree, box), fitted.error_of(law, g)
    corners = varied.laws[number]
    fits = [fit_gate_cells(corner, box, v_ref, *good) for corner in corners]
    kept = [fitted for fitted in fits if fitted is not None]
    if len(kept) < len(fits):
        return None
    degree = max(fitted.degree for fitted in kept)
    total = np.zeros((*g.shape, (degree + 1) * (degree + 2) // 2))
    error = np.zeros(g.shape)
    for corner, fitted, weight in zip(corners, kept, varied.weights, strict=True):
        total[..., _places(fitted.degree, degree)] += weight[..., None] * gate_coefficients(fitted, corner, g)
        error += np.abs(weight) * fitted.error_of(corner, g)
    return LevelCells(total, degree, box), float(error.max())


def varied_law(
    corners: Sequence[CellSurface], weights: np.ndarray, g: np.ndarray, v_bl: np.ndarray, v_sl: np.ndarray
) -> list[np.ndarray]:
    """Evaluate current [A] and slopes in v_bl and v_sl [S] as `cell_law`; weights (corners, *g.shape)."""
    parts = [np.zeros(np.broadcast_shapes(g.shape, v_bl.shape, v_sl.shape)) for _ in range(3)]
    for corner, weight in zip(corners, weights, strict=True):
        for part, value in zip(parts, cell_law(corner, g, v_bl, v_sl)[:3], strict=True):
            part += weight * value
    return parts


def _places(degree: int, most: int) -> np.ndarray:
    """Where the terms of a polynomial stand among those of a higher total degree, both in Horner order."""
    powers = [(degree - n, m) for n in range(degree + 1) for m in range(n, -1, -1)]
    numbers = [(most - p, m) for p, m in powers]
    return np.array([n * (n + 1) // 2 + n - m for n, m in numbers])
