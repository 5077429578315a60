"""Specifications, matrices and inputs on which no model or search was developed, to hold worst cases against."""

import numpy as np

from circuitsim.spec import ArraySpec, parse_spec


def _array(rows, cols, cell="1t1r", device="rram_sinh", g_max=1e-4, v_gate=1.8, **sections) -> ArraySpec:
    data = {
        "schema": 1,
        "array": {"rows": rows, "cols": cols, "cell": cell},
        "device": {"model": device, "g_min": 1e-6, "g_max": g_max} | sections.get("device", {}),
        "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": v_gate},
        "wire": {"r_row": 2.0, "r_col": 2.0} | sections.get("wire", {}),
        "driver": {"v_read": 0.2, "r_out": 50} | sections.get("driver", {}),
        "sense": sections.get("sense", {}),
    }
    if cell == "1r":
        del data["access"]
    return parse_spec(data)


TEN_OHM = {"r_row": 10.0, "r_col": 10.0}
SPECIFICATIONS = {
    "16x16, 2 ohm": _array(16, 16),
    "48x96, 5 ohm": _array(48, 96, wire={"r_row": 5.0, "r_col": 5.0}),
    "pairs 16x32": _array(16, 32, "2t2r", wire=TEN_OHM),
    "64x64, 10 ohm": _array(64, 64, wire=TEN_OHM),
    "64x64, 10 ohm, 200 uS": _array(64, 64, g_max=2e-4, wire=TEN_OHM),
    "1R 32x32": _array(32, 32, "1r", wire=TEN_OHM),
    "weak gate 32x32": _array(32, 32, v_gate=1.0, wire=TEN_OHM),
    "both ends and top 40x30": _array(40, 30, wire=TEN_OHM | {"row_drive": "both", "col_sense": "top"}),
    "0.4 V 32x48": _array(32, 48, driver={"v_read": 0.4}),
    "reference 24x40": _array(24, 40, wire=TEN_OHM, sense={"v_ref": 0.1, "r_in": 50}),
}

MATRICES = (
    "dense",
    "sparse",
    "gaussian pairs",
    "rising along the rows",
    "rising along the columns",
    "some hot columns",
    "some hot rows",
    "blocks",
    "two levels by row",
    "low rank",
    "mostly high",
    "band",
)
INPUTS = (
    "near rows",
    "far rows",
    "rectified gaussian",
    "ramp",
    "half of full scale",
    "stripes",
    "dense",
    "few rows",
    "weak",
    "two blocks",
    "most rows",
    "beta",
)
EACH = 6  # vectors of each kind of input


def fresh_matrix(kind: str, spec: ArraySpec, rng: np.random.Generator) -> np.ndarray:
    """Sample conductances (rows, cols) [S] of one of `MATRICES`."""
    rows, cols = spec.shape
    low, high = spec.device.g_min, spec.device.g_max
    return np.clip(low + (high - low) * _weights(kind, rows, cols, rng), low, high)


def _weights(kind: str, rows: int, cols: int, rng: np.random.Generator) -> np.ndarray:
    shape, along, across = (rows, cols), np.linspace(0, 1, rows)[:, None], np.linspace(0, 1, cols)
    if kind == "gaussian pairs":
        weight = np.repeat(rng.normal(0, 0.35, (rows, cols // 2)), 2, axis=1)
        sign = np.where(np.arange(2 * (cols // 2)) % 2, -1, 1)
        return np.hstack([np.clip(weight * sign, 0, 1), np.zeros((rows, cols % 2))])
    places = rng.choice(cols, max(1, cols // 12), replace=False)
    return {
        "dense": lambda: rng.uniform(0.8, 1, shape),
        "sparse": lambda: rng.uniform(0.5, 1, shape) * (rng.random(shape) < 0.05),
        "rising along the rows": lambda: across * rng.uniform(0.9, 1, shape),
        "rising along the columns": lambda: along * rng.uniform(0.9, 1, shape),
        "some hot columns": lambda: np.isin(np.arange(cols), places) * rng.uniform(0.8, 1, shape),
        "some hot rows": lambda: (rng.random((rows, 1)) < 0.15) * rng.uniform(0.8, 1, shape),
        "blocks": lambda: np.kron(rng.random((4, 4)) < 0.4, np.ones((-(-rows // 4), -(-cols // 4))))[:rows, :cols],
        "two levels by row": lambda: np.where(rng.random((rows, 1)) < 0.5, 0.1, 0.7) * np.ones(shape),
        "low rank": lambda: np.clip(rng.random((rows, 2)) @ rng.random((2, cols)) / 1.5, 0, 1),
        "mostly high": lambda: 1 - rng.random(shape) * (rng.random(shape) < 0.3),
        "band": lambda: np.clip(1 - 4 * np.abs(along - across), 0, 1),
    }[kind]()


def fresh_inputs(kind: str, spec: ArraySpec, rng: np.random.Generator) -> np.ndarray:
    """Sample inputs (EACH, rows) [V] of one of `INPUTS`."""
    rows, v_read = spec.array.rows, spec.driver.v_read
    shape, place = (EACH, rows), np.arange(rows)
    if spec.wire.col_sense == "top":
        place = place[::-1]
    count = rng.integers(1, rows + 1, (EACH, 1))
    share = {
        "near rows": lambda: place >= rows - count,
        "far rows": lambda: place < count,
        "rectified gaussian": lambda: np.clip(rng.normal(0.1, 0.35, shape), 0, 1),
        "ramp": lambda: np.abs(place / max(rows - 1, 1) - rng.integers(0, 2, (EACH, 1))),
        "half of full scale": lambda: np.full(shape, 0.5) * (rng.random(shape) < 0.9),
        "stripes": lambda: (place // rng.integers(1, 9, (EACH, 1))) % 2,
        "dense": lambda: rng.uniform(0.7, 1, shape),
        "few rows": lambda: rng.random(shape) < 2 / rows,
        "weak": lambda: rng.uniform(0, 0.25, shape),
        "two blocks": lambda: np.abs(place - count) < rows / 4,
        "most rows": lambda: rng.random(shape) < 0.92,
        "beta": lambda: rng.beta(0.4, 0.4, shape),
    }[kind]()
    return spec.sense.v_ref + v_read * np.asarray(share, dtype=float)
