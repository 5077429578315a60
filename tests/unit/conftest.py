"""A cell that can be computed to rounding, so that tiles are tested against the exact solver and not against a fit."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.polynomial import chebyshev

from circuitsim.results import CellSurface, Provenance, TileModel
from circuitsim.spec import ArraySpec, parse_spec

G_RANGE = (1e-6, 1e-4)
BETA, OVERDRIVE = 3e-3, 1.4  # transistor i = BETA·(OVERDRIVE·u − (x² − s²)/2), x and s its two ends


def current(g, v_bl, v_sl, v0=None, v_read=0.2):
    """Memory (ohmic, or sinh with chord g at v_read) in series with a transistor, by Newton on the inner node."""
    g, v_bl, v_sl = np.broadcast_arrays(g, v_bl, v_sl)
    x = v_sl + 0.05 * (v_bl - v_sl)
    for _ in range(30):
        if v0 is None:
            memory, slope = g * (v_bl - x), g
        else:
            scale = g * v_read / np.sinh(v_read / v0)
            memory, slope = scale * np.sinh((v_bl - x) / v0), scale / v0 * np.cosh((v_bl - x) / v0)
        x = x + (memory - BETA * (x - v_sl) * (OVERDRIVE - (x + v_sl) / 2)) / (slope + BETA * (OVERDRIVE - x))
    return BETA * (x - v_sl) * (OVERDRIVE - (x + v_sl) / 2)


def surface(v0: float | None, v_range: tuple[float, float], degrees=(7, 12, 8)) -> CellSurface:
    """Tabulate the cell on Chebyshev nodes; the bound is a little above the error between 0 and 0.4 V."""
    g_scale, span = 2.5e-3, v_range[1] - v_range[0]
    unit = [np.cos(np.pi * (np.arange(n) + 0.5) / n) for n in degrees]
    t_low, t_high = (g / (g + g_scale) for g in G_RANGE)
    t = (t_low + (t_high - t_low) * (unit[0] + 1) / 2)[:, None, None]
    g = g_scale * t / (1 - t)
    u = (span * (unit[1] + 1) / 2)[None, :, None]
    m = (v_range[0] + span * (unit[2] + 1) / 2)[None, None, :]
    sides = [current(g, m + u, m, v0) / (g * u), -current(g, m, m + u, v0) / (g * u)]
    for axis, n in enumerate(degrees):
        inverse = np.linalg.inv(chebyshev.chebvander(unit[axis], n - 1))
        sides = [np.moveaxis(np.tensordot(inverse, k, (1, axis)), 0, axis) for k in sides]
    full_scale = float(current(np.array(G_RANGE[1]), v_range[1], v_range[0], v0))
    origin = Provenance(level="nodal", spec_digest="")
    return CellSurface(sides[0], sides[1], G_RANGE, g_scale, span, v_range, 2e-9, full_scale, origin)


def array_spec(rows=32, cols=28, v_read=0.2, r_out=50.0, r_in=50.0, v_ref=0.0, device="rram_sinh", **wire) -> ArraySpec:
    """A 1R array of the shape; the cell itself is whatever surface a test takes."""
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": device, "g_min": G_RANGE[0], "g_max": G_RANGE[1]},
            "wire": {"r_row": 5.0, "r_col": 5.0, **wire},
            "driver": {"v_read": v_read, "r_out": r_out},
            "sense": {"r_in": r_in, "v_ref": v_ref},
        }
    )


@pytest.fixture(scope="session")
def make_spec() -> Callable[..., ArraySpec]:
    """`array_spec`, for tests."""
    return array_spec


@pytest.fixture(scope="session")
def make_model() -> Callable[..., TileModel]:
    """Build models; surfaces are kept, they cost more than the tests."""
    surfaces: dict[tuple, CellSurface] = {}

    def make(grade=3, v0=0.25, v_range=(0.0, 0.4), spec=None) -> TileModel:
        key = (v0, v_range)
        if key not in surfaces:
            surfaces[key] = surface(v0, v_range)
        return TileModel(spec or array_spec(v_read=v_range[1]), surfaces[key], grade, v_range)

    return make


@pytest.fixture
def conductances() -> Callable[..., np.ndarray]:
    """Log-uniform conductances, or network-like ones of which most are near g_min."""

    def draw(spec: ArraySpec, seed=0, kind="log") -> np.ndarray:
        rng = np.random.default_rng(seed)
        if kind == "log":
            return np.exp(rng.uniform(*np.log(G_RANGE), spec.shape))
        weights = np.clip(rng.normal(0.0, 0.25, spec.shape), 0.0, 1.0)
        return G_RANGE[0] + (G_RANGE[1] - G_RANGE[0]) * weights

    return draw


@pytest.fixture
def inputs() -> Callable[..., np.ndarray]:
    """Uniform, sparse, binary and all-on inputs over a range."""

    def draw(rows: int, v_range, seed=1, each=6, kinds=("uniform", "sparse", "binary", "all_on")) -> np.ndarray:
        rng = np.random.default_rng(seed)
        low, high = v_range
        found = []
        for kind in kinds:
            v = rng.uniform(low, high, (each, rows))
            if kind == "sparse":
                v = np.where(rng.random(v.shape) < 0.1, v, 0.0)
            if kind == "binary":
                v = high * (v > 0.5 * (low + high))
            found.append(np.full((1, rows), high) if kind == "all_on" else v)
        return np.concatenate(found)

    return draw
