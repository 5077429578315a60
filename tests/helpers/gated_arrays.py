"""Small arrays whose inputs switch gates, with a cell that is a short polynomial: no simulator is needed."""

from dataclasses import replace

import numpy as np
from calibration_arrays import G_RANGE, surface

from circuitsim import chain
from circuitsim.results import TileModel
from circuitsim.spec import ArraySpec, parse_spec

LEAK = 1e-5  # of the current of a row that is on


def gated_spec(rows=24, cols=18, **parts) -> ArraySpec:
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1t1r", "input_line": "wl"},
            "device": {"model": "rram_sinh", "g_min": G_RANGE[0], "g_max": G_RANGE[1]},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 1.0, "r_col": 8.0, "r_bl": 8.0, "col_drive": "top"},
            "driver": {"v_read": 0.2},
        }
    )
    return spec.replace(**parts) if parts else spec


def gated_model(spec: ArraySpec, grade=2, *, bend=0.1, leak=LEAK) -> TileModel:
    on = surface(bend)
    off = replace(on, forward=on.forward * leak, reverse=on.reverse * leak, i_max=on.i_max * leak)
    return TileModel(spec, on, grade, (0.0, 1.0), off=off)


def log_uniform(spec: ArraySpec, seed=0) -> np.ndarray:
    return 10 ** np.random.default_rng(seed).uniform(-6, -4, spec.shape)


def classes_of_inputs(rows: int, seed=1) -> dict[str, np.ndarray]:
    rng, position = np.random.default_rng(seed), np.arange(rows)
    half = (rng.random((20, rows)) < 0.5).astype(float)
    blocks = [(first <= position) & (position < first + rows // 4) for first in range(0, rows - rows // 4 + 1, 2)]
    return {
        "half": half,
        "most": (rng.random((20, rows)) < 0.8).astype(float),
        "sparse": (rng.random((20, rows)) < 0.1).astype(float),
        "near": half * (position >= rows // 2),
        "far": half * (position < rows // 2),
        "blocks": np.array(blocks, dtype=float),
        "single": np.eye(rows),
        "all": np.ones((1, rows)),
    }


def solved(model: TileModel, g: np.ndarray, x: np.ndarray):
    return chain.read_exact(chain.model_array(model, g), x)


LEVELS = (0.0, 0.6, 0.9, 1.2, 1.8)
STRENGTHS = (2e-3, 0.05, 0.3, 0.7, 1.0)
"""Of the current of a row that is fully on, at each of `LEVELS`; the lowest leaks enough to be seen."""


def level_spec(rows=24, cols=18, levels=LEVELS, **parts) -> ArraySpec:
    return gated_spec(rows, cols).replace(driver={"v_read": 0.2, "gate_levels": levels}, **parts)


def level_model(spec: ArraySpec, grade=2, strengths=STRENGTHS) -> TileModel:
    """Cells that bend the more the less they carry, as transistors near their threshold do."""
    laws = []
    for strength in strengths:
        on = surface(0.1 + 0.1 * (1 - strength))
        laws.append(
            replace(on, forward=on.forward * strength, reverse=on.reverse * strength, i_max=on.i_max * strength)
        )
    off, *between, on = laws
    return TileModel(spec, on, grade, (0.0, 1.0), off=off, between=tuple(between))


def classes_of_levels(rows: int, last: int, seed=2) -> dict[str, np.ndarray]:
    rng, position = np.random.default_rng(seed), np.arange(rows)
    drawn = rng.integers(0, last + 1, (20, rows))
    blocks = np.array([(first <= position) & (position < first + rows // 4) for first in range(0, rows, rows // 4)])
    found = {
        "levels": drawn,
        "sparse": drawn * (rng.random(drawn.shape) < 0.2),
        "near": drawn * (position >= rows // 2),
        "far": drawn * (position < rows // 2),
        "one level": np.arange(last + 1)[:, None] * np.ones(rows),
        "blocks": np.concatenate([blocks * level for level in range(1, last + 1)]),
        "steps": np.where(blocks, last, 1),
    }
    return {name: x / last for name, x in found.items()}
