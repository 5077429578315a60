"""The balance of a column in its moments, written once for anything that adds and multiplies.

The drop of a column is basis·ζ, and each cell a parabola about the column's typical drop basis·ζ*. With η = ζ − ζ*,
Kirchhoff's law in moments is

    (C⁻¹ + S)·η = A + T(η),    S[p, q] = Σ_n [P_p·P_q → P_n]·s_n,    T_p = t·Σ_qr [P_p·P_q·P_r → P_0]·η_q·η_r

with C the shared resistances, A the currents at the typical drop less those that cause it, and s and t the moments of
the cells' slopes and curvatures over the rows that are on. S couples the moments of one band only. The equation is
solved once without T, and once with T of that solution.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.polynomial import legendre


def product_count(moments: int) -> int:
    """Return the products of each band: A in `moments` numbers, s in 2·moments − 1, and t."""
    return 3 * moments


def column_current(products: Sequence[Sequence[Any]], inverse: Sequence[Any], gain: Sequence[Any]) -> Any:
    """Return gain·η.

    Args:
        products: For each band `product_count` numbers, lanes or arrays: A, s, t.
        inverse: C⁻¹ [S], the upper triangle row by row.
        gain: One number for each moment of each band.
    """
    moments = len(products[0]) // 3
    upper, pivots = _factors(products, inverse)
    driven = [band[p] for band in products for p in range(moments)]
    first = _solved(upper, pivots, driven)
    curved = [
        driven[b * moments + p] + band[-1] * _weighted(_curvatures(moments)[p], first[b * moments : (b + 1) * moments])
        for b, band in enumerate(products)
        for p in range(moments)
    ]
    second = _solved(upper, pivots, curved)
    return _total([g * eta for g, eta in zip(gain, second, strict=True)])


def _factors(
    products: Sequence[Sequence[Any]], inverse: Sequence[Any]
) -> tuple[dict[tuple[int, int], Any], list[Any]]:
    """Return L and 1/D of C⁻¹ + S = L·D·Lᵀ; L by (column, row)."""
    moments = len(products[0]) // 3
    size, entries = len(products) * moments, iter(inverse)
    below: dict[tuple[int, int], Any] = {}
    pivots: list[Any] = []
    scaled: dict[tuple[int, int], Any] = {}
    for p in range(size):
        for q in range(p, size):
            value = next(entries)
            if p // moments == q // moments:
                slopes = products[p // moments][moments:-1]
                for n, share in _overlaps(moments)[p % moments][q % moments]:
                    value = value + (slopes[n] if share == 1.0 else share * slopes[n])
            for k in range(p):
                value = value - below[k, p] * scaled[k, q]
            scaled[p, q] = value
        pivots.append(1.0 / scaled[p, p])
        for q in range(p + 1, size):
            below[p, q] = scaled[p, q] * pivots[p]
    return below, pivots


def _solved(below: dict[tuple[int, int], Any], pivots: Sequence[Any], driven: Sequence[Any]) -> list[Any]:
    """Solve L·D·Lᵀ·η = driven."""
    size = len(driven)
    forward: list[Any] = []
    for p in range(size):
        value = driven[p]
        for k in range(p):
            value = value - below[k, p] * forward[k]
        forward.append(value)
    eta: list[Any] = [None] * size
    for p in reversed(range(size)):
        value = forward[p] * pivots[p]
        for q in range(p + 1, size):
            value = value - below[p, q] * eta[q]
        eta[p] = value
    return eta


def _weighted(terms: Sequence[tuple[int, int, float]], eta: Sequence[Any]) -> Any:
    """Return Σ share·η_q·η_r."""
    return _total([(share * eta[q]) * eta[r] for q, r, share in terms])


def _total(terms: Sequence[Any]) -> Any:
    value = terms[0]
    for term in terms[1:]:
        value = value + term
    return value


@lru_cache
def _overlaps(moments: int) -> tuple[tuple[tuple[tuple[int, float], ...], ...], ...]:
    """Return, for each p and q, the (n, share) of P_n in P_p·P_q."""
    return tuple(tuple(tuple(_parts(_product(p, q))) for q in range(moments)) for p in range(moments))


@lru_cache
def _curvatures(moments: int) -> tuple[tuple[tuple[int, int, float], ...], ...]:
    """Return, for each p, the (q, r, share) of P_0 in P_p·P_q·P_r, each pair q ≤ r once."""
    found = []
    for p in range(moments):
        pairs = [(q, r, float(_product(p, q, r)[0])) for q in range(moments) for r in range(q, moments)]
        found.append(tuple((q, r, share * (1 if q == r else 2)) for q, r, share in pairs if abs(share) > 1e-12))
    return tuple(found)


def _product(*degrees: int) -> np.ndarray:
    """Return a product of Legendre polynomials as coefficients of Legendre polynomials."""
    series = np.array([1.0])
    for degree in degrees:
        series = legendre.legmul(series, np.eye(degree + 1)[degree])
    return series


def _parts(series: np.ndarray) -> list[tuple[int, float]]:
    return [(n, float(share)) for n, share in enumerate(series) if abs(share) > 1e-12]
