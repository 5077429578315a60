"""Cells as cheap polynomials: a surface refitted over the voltages an array really reaches, with its own error.

With U = v_bl − v_sl and w = v_sl − v_ref, the current of a cell is i = U·(P(U, w) + min(U, 0)·Q(U, w)): P describes
the forward current, Q what the reverse adds beyond the first derivative, which a cell's current keeps at U = 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import chebyshev
from scipy import linalg

from circuitsim.results import CellSurface

# Powers of U and of w tried in turn; the powers of w thin out as the power of U rises.
_FORWARD = ((4, 6), (6, 7), (8, 8), (11, 9), (14, 11))
_REVERSE = ((0, 0), (2, 3), (4, 4), (6, 6), (9, 8), (12, 10))
_BEST = 3e-10  # error [of full scale] below which more terms gain nothing, where the surface is not worse itself


@dataclass(frozen=True)
class VoltageBox:
    """Voltages relative to v_ref [V]: of the terminals, and of the column wires at the cells."""

    v_low: float
    v_high: float
    w_low: float
    w_high: float

    def holds(self, v_low: float, v_high: float) -> bool:
        """Whether terminals between the two voltages are inside."""
        return self.v_low <= v_low and v_high <= self.v_high


@dataclass(frozen=True)
class CompactFit:
    """Polynomials for every conductance of a surface.

    Attributes:
        coefficients: (n_t, terms) in Chebyshev polynomials of the conductance coordinate; see `sweep._beyond_chord`.
        counts: Powers of w for each power of U, P first.
        forward: Number of powers of U that are P's.
        error: Largest error on held-out points, relative to the surface's full-scale current.
        box: Where it holds.
    """

    coefficients: np.ndarray
    counts: np.ndarray
    forward: int
    error: float
    box: VoltageBox


def within(surface: CellSurface, box: VoltageBox, v_ref: float) -> bool:
    """Whether a surface holds for every voltage of a box."""
    low, high = surface.m_range
    slack = 1e-9 * (high - low)
    return (
        box.v_low + v_ref >= low - slack
        and box.v_high + v_ref <= high + slack
        and box.v_high - box.v_low <= surface.u_max + slack
    )


def fit(surface: CellSurface, box: VoltageBox, v_ref: float) -> CompactFit:
    """Refit a surface over a box: the smallest polynomials that are as good as the surface, else the best tried."""
    good = max(_BEST, surface.bound)
    u, w = _grid(box.v_high, box.w_low, box.w_high, (26, 16), 0.0)
    u_test, w_test = _grid(box.v_high, box.w_low, box.w_high, (33, 17), 0.3)
    counts, p, error = _ladder(surface, v_ref, (u, w), (u_test, w_test), _FORWARD, good, None)
    back, q, back_error = np.empty(0, np.int64), np.empty((len(p), 0)), 0.0
    if box.w_high > box.v_low:
        points, tests = (_grid(box.v_low, box.w_low, box.w_high, n, s) for n, s in (((26, 16), 0.0), ((33, 17), 0.3)))
        back, q, back_error = _ladder(surface, v_ref, points, tests, _REVERSE, good, (counts, p))
    return CompactFit(np.hstack([p, q]), np.concatenate([counts, back]), len(counts), max(error, back_error), box)


def contract(found: CompactFit, surface: CellSurface, g: np.ndarray, g0: np.ndarray) -> np.ndarray:
    """Put conductances into a fit.

    Args:
        g, g0: Conductances and chord conductances (rows, cols) [S].

    Returns:
        (rows · cols · terms) coefficients of i/U − g0, flat.
    """
    coefficients = _in_t(surface, g.ravel(), len(found.coefficients)) @ found.coefficients
    coefficients *= g.reshape(-1, 1)
    constant = int(found.counts[: found.forward].sum()) - 1
    coefficients[:, constant] -= g0.ravel()
    return coefficients.ravel()


def _ladder(surface, v_ref, points, tests, shapes, good, forward):
    """Fit shapes in turn until one is good; returns counts, coefficients (n_t, terms) and error."""
    best: tuple[np.ndarray, np.ndarray, float] = (np.empty(0, np.int64), np.empty((0, 0)), np.inf)
    target, expected = _k(surface, v_ref, *points), _k(surface, v_ref, *tests)
    if forward is not None:
        target, expected = (
            k - forward[1] @ _monomials(forward[0], *at).T for k, at in ((target, points), (expected, tests))
        )
    for powers_u, powers_w in shapes:
        counts = np.array([max(1, int(powers_w * (1 - k / powers_u))) for k in range(powers_u)][::-1], np.int64)
        basis, test_basis = (_monomials(counts, *at) for at in (points, tests))
        if forward is not None:
            basis, test_basis = points[0][:, None] * basis, tests[0][:, None] * test_basis
        coefficients = _least_squares(basis * points[0][:, None], (target * points[0]).T).T
        error = _error(surface, tests[0], coefficients @ test_basis.T - expected)
        if error < best[2]:
            best = (counts, coefficients, error)
        if error <= good:
            break
    return best


def _error(surface: CellSurface, u: np.ndarray, off: np.ndarray) -> float:
    """Largest current error over the conductance range, relative to full scale."""
    g = np.geomspace(*surface.g_range, 9)
    current = g[:, None] * u * (_in_t(surface, g, len(off)) @ off)
    return float(np.abs(current).max() / surface.i_full_scale)


def _grid(
    end: float, w_low: float, w_high: float, count: tuple[int, int], offset: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points (U, w): w over its range, U from 0 to end − w, both denser at the ends."""
    s, x = (0.5 * (1 - np.cos(np.pi * (np.arange(n) + 0.5 + offset) / (n + offset))) for n in count)
    w = w_low + (w_high - w_low) * x
    return (s[:, None] * (end - w)).ravel(), np.broadcast_to(w, (len(s), len(w))).ravel()


def _k(surface: CellSurface, v_ref: float, u: np.ndarray, w: np.ndarray) -> np.ndarray:
    """i/(g·U) (n_t, points): the surface at each point, still a polynomial in the conductance coordinate."""
    tensor = surface.forward if u.sum() >= 0 else surface.reverse
    low, high = surface.m_range
    m = np.minimum(w + u, w) + v_ref
    in_u = chebyshev.chebvander(np.abs(u) / surface.u_max * 2 - 1, tensor.shape[1] - 1)
    in_m = chebyshev.chebvander((m - low) / (high - low) * 2 - 1, tensor.shape[2] - 1)
    return np.einsum("tum,pu,pm->tp", tensor, in_u, in_m, optimize=True)


def _in_t(surface: CellSurface, g: np.ndarray, count: int) -> np.ndarray:
    low, high = (edge / (edge + surface.g_scale) for edge in surface.g_range)
    return chebyshev.chebvander((g / (g + surface.g_scale) - low) / (high - low) * 2 - 1, count - 1)


def _monomials(counts: np.ndarray, u: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Columns in Horner order: highest power of U first, within it the highest power of w."""
    powers = len(counts)
    columns = [u ** (powers - 1 - k) * w**b for k in range(powers) for b in range(counts[k] - 1, -1, -1)]
    return np.stack(columns, axis=-1) if columns else np.empty((len(u), 0))


def _least_squares(basis: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Least squares with columns of equal size: powers of volts differ by many orders of magnitude."""
    scale = np.abs(basis).max(axis=0, initial=1e-300)
    q, r = np.linalg.qr(basis / scale)
    return linalg.solve_triangular(r, q.T @ values) / scale[:, None]
