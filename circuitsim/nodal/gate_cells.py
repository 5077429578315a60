"""Cells of arrays with gated rows as cheap polynomials, over the voltages that such cells reach.

With U = v_bl − v_sl, w = v_sl − v_ref and u_mid in the middle of the range of U, the current is i = U·K(U − u_mid, w),
with one polynomial K of total degree d. Between a biased bit line and a source line near v_ref, U is never small; in a
string it is never negative. `compact_cells` serves both directions from U = 0 on, and needs three times as many terms.
"""

# pyright: reportCallIssue=false
# (numba fills in the first argument of an intrinsic)

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numba
import numpy as np

from circuitsim.nodal.compact_cells import conductance_basis, fit_coefficients
from circuitsim.nodal.lanes import WIDTH, fma, larger, load, smaller, spread
from circuitsim.nodal.surface_chords import k_over_t
from circuitsim.results import CellSurface

_POOR = 30.0  # times what is good
# Degrees, and points to fit and to test: numbers in U and w, shift. The second serves cells whose transistor saturates
# or turns off within the box: their error falls fourfold per two degrees.
_USUAL = (range(11), ((18, 14), 0.0), ((21, 15), 0.3))
_BENDING = (range(12, 25, 2), ((34, 28), 0.0), ((39, 31), 0.3))


@dataclass(frozen=True)
class GateBox:
    """Voltages that cells may have, relative to v_ref [V].

    U lies between u_low and u_high, w between 0 and w_high, and U + w is at most v_bias.
    """

    v_bias: float
    u_low: float
    u_high: float
    w_high: float


@dataclass(frozen=True)
class GateFit:
    """Polynomials of all conductances of a surface over a box.

    Attributes:
        coefficients: (n_t, terms) of K over the conductance with what is beside it, Chebyshev in the conductance
            coordinate; terms in the order of `_monomials`.
        degree: Total degree in U − u_mid and w.
        box: Where it holds.
        error: Largest error of a cell's current on held-out points [A].
        over_g: The same, relative to the conductance with what is beside it, at every conductance [V].
    """

    coefficients: np.ndarray
    degree: int
    box: GateBox
    error: float
    over_g: float

    def error_of(self, surface: CellSurface, g: np.ndarray) -> float:
        """Largest error of cells of these conductances [A]: where all are small, so are their errors."""
        return min(self.error, self.over_g * (float(g.max()) + surface.g_parallel))


class LevelCells(NamedTuple):
    """Cells of all columns at one level of their gates.

    Attributes:
        coefficients: (rows, cols, terms) of K [S, S/V, …]; no terms for cells that carry nothing.
        degree: Total degree; −1 for cells that carry nothing.
        box: Where they hold; beyond it K keeps its value at the edge.
    """

    coefficients: np.ndarray
    degree: int
    box: GateBox


class GateCells(NamedTuple):
    """Polynomials of the cells of WIDTH columns at every level of their gates, for kernels.

    Attributes:
        coefficients: Flat, level after level, each (rows, terms, WIDTH) [S, S/V, …].
        start: (levels,) where each level begins.
        degree: (levels,) total degree; −1 for cells that carry nothing.
        u_mid: (levels,) origin of U in the polynomials [V].
        u_low, u_high, w_high: (levels,) the box [V].
    """

    coefficients: np.ndarray
    start: np.ndarray
    degree: np.ndarray
    u_mid: np.ndarray
    u_low: np.ndarray
    u_high: np.ndarray
    w_high: np.ndarray


@numba.njit(inline="always")
def gate_tangent(cells, level, row, u, w):
    """Current of the cells in a row, its slopes in U (at constant w) and in w, and how far they leave their box [V]."""
    value, along_u, along_w, excess = _cell_polynomial(cells, level, row, u, w)
    return value * u, fma(u, along_u, value), u * along_w, excess


@numba.njit(inline="always")
def _cell_polynomial(cells, level, row, u, w) -> Any:
    """K of the cells in a row, its slopes, and how far the voltages leave the box; beyond, K keeps its edge value."""
    value, along_u, along_w = spread(0.0), spread(0.0), spread(0.0)
    x = smaller(larger(u, spread(cells.u_low[level])), spread(cells.u_high[level]))
    y = smaller(larger(w, spread(0.0)), spread(cells.w_high[level]))
    excess = larger(larger(x - u, u - x), larger(y - w, w - y))
    x = x - spread(cells.u_mid[level])
    degree = cells.degree[level]
    at = cells.start[level] + row * (degree + 1) * (degree + 2) // 2 * WIDTH
    for n in range(degree + 1):
        inner, inner_w = load(cells.coefficients, at), spread(0.0)
        for m in range(n):
            inner_w = fma(inner_w, y, inner)
            inner = fma(inner, y, load(cells.coefficients, at + (m + 1) * WIDTH))
        at += (n + 1) * WIDTH
        along_u = fma(along_u, x, value)
        value = fma(value, x, inner)
        along_w = fma(along_w, x, inner_w)
    return value, along_u, along_w, excess


