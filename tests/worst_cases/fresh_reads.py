"""Matrices and inputs on which no model or search was developed, to hold worst cases against."""

import numpy as np
from arrays import Declared

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


def fresh_matrix(kind: str, declared: Declared, rng: np.random.Generator) -> np.ndarray:
    """Sample conductances (rows, cols) [S] of one of `MATRICES`."""
    rows, cols = declared.spec.shape
    low, high = declared.spec.device.g_min, declared.spec.device.g_max
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


def fresh_inputs(kind: str, declared: Declared, rng: np.random.Generator) -> np.ndarray:
    """Sample inputs (EACH, rows) [V] of one of `INPUTS`; half of the vectors with mixed signs where allowed."""
    rows = declared.spec.array.rows
    shape, place = (EACH, rows), np.arange(rows)
    if declared.spec.wire.col_sense == "top":
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
    sign = np.ones(shape)
    if declared.v_range[0] < declared.spec.sense.v_ref:
        sign[::2] = rng.choice([-1.0, 1.0], sign[::2].shape)
    return declared.reads(sign * np.asarray(share, dtype=float))
