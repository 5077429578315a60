"""Measures of one's own: what one column loses (`position.toml`), and what inputs on gates lose (`input_line.toml`)."""

from typing import Literal

import numpy as np

import circuitsim as cs


def column_error(spec, rng, *, column: float = 1.0, rows: Literal["near", "all", "far"] = "all"):
    """Current that wires and transistors take from a column, relative to what it would be without them.

    Args:
        spec: The array.
        rng: Source of all randomness.
        column: Place of the column along the row, from 0 to 1.
        rows: "near" drives the quarter of the rows next to the sense amplifiers, "far" the other end, "all" every row.
    """
    count, j = spec.array.rows, round(column * (spec.array.cols - 1))
    quarter, place = count // 4, np.arange(count)
    driven = {"near": place >= count - quarter, "far": place < quarter, "all": place >= 0}[rows]
    g = rng.uniform(spec.device.g_min, spec.device.g_max, spec.shape)
    x = rng.uniform(0, spec.driver.v_read, (8, count)) * driven
    out = cs.solve(spec, g, x, level="nodal").out[:, j]
    return {"lost": (float(1 - np.mean(out / (x @ g)[:, j])), "1")}


def error_by_input(spec, rng, *, input_line: Literal["bl", "wl"] = "bl"):
    """Error of inputs that are on or off, a half of them on, given to bit lines or to gates.

    Args:
        spec: The array with inputs on its bit lines; on gates its bit lines get the resistance of its columns.
        rng: Source of all randomness.
        input_line: "bl" or "wl".

    The error is relative to the largest output, after the one factor that fits the ideal product best: transistors in
    series make every current smaller, which a range of the ADC takes up.
    """
    on = rng.random((8, spec.array.rows)) < 0.5
    g = rng.uniform(spec.device.g_min, spec.device.g_max, spec.shape)
    if input_line == "wl":
        spec = spec.replace(array={"input_line": "wl"}, wire={"r_bl": spec.wire.r_col})
    ideal = on * spec.driver.v_read @ g
    out = cs.solve(spec, g, on * (1.0 if input_line == "wl" else spec.driver.v_read), level="nodal").out
    error = ideal * (np.sum(out * ideal) / np.sum(ideal**2)) - out
    return {"rms": (float(np.sqrt(np.mean(error**2)) / np.abs(out).max()), "1")}
