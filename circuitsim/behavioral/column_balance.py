"""The balance of a column in its moments, written once for anything that adds and multiplies.

The drop of a column is basis·ζ (`LineMoments`), and each cell a parabola about the column's typical drop basis·ζ*. With
η = ζ − ζ*, Kirchhoff's law in moments is

    (C⁻¹ + S)·η = A + T(η),    S[p, q] = Σ_n [P_p·P_q → P_n]·s_n,    T_p = t·Σ_qr [P_p·P_q·P_r → P_0]·η_q·η_r

with A the currents at the typical drop less those that cause it, and s and t the moments of the cells' slopes and
curvatures over the rows that are on. S couples the moments of one band only; S and T are written for pure Legendre
polynomials and mixed as those of the basis are. The equation is solved once without T, and once with T of that
solution. A third moment that C does not couple is eliminated first, band by band.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.polynomial import legendre


class Lines(NamedTuple):
    """The wires of all columns, as numbers of any kind.

    Attributes:
        inverse: C⁻¹ of the coupled moments [S], the upper triangle row by row.
        lone: For each band 1 / C of the third moment [S] and both `LineMoments.mixed`; empty where all are coupled.
        gain: For each band, current of the column per η of each coupled moment [S].
    """

    inverse: Sequence[Any]
    lone: Sequence[Sequence[Any]]
    gain: Sequence[Sequence[Any]]


NO_LINES = Lines((), (), ())


class _Factors(NamedTuple):
    """C⁻¹ + S factored: L and 1/D of the coupled moments; of each lone one its pivot and its share in the others."""

    below: dict[tuple[int, int], Any]
    pivots: list[Any]
    lone: list[tuple[Any, Any, Any]]


def product_count(moments: int) -> int:
    """Return the products of each band: A in `moments` numbers, s in 2·moments − 1, and t."""
    return 3 * moments


def column_current(products: Sequence[Sequence[Any]], lines: Lines) -> Any:
    """Return gain·η of products (`product_count` numbers, lanes or arrays, for each band: A, s, t)."""
    moments = len(products[0]) // 3
    driven = [list(band[:moments]) for band in products]
    factors = _factors([_slopes(band[moments:-1]) for band in products], lines)
    curved = []
    for number, eta in enumerate(_solved(factors, driven)):
        mix = lines.lone[number][1:] if lines.lone else ()
        pure = [*(value + m * eta[-1] for value, m in zip(eta, mix, strict=False)), *eta[len(mix) :]]
        extra = [
            products[number][-1] * _total([(c * pure[q]) * pure[r] for q, r, c in p]) for p in _curvatures(moments)
        ]
        extra[-1] = _total([extra[-1], *(m * value for m, value in zip(mix, extra, strict=False))])
        curved.append([a + b for a, b in zip(driven[number], extra, strict=True)])
    found = _solved(factors, curved)
    return _total([g * value for gains, eta in zip(lines.gain, found, strict=True) for g, value in zip(gains, eta)])  # noqa: B905  a lone moment has no gain


def _slopes(moments: Sequence[Any]) -> list[list[Any]]:
    """Return S of one band for pure polynomials."""
    count = (len(moments) + 1) // 2
    return [
        [_total([moments[n] if share == 1.0 else share * moments[n] for n, share in terms]) for terms in row]
        for row in _overlaps(count)
    ]


def _factors(slopes: list[list[list[Any]]], lines: Lines) -> _Factors:
    """Factor C⁻¹ + S."""
    lone = [_eliminate(own, *lines.lone[band]) for band, own in enumerate(slopes)] if lines.lone else []
    coupled = len(lines.gain[0])
    size, entries = len(slopes) * coupled, iter(lines.inverse)
    below: dict[tuple[int, int], Any] = {}
    scaled: dict[tuple[int, int], Any] = {}
    pivots: list[Any] = []
    for p in range(size):
        for q in range(p, size):
            value = next(entries)
            if p // coupled == q // coupled:
                value = value + slopes[p // coupled][p % coupled][q % coupled]
            for k in range(p):
                value = value - below[k, p] * scaled[k, q]
            scaled[p, q] = value
        pivots.append(1.0 / scaled[p, p])
        for q in range(p + 1, size):
            below[p, q] = scaled[p, q] * pivots[p]
    return _Factors(below, pivots, lone)


def _eliminate(own: list[list[Any]], admittance: Any, first: Any, second: Any) -> tuple[Any, Any, Any]:
    """Mix the third row of S of a band, take it out of the others (in place), and return 1/pivot and both shares."""
    to_first = own[0][2] + first * own[0][0] + second * own[0][1]
    to_second = own[1][2] + first * own[0][1] + second * own[1][1]
    alone = admittance + own[2][2] + first * (own[0][2] + to_first) + second * (own[1][2] + to_second)
    pivot = 1.0 / alone
    in_first, in_second = to_first * pivot, to_second * pivot
    own[0][0] = own[0][0] - in_first * to_first
    own[0][1] = own[0][1] - in_first * to_second
    own[1][1] = own[1][1] - in_second * to_second
    return pivot, in_first, in_second


def _solved(factors: _Factors, driven: list[list[Any]]) -> list[list[Any]]:
    """Solve (C⁻¹ + S)·η = driven, band by band."""
    below, pivots, lone = factors
    coupled = len(pivots) // len(driven)
    forward: list[Any] = []
    for p in range(len(pivots)):
        band, own = driven[p // coupled], p % coupled
        value = band[own] - lone[p // coupled][1 + own] * band[-1] if lone else band[own]
        for k in range(p):
            value = value - below[k, p] * forward[k]
        forward.append(value)
    eta: list[Any] = [None] * len(pivots)
    for p in reversed(range(len(pivots))):
        value = forward[p] * pivots[p]
        for q in range(p + 1, len(pivots)):
            value = value - below[p, q] * eta[q]
        eta[p] = value
    bands = [eta[first : first + coupled] for first in range(0, len(eta), coupled)]
    for band, own, out in zip(driven, lone, bands, strict=False):
        out.append(band[-1] * own[0] - own[1] * out[0] - own[2] * out[1])
    return bands


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