@lru_cache(maxsize=256)  # a surface for each level of the gates
def fit_gate_cells(
    surface: CellSurface, box: GateBox, v_ref: float, good: float, poor: float | None = None
) -> GateFit | None:
    """Refit a surface over a box by the smallest degree whose error is below `good` [A], or else by the best one.

    Degrees above ten, which cost every read more, are tried only where the error is above `poor` [A]; None: 30 good.

    Returns:
        The fit; None where the box leaves the surface.
    """
    low, high = surface.m_range
    slack = 1e-9 * (high - low)
    if v_ref < low - slack or v_ref + box.w_high > high + slack or box.u_high > surface.u_max + slack:
        return None
    best = _lowest_degree(surface, box, v_ref, good, *_USUAL)
    poor = _POOR * good if poor is None else poor
    if best.error <= poor:
        return best
    return min(best, _lowest_degree(surface, box, v_ref, poor, *_BENDING), key=lambda fitted: fitted.error)


def _lowest_degree(
    surface: CellSurface,
    box: GateBox,
    v_ref: float,
    good: float,
    degrees: range,
    fit: tuple[tuple[int, int], float],
    test: tuple[tuple[int, int], float],
) -> GateFit:
    """Fit degree after degree until the error is below `good` [A]; return the best fit."""
    (u, w), (u_test, w_test) = (_points(box, *kind) for kind in (fit, test))
    k = k_over_t(surface, np.append(u, u_test), np.append(w, w_test) + v_ref)
    target, test_target = k[:, : len(u)], k[:, len(u) :]
    g = np.geomspace(*surface.g_range, 9)
    best: GateFit | None = None
    for degree in degrees:
        basis, test_basis = (_monomials(degree, at - _middle(box), beside) for at, beside in ((u, w), (u_test, w_test)))
        coefficients = fit_coefficients(basis, target, u)
        off = conductance_basis(surface, g, len(target)) @ (coefficients @ test_basis.T - test_target)
        errors = np.abs(u_test * off).max(axis=1)
        error = float(((g + surface.g_parallel) * errors).max())
        if best is None or error < best.error:
            best = GateFit(coefficients, degree, box, error, float(errors.max()))
        if error <= good:
            break
    assert best is not None
    return best


def gate_coefficients(fitted: GateFit, surface: CellSurface, g: np.ndarray) -> np.ndarray:
    """Return the coefficients of K for each cell (rows, cols, terms), with conductances (rows, cols) [S] put in."""
    flat = conductance_basis(surface, g.ravel(), len(fitted.coefficients)) @ fitted.coefficients
    return ((g.reshape(-1, 1) + surface.g_parallel) * flat).reshape(*g.shape, -1)


def gate_cells(levels: Sequence[LevelCells]) -> GateCells:
    """Return the cells of WIDTH columns for kernels, from those of each level of their gates, the lowest first."""
    flat = [np.moveaxis(level.coefficients, 1, -1).ravel() for level in levels]
    boxes = [level.box for level in levels]
    return GateCells(
        coefficients=np.concatenate(flat),
        start=np.cumsum([0, *map(len, flat[:-1])]),
        degree=np.array([level.degree for level in levels]),
        u_mid=np.array([_middle(level.box) if level.degree >= 0 else 0.0 for level in levels]),
        u_low=np.array([box.u_low for box in boxes]),
        u_high=np.array([box.u_high for box in boxes]),
        w_high=np.array([box.w_high for box in boxes]),
    )


def _middle(box: GateBox) -> float:
    return 0.5 * (box.u_low + box.u_high)


def _points(box: GateBox, count: tuple[int, int], shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Points (U, w) of a box, denser at its ends."""
    s, x = (0.5 * (1 - np.cos(np.pi * (np.arange(n) + 0.5 + shift) / (n + shift))) for n in count)
    w = box.w_high * x
    u = box.u_low + s[:, None] * (np.minimum(box.u_high, box.v_bias - w) - box.u_low)
    return u.ravel(), np.broadcast_to(w, u.shape).ravel()


def _monomials(degree: int, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Columns in Horner order: highest power of x first, within it the highest power of w."""
    return np.stack([x ** (degree - n) * w**m for n in range(degree + 1) for m in range(n, -1, -1)], axis=-1)
