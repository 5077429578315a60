"""Cells of an array on dense lines: polynomials beyond their chord, with the gates of their row on or off."""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

import numpy as np

from circuitsim.nodal.compact_cells import CompactFit, contract
from circuitsim.nodal.kernel import bare_kernel
from circuitsim.nodal.lanes import WIDTH, choose_negative, load_like, multiply, store, subtract, zeros_for
from circuitsim.nodal.polynomial import SHAPES, CellTerms, beyond_chord, law_of, split_terms
from circuitsim.results import CellSurface


def cell_terms(fitted: CompactFit, surface: CellSurface, g: np.ndarray, g0: np.ndarray) -> CellTerms:
    """Put conductances g and chord conductances g0 (rows, cols) [S] into a fit."""
    return CellTerms(law_of(fitted.shape), *split_terms(contract(fitted, surface, g, g0), fitted.shape))


def no_current(g0: np.ndarray) -> CellTerms:
    """Return the terms of cells that carry nothing: −g0 alone."""
    p, q = (sum(counts) for counts in SHAPES[0])
    forward = np.zeros((g0.size, p))
    forward[:, -1] = -g0.ravel()
    return CellTerms(law_of(0), forward.ravel(), np.zeros(g0.size * q))


def currents_beyond(
    on: CellTerms | None, off: CellTerms | None, asleep: np.ndarray | None, v_row: np.ndarray, v_col: np.ndarray
) -> np.ndarray:
    """Return what every cell carries beyond its chord (rows, cols, batch) [A].

    Args:
        on, off: Terms of cells whose gates are on, and of those whose gates are off; `on` None: ohmic cells.
        asleep: (rows, batch) −1 where the gates of a row are off, 1 elsewhere; None: all are on.
        v_row, v_col: Voltages relative to v_ref (rows, cols, batch) [V]; the batch is a multiple of WIDTH.
    """
    if on is None:
        return np.zeros(v_row.shape)
    extra, rows, lanes = np.empty(v_row.shape), len(v_row), (0.0,) * WIDTH
    signs = np.empty(0) if asleep is None else np.ascontiguousarray(asleep, dtype=float).ravel()
    flat = (np.ascontiguousarray(v).ravel() for v in (v_row, v_col))
    _fill(on, on if off is None else off, signs, lanes, rows, v_row.shape[1], *flat, extra.ravel())
    return extra


@bare_kernel
def _fill(on, off, signs, lanes, rows, cols, v_row, v_col, extra):
    """Fill `extra`, see `currents_beyond`; everything is flat."""
    wide, zero = len(lanes), zeros_for(lanes)
    batch = len(v_row) // (rows * cols)
    for a in range(rows):
        for cell in range(a * cols, (a + 1) * cols):
            for j in range(0, batch, wide):
                w = load_like(zero, v_col, cell * batch + j)
                u = subtract(load_like(zero, v_row, cell * batch + j), w)
                value = multiply(u, beyond_chord(on, cell, u, w))
                if len(signs) > 0:
                    sign = load_like(zero, signs, a * batch + j)
                    value = choose_negative(sign, multiply(u, beyond_chord(off, cell, u, w)), value)
                store(extra, cell * batch + j, value)
