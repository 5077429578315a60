"""Read a tile whose columns have a level in each band of rows, in any array namespace."""

import itertools
from collections.abc import Sequence
from typing import Any

import array_api_compat

from circuitsim.behavioral.features import fitted_functions, scaled_inputs
from circuitsim.behavioral.tile import BandProducts, DistanceFunction, Tile

# Bands shift their levels by the currents that they add. For 32 x 28 sinh cells (v0 = 0.25 V, 0.4 V, 5 ohm) the
# currents after 0, 1, 2, 3 repetitions are 6e-4, 8e-6, 1.4e-7, 3e-9 rms of full scale from the fixed point; for 64 x 64
# at 2 ohm a worst case is 1.63e-3 of full scale off after one, 5.5e-4 after two, 6.4e-4 after three.
REPETITIONS = 2


def read_bands(tile: Tile, v_in: Any) -> Any:
    """Return the column currents (batch, cols) [A] of inputs (batch, rows) [V]; see `BandProducts`."""
    return read_bands_and_slope(tile, v_in)[0]


def read_bands_and_slope(tile: Tile, v_in: Any) -> tuple[Any, Any]:
    """Return the currents of `read_bands`, and what the residual currents add per volt at the sense nodes [S]."""
    linear, start, factors = _factors(tile, v_in)
    levels = _settle(tile.bands, start, factors)
    parts = list(zip(factors, levels, strict=True))
    slope = sum(_slope(factor, t) * tile.port_level[b : b + 1, :] for b, (factor, t) in enumerate(parts))
    return sum((_cubic(factor, t) for factor, t in parts), linear), slope


def banded_levels(tile: Tile, v_in: Any) -> list[Any]:
    """Return the level (batch, cols) of each column in each band of rows."""
    _, start, factors = _factors(tile, v_in)
    return _settle(tile.bands, start, factors)


def _factors(tile: Tile, v_in: Any) -> tuple[Any, list[Any], list[list[Any]]]:
    """Return the linear currents, the linear levels of each band, and the factors of t⁰ to t³ of each band."""
    products, cols = tile.bands, tile.cols
    assert products is not None
    xp = array_api_compat.array_namespace(v_in)
    s = scaled_inputs(tile, v_in)
    before, after = fitted_functions(tile, s)
    wide = s @ products.wide + products.rest
    bands = len(products.edges) - 1
    start = [wide[:, (1 + band) * cols : (2 + band) * cols] for band in range(bands)]
    seen = wide[:, (1 + bands) * cols :]
    factors = []
    distances = _distances(products.functions, s, seen)
    for band, (first, last) in enumerate(itertools.pairwise(products.edges)):
        one, two, three, apart, square = (products.constants[band, part : part + 1, :] for part in range(5))

        def product(features: list[Any], matrix: Any, band: int = band, rows: slice = slice(first, last)) -> Any:
            return xp.concat([feature[:, rows] for feature in features], axis=1) @ products.rows_of(matrix, band)

        t, (e1, e2) = start[band], (product(features, products.apart) for features in distances[1:])
        flat = product([*before, seen, *distances[0]], products.flat)
        flat = flat + t * (e1 - apart + t * (e2 - t * square))
        sloped, curved = product([s, *after], products.sloped), product([s], products.curved)
        factors.append([flat, sloped + one, curved + two, three])
    return wide[:, :cols], start, factors


def _distances(functions: tuple[DistanceFunction, ...], s: Any, seen: Any) -> tuple[list[Any], list[Any], list[Any]]:
    """Return τ·p, τ·q − p and τ·r − q of every function φ = p + t·q + t²·r, at τ and s (batch, rows)."""
    powers = ([], [], [])
    for c in functions:
        p = s * (c.s + c.s2 * s) + seen * (c.tau + c.s_tau * s + c.tau2 * seen)
        q = c.t + c.s_t * s + c.tau_t * seen
        for features, value in zip(powers, (seen * p, seen * q - p, seen * c.t2 - q), strict=True):
            features.append(value)
    return powers


def _settle(products: BandProducts | None, start: list[Any], factors: Sequence[list[Any]]) -> list[Any]:
    """Let the bands' currents shift their levels."""
    assert products is not None
    bands, levels = range(len(start)), start
    for _ in range(REPETITIONS):
        added = [_cubic(factors[band], levels[band]) for band in bands]
        levels = [sum((products.exchange[q, r : r + 1, :] * added[r] for r in bands), start[q]) for q in bands]
    return levels


def _cubic(factors: list[Any], t: Any) -> Any:
    """Σ_b factors[b]·t^b."""
    value = factors[-1]
    for factor in factors[-2::-1]:
        value = value * t + factor
    return value


def _slope(factors: list[Any], t: Any) -> Any:
    """The derivative of `_cubic` by t."""
    _, p1, p2, p3 = factors
    return p1 + t * (2.0 * p2 + 3.0 * p3 * t)
