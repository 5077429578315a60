"""Random matrices and inputs from which a search also starts: for mechanisms that no family knows."""

import numpy as np

from circuitsim.calibration.box import Box
from circuitsim.calibration.level_inputs import draw_levels, last_level

STARTS = ("outer product", "uniform", "log uniform", "blocks", "binary")
"""Kinds of matrices, in the order in which a search takes them."""


def random_matrix(kind: str, box: Box, rng: np.random.Generator) -> np.ndarray:
    """Sample conductances (rows, cols) [S] of one of `STARTS`."""
    shape = rows, cols = box.spec.shape
    if kind == "log uniform":
        low, high = box.spec.device.g_min, box.spec.device.g_max
        return np.clip(np.exp(rng.uniform(np.log(low), np.log(high), shape)), low, high)
    if kind == "outer product":
        pattern = np.outer(rng.random(rows) < rng.random(), rng.random(cols) < rng.random())
    elif kind == "blocks":
        pattern = np.outer(_stripes(rows, rng), np.ones(cols)) * np.outer(np.ones(rows), _stripes(cols, rng))
    elif kind == "binary":
        pattern = rng.random(shape) < rng.uniform(0.1, 0.9)
    else:
        pattern = rng.random(shape)
    return box.conductances(np.asarray(pattern, dtype=float))


def random_inputs(box: Box, rng: np.random.Generator, *, each: int) -> np.ndarray:
    """Sample inputs (3 · each, rows) [V]: any voltage; sparse; the ends of the range and rest alone.

    On gates 10, 50 or 80 % of the rows are on, or rows are at levels of theirs.
    """
    shape = (each, box.spec.array.rows)
    rest = box.rest
    if box.switched and last_level(box.spec) > 1:
        kinds = ("levels", "sparse_levels", "steps")
        return np.concatenate([draw_levels(kind, each, box.spec, rng) for kind in kinds])
    if box.switched:
        shares = rng.choice([0.1, 0.5, 0.8], (3 * each, 1))
        return np.where(rng.random((3 * each, box.spec.array.rows)) < shares, box.v_high, rest)
    anything = rng.uniform(box.v_low, box.v_high, (2, *shape))
    sparse = np.where(rng.random(shape) < 0.15, anything[1], rest)
    ends = rng.choice(np.unique([box.v_low, rest, box.v_high]), shape)
    return np.concatenate([anything[0], sparse, ends])


def _stripes(count: int, rng: np.random.Generator) -> np.ndarray:
    """Return 0 or 1 along a wire, in stripes of random widths."""
    return (np.cumsum(rng.random(count) < min(1.0, 4 / count)) + rng.integers(2)) % 2.0
