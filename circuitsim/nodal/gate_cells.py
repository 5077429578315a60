"""Cells of arrays with gated rows as cheap polynomials, over the voltages that such cells reach.

Every cell lies between a biased bit line and a source line near v_ref, so that its voltage U = v_bl − v_sl is never
small. With w = v_sl − v_ref and u_mid in the middle of the range of U, its current is i = U·K(U − u_mid, w), with one
polynomial K of total degree d. `compact_cells` starts from U = 0 and needs three times as many terms.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from circuitsim.nodal.compact_cells import conductance_basis, fit_coefficients
from circuitsim.nodal.surface import k_over_t
from circuitsim.results import CellSurface

MOST_DEGREE = 8
_FIT, _TEST = ((14, 12), 0.0), ((17, 13), 0.3)  # number of points in U and w, shift


@dataclass(frozen=True)
class GateBox:
    """Voltages that cells may have, relative to v_ref: U from u_low to v_bias − w, w from 0 to w_high [V]."""

    v_bias: float
    u_low: float
    w_high: float

    @property
    def u_mid(self) -> float:
        """Middle of the range of U [V]."""
        return 0.5 * (self.u_low + self.v_bias)

    def holds(self, u_low: np.ndarray, w_low: np.ndarray, w_high: np.ndarray) -> np.ndarray:
        """Whether the voltages of each vector are inside, but for rounding; beyond, cells are read at the edge."""
        rounding = 1e-12 * self.v_bias
        return (u_low >= self.u_low - rounding) & (w_low >= -rounding) & (w_high <= self.w_high + rounding)


@dataclass(frozen=True)
class GateFit:
    """Polynomials of all conductances of a surface over a box.

    Attributes:
        coefficients: (n_t, terms) of K/g, Chebyshev in the conductance coordinate; terms in the order of `_monomials`.
        degree: Total degree in U − u_mid and w.
        error: Largest error of a cell's current on held-out points [A].
    """

    coefficients: np.ndarray
    degree: int
    error: float


def term_count(degree: int) -> int:
    """Return the number of terms of a polynomial of two variables by its total degree."""
    return (degree + 1) * (degree + 2) // 2


@lru_cache(maxsize=16)
def fit_gate_cells(surface: CellSurface, box: GateBox, v_ref: float, good: float) -> GateFit:
    """Refit a surface over a box by the smallest degree whose error is below `good` [A], or else by the best one."""
    points, test = (_points(box, *kind) for kind in (_FIT, _TEST))
    target, test_target = (k_over_t(surface, u, w + v_ref) for u, w in (points, test))
    g = np.geomspace(*surface.g_range, 9)
    best: GateFit | None = None
    for degree in range(MOST_DEGREE + 1):
        basis, test_basis = (_monomials(degree, u - box.u_mid, w) for u, w in (points, test))
        coefficients = fit_coefficients(basis, target, points[0])
        off = coefficients @ test_basis.T - test_target
        current = g[:, None] * test[0] * (conductance_basis(surface, g, len(off)) @ off)
        error = float(np.abs(current).max())
        if best is None or error < best.error:
            best = GateFit(coefficients, degree, error)
        if error <= good:
            break
    assert best is not None
    return best


def gate_coefficients(fitted: GateFit, surface: CellSurface, g: np.ndarray) -> np.ndarray:
    """Return the coefficients of K for each cell (rows, cols, terms), with conductances (rows, cols) [S] put in."""
    flat = conductance_basis(surface, g.ravel(), len(fitted.coefficients)) @ fitted.coefficients
    return (flat * g.reshape(-1, 1)).reshape(*g.shape, -1)


def _points(box: GateBox, count: tuple[int, int], shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Points (U, w) of a box, denser at its ends."""
    s, x = (0.5 * (1 - np.cos(np.pi * (np.arange(n) + 0.5 + shift) / (n + shift))) for n in count)
    w = box.w_high * x
    u = box.u_low + s[:, None] * (box.v_bias - w - box.u_low)
    return u.ravel(), np.broadcast_to(w, u.shape).ravel()


def _monomials(degree: int, x: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Columns in Horner order: highest power of x first, within it the highest power of w."""
    return np.stack([x ** (degree - n) * w**m for n in range(degree + 1) for m in range(n, -1, -1)], axis=-1)
