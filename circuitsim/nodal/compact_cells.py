"""Cells as cheap polynomials: a surface refitted over the voltages an array really reaches, with its own error.

With U = v_bl − v_sl and w = v_sl − v_ref, the current of a cell is i = U·(P(U, w) + min(U, 0)·Q(U, w)): P describes
the forward current, Q what the reverse adds beyond the first derivative, which a cell's current keeps at U = 0.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.nodal.polynomial import SHAPES
from circuitsim.nodal.surface import unit_conductance
from circuitsim.nodal.surface_chords import k_over_t
from circuitsim.nodal.voltage_boxes import VoltageBox
from circuitsim.results import CellSurface

_POINTS = {"fit": ((26, 16), 0.0), "test": ((33, 17), 0.3)}  # number in U and w, shift
_BEST = 3e-10  # error [of full scale] below which more terms gain nothing, where the surface is not worse itself


@dataclass(frozen=True)
class CompactFit:
    """Polynomials for every conductance of a surface.

    Attributes:
        coefficients: (n_t, terms) of k, see `CellSurface`, in Chebyshev polynomials of the conductance coordinate.
        shape: Index into `polynomial.SHAPES`.
        error: Largest error on held-out points, relative to the surface's full-scale current.
        over_g: The same of every conductance, relative to (g + g_parallel) · u_max.
        box: Where it holds.
    """

    coefficients: np.ndarray
    shape: int
    error: float
    over_g: float
    box: VoltageBox

    def of(self, surface: CellSurface, g: np.ndarray) -> "CompactFit":
        """Return the fit of these conductances alone: where all are small, so are the errors of their currents."""
        largest = (float(g.max()) + surface.g_parallel) * surface.u_max
        return replace(self, error=min(self.error, self.over_g * largest / surface.i_max))


def within(surface: CellSurface, box: VoltageBox, v_ref: float) -> bool:
    """Whether a surface holds for every voltage of a box."""
    low, high = surface.m_range
    slack = 1e-9 * (high - low)
    return (
        box.v_low + v_ref >= low - slack
        and box.v_high + v_ref <= high + slack
        and box.v_high - box.v_low <= surface.u_max + slack
    )


@lru_cache(maxsize=64)  # the matrices of a search share boxes, and so do the iterations with sense amplifiers
def fit(surface: CellSurface, box: VoltageBox, v_ref: float) -> CompactFit:
    """Refit a surface over a box by the smallest shape that is as good as the surface, or else by the best one.

    Args:
        v_ref: Voltage that those of the box are relative to [V].
    """
    good = max(_BEST, surface.bound)
    forward, forward_test = (_points(box.v_high, box.w_low, box.w_high, *_POINTS[kind]) for kind in ("fit", "test"))
    back, back_test = (_points(box.v_low, box.w_low, box.w_high, *_POINTS[kind]) for kind in ("fit", "test"))
    targets = [_k(surface, v_ref, *points) for points in (forward, forward_test, back, back_test)]
    terms = max(map(len, targets))  # a cell in series with a transistor needs more on one side than on the other
    targets = [np.pad(target, ((0, terms - len(target)), (0, 0))) for target in targets]
    best: CompactFit | None = None
    for shape, (p_counts, q_counts) in enumerate(SHAPES):
        p = fit_coefficients(_monomials(p_counts, *forward), targets[0], np.abs(forward[0]))
        error, over_g = _errors(surface, forward_test[0], p @ _monomials(p_counts, *forward_test).T - targets[1])
        if error > good and shape < len(SHAPES) - 1:
            continue  # Q cannot mend P
        q = fit_coefficients(
            back[0][:, None] * _monomials(q_counts, *back),
            targets[2] - p @ _monomials(p_counts, *back).T,
            np.abs(back[0]),
        )
        off = p @ _monomials(p_counts, *back_test).T - targets[3]
        off += back_test[0] * (q @ _monomials(q_counts, *back_test).T)
        error, over_g = np.maximum((error, over_g), _errors(surface, back_test[0], off)).tolist()
        if best is None or error < best.error:
            best = CompactFit(np.hstack([p, q]), shape, error, over_g, box)
        if error <= good:
            break
    assert best is not None
    return best


def contract(fitted: CompactFit, surface: CellSurface, g: np.ndarray, g0: np.ndarray) -> np.ndarray:
    """Put the conductances of an array into a fit: the polynomials that the sweeps evaluate.

    Args:
        g, g0: Conductances and chord conductances (rows, cols) [S].

    Returns:
        (rows · cols · terms) coefficients of i/U − g0, flat.
    """
    coefficients = conductance_basis(surface, g.ravel(), len(fitted.coefficients)) @ fitted.coefficients
    coefficients *= g.reshape(-1, 1) + surface.g_parallel
    constant = sum(SHAPES[fitted.shape][0]) - 1  # the last one of P
    coefficients[:, constant] -= g0.ravel()
    return coefficients.ravel()


def _errors(surface: CellSurface, u: np.ndarray, off: np.ndarray) -> tuple[float, float]:
    """Largest current error over the conductance range, relative to full scale and to each conductance's own."""
    g = np.geomspace(*surface.g_range, 9)
    error = np.abs(u * (conductance_basis(surface, g, len(off)) @ off)).max(axis=1)
    return float(((g + surface.g_parallel) * error).max() / surface.i_max), float(error.max() / surface.u_max)


def _points(
    end: float, w_low: float, w_high: float, count: tuple[int, int], offset: float
) -> tuple[np.ndarray, np.ndarray]:
    """Points (U, w): w over its range, U from 0 to end − w, both denser at the ends."""
    s, x = (0.5 * (1 - np.cos(np.pi * (np.arange(n) + 0.5 + offset) / (n + offset))) for n in count)
    w = w_low + (w_high - w_low) * x
    return (s[:, None] * (end - w)).ravel(), np.broadcast_to(w, (len(s), len(w))).ravel()


def _k(surface: CellSurface, v_ref: float, u: np.ndarray, w: np.ndarray) -> np.ndarray:
    """k of `CellSurface` (n_t, points) at each point, still a polynomial in the conductance coordinate."""
    return k_over_t(surface, u, np.minimum(w + u, w) + v_ref)


def conductance_basis(surface: CellSurface, g: np.ndarray, count: int) -> np.ndarray:
    """Chebyshev polynomials of the conductance coordinate (…, count)."""
    return chebyshev.chebvander(unit_conductance(surface, g), count - 1)


def _monomials(counts: tuple[int, ...], u: np.ndarray, w: np.ndarray) -> np.ndarray:
    """Columns in Horner order: highest power of U first, within it the highest power of w."""
    of_u, of_w = np.vander(u, len(counts)), np.vander(w, max(counts), increasing=True)
    columns = [of_u[:, k] * of_w[:, b] for k, count in enumerate(counts) for b in range(count - 1, -1, -1)]
    return np.stack(columns, axis=-1)


def fit_coefficients(basis: np.ndarray, k: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Coefficients (n_t, terms) that fit k (n_t, points) best in current, which is k times the weight |U|.

    Columns are brought to equal size: powers of volts differ by many orders of magnitude.
    """
    basis = basis * weight[:, None]
    scale = np.abs(basis).max(axis=0)
    scale[scale == 0] = 1.0
    q, r = np.linalg.qr(basis / scale)
    diagonal = np.abs(np.diag(r))
    if not np.all(diagonal > 1e-14 * diagonal.max()):  # a box of no width: no reverse current, say
        return np.zeros((len(k), basis.shape[1]))
    return (np.linalg.solve(r, q.T @ (k * weight).T) / scale[:, None]).T
