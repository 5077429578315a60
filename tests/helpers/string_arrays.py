"""Small strings of analytic cells: the device alone, or beside a transistor that bypasses it."""

import numpy as np
from nodal_cells import SinhBesideTransistor, SinhWithTransistor

from circuitsim.results import TileModel
from circuitsim.spec import ArraySpec, parse_spec

G_RANGE = (1e-6, 1e-4)
DEVICE, BYPASS = SinhWithTransistor(g_t=1e3), SinhBesideTransistor(g_t=2e-3)
SURFACES = DEVICE.surface(), BYPASS.surface()


def series_spec(rows=24, cols=18, **parts) -> ArraySpec:
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1t1r", "input_line": "string"},
            "device": {"model": "rram_sinh", "g_min": G_RANGE[0], "g_max": G_RANGE[1]},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 1.0, "r_col": 3.0},
            "driver": {"v_read": 0.2},
        }
    )
    return spec.replace(**parts) if parts else spec


def series_model(spec: ArraySpec, grade=2) -> TileModel:
    on, off = SURFACES
    if spec.drive_range != (0.0, 0.2):
        v_range = spec.drive_range
        on, off = (cell.surface(v_range=v_range) for cell in (DEVICE, BYPASS))
    return TileModel(spec, on, grade, (0.0, 1.0), off=off)


def classes_of_series(rows: int, seed=1) -> dict[str, np.ndarray]:
    """Every kind of input, none and all on among them: currents over three decades."""
    rng, position = np.random.default_rng(seed), np.arange(rows)
    half = (rng.random((20, rows)) < 0.5).astype(float)
    sizes = [size for size in (2, 3, rows // 4, rows // 2) if 0 < size < rows]
    starts = [(size, first) for size in sizes for first in range(0, rows - size + 1, 2)]
    return {
        "half": half,
        "sparse": (rng.random((30, rows)) < 0.1).astype(float),
        "near": half * (position >= rows // 2),
        "far": half * (position < rows // 2),
        "blocks": np.array([(first <= position) & (position < first + size) for size, first in starts], dtype=float),
        "single": np.eye(rows),
        "none": np.zeros((1, rows)),
        "all": np.ones((1, rows)),
    }
