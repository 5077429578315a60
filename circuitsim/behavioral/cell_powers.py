"""A characterized cell as plain powers of its voltages, without the terms that a tile cannot tell."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.polynomial import chebyshev

from circuitsim.nodal.series_cells import surface_box
from circuitsim.results import CellSurface

_EXACT, _FIRST = 1e-9, 1e-6  # of i/(g·U), left out in sum; in a first Newton step, whose error squares, more may be
_ROUNDING = 1e-16  # of the largest power, which may exceed what they add up to


class SidePowers(NamedTuple):
    """Coefficients of k for currents of one direction.

    Attributes:
        terms: (n_t, terms) a Chebyshev series over the conductance for each term x^p·y^q, the highest p first and,
            among the terms of a p, the highest q; x and y are |U| and m mapped to −1 … 1.
        counts: (powers of x,) number of terms of each p, the highest p first.
    """

    terms: np.ndarray
    counts: np.ndarray


class CellPowers(NamedTuple):
    """A surface as powers: both sides, both again as a first Newton step needs them, and `surface_box`."""

    forward: SidePowers
    reverse: SidePowers
    first_forward: SidePowers
    first_reverse: SidePowers
    box: np.ndarray


@lru_cache(maxsize=16)
def cell_powers(surface: CellSurface) -> CellPowers | None:
    """Return a surface as powers; None where it has a transistor in series, or powers would lose too many digits."""
    if surface.transistor is not None:
        return None
    both = surface.forward, surface.reverse
    sides = [in_powers(np.asarray(side, float), tolerance) for tolerance in (_EXACT, _FIRST) for side in both]
    if max(np.abs(side.terms).sum() for side in sides) * _ROUNDING > 0.1 * _EXACT:
        return None
    return CellPowers._make((*sides, surface_box(surface)))


def in_powers(tensor: np.ndarray, tolerance: float) -> SidePowers:
    """Return a Chebyshev tensor (n_t, n_u, n_m) as powers of u and m, without terms that add up to `tolerance`.

    The terms that are left have a staircase of powers: fewer of m the higher that of u is.
    """
    size = np.abs(tensor).sum(0)
    n_u, n_m = size.shape
    tail = np.cumsum(size[:, ::-1], axis=1)[:, ::-1] > 0.5 * tolerance / n_u
    counts = np.maximum.accumulate(tail.sum(1)[::-1])[::-1]
    top = max(1, n_u - int(np.argmax(np.cumsum(size.sum(1)[::-1]) > 0.5 * tolerance)))
    counts = np.maximum(counts[:top], 1)
    kept = np.where(np.arange(n_m) < counts[:, None], tensor[:, :top], 0.0)
    powers = np.einsum("tij,ip,jq->tpq", kept, _as_powers(top), _as_powers(n_m))
    terms = [powers[:, p, q] for p in range(top - 1, -1, -1) for q in range(counts[p] - 1, -1, -1)]
    return SidePowers(np.ascontiguousarray(np.stack(terms, axis=1)), counts[::-1].copy())


def _as_powers(count: int) -> np.ndarray:
    """Return the coefficients (polynomials, powers) of the first Chebyshev polynomials."""
    rows = [chebyshev.cheb2poly(row) for row in np.eye(count)]
    return np.stack([np.pad(row, (0, count - len(row))) for row in rows])
