"""Uniform arrays have closed forms: ngspice must return them to 1e-6."""

import numpy as np
import pytest
from netlist_cases import currents, passive
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import netlist, spice


def uniform_array(rows, cols, r_cell, v, r_row, r_col):
    """Output currents (cols,) [A] and row voltages (rows, cols) [V] of equal cells and inputs, from the sine expansion
    of the two-dimensional ladder with one segment at each end."""
    p, q = np.arange(1, cols + 1), np.arange(1, rows + 1)
    alpha = 2 - 2 * np.cos((2 * p - 1) * np.pi / (2 * cols + 1))
    beta = 2 - 2 * np.cos((2 * q - 1) * np.pi / (2 * rows + 1))
    a, c = r_row / r_cell, r_col / r_cell
    j, i = np.arange(1, cols + 1)[:, None], np.arange(1, rows + 1)[:, None]
    phi = 2 / np.sqrt(2 * cols + 1) * np.sin((2 * p - 1) * np.pi * j / (2 * cols + 1))
    psi = 2 / np.sqrt(2 * rows + 1) * np.cos((2 * q - 1) * np.pi * (i - 0.5) / (2 * rows + 1))
    drive = np.outer(psi.sum(axis=0), v * phi[0])
    row = drive * (beta[:, None] + c) / ((alpha + a) * (beta[:, None] + c) - a * c)
    col = c * row / (beta[:, None] + c)
    return (psi @ col @ phi.T)[-1] / r_col, psi @ row @ phi.T


@pytest.mark.parametrize(("rows", "cols", "r_row", "r_col"), [(8, 5, 1.0, 3.0), (5, 8, 40.0, 7.0), (16, 16, 2.5, 2.5)])
def test_two_dimensional_array(rows, cols, r_row, r_col):
    expected, v_row = uniform_array(rows, cols, 1e3, 0.7, r_row, r_col)
    deck = netlist.crossbar(passive(rows, cols, r_row, r_col), np.full((rows, cols), 1e-3), [[0.7] * rows], nodes=True)
    raw = spice.run(deck)
    assert_allclose(raw.columns(deck.i_out)[0], expected, rtol=1e-6, atol=0)
    assert_allclose(raw.columns(deck.v_row)[0], v_row.ravel(), rtol=1e-6, atol=0)


def test_array_of_64_by_64():
    out = currents(passive(64, 64, 2.5, 2.5), np.full((64, 64), 1e-4), np.ones((1, 64)))[0]
    ideal = 64 * 1e-4
    remaining = [out[0] / ideal, out[-1] / ideal, out.mean() / ideal]
    assert_allclose(remaining, 1 - np.array([0.254410134459, 0.471201549348, 0.399633905576]), rtol=1e-6, atol=0)


def test_row_ladder():
    cols, r, r_cell = 9, 30.0, 1e3
    theta = 2 * np.arcsinh(np.sqrt(r / r_cell) / 2)
    k = np.arange(1, cols + 1)
    expected = 0.5 * np.cosh((cols + 0.5 - k) * theta) / np.cosh((cols + 0.5) * theta) / r_cell
    out = currents(passive(1, cols, r, 0.0), np.full((1, cols), 1 / r_cell), [[0.5]])[0]
    assert_allclose(out, expected, rtol=1e-6, atol=0)


def test_column_ladder():
    rows, r, r_cell = 9, 30.0, 1e3
    theta = 2 * np.arcsinh(np.sqrt(r / r_cell) / 2)
    expected = 0.5 / r_cell * np.sinh(rows * theta) / (2 * np.sinh(theta / 2) * np.cosh((rows + 0.5) * theta))
    out = currents(passive(rows, 1, 0.0, r), np.full((rows, 1), 1 / r_cell), [[0.5] * rows])[0]
    assert_allclose(out, [expected], rtol=1e-6, atol=0)


# Mean relative error of an array without a row segment before the first cell, R = 1 kohm, 0.7 V.
# Source: repository anddudkin/crossbar-microcap; its ngspice, dense and sparse solutions agree.
NO_FIRST_SEGMENT = [
    (4, 1.0, 0.0, 0.010870116366213465),
    (4, 100.0, 0.0, 0.5085594412708387),
    (16, 10.0, 0.0, 0.6089815953549849),
    (64, 1.0, 0.0, 0.7068206243355548),
    (8, 10.0, 0.0, 0.2937014320682819),
    (8, 10.0, 10.0, 0.3316534018245552),
    (8, 10.0, 100.0, 0.5492351814804354),
    (64, 10.0, 100.0, 0.9648693253243179),
]


@pytest.mark.parametrize(("n", "r", "r_end", "mean_error"), NO_FIRST_SEGMENT)
def test_no_first_segment_and_sense_resistance(n, r, r_end, mean_error):
    """By the array solver, and by ngspice where a deck does not take seconds."""
    spec = passive(n, n, r, r, first_row_segment=False).replace(sense={"r_in": r_end})
    g, x = np.full((n, n), 1e-3), np.full((1, n), 0.7)
    out = cs.solve(spec, g, x).out[0]
    assert_allclose(out.mean() / (n * 0.7e-3), 1 - mean_error, rtol=1e-6, atol=0)
    if n < 64:
        assert_allclose(currents(spec, g, x)[0], out, rtol=1e-8, atol=0)


# The same with an ideal repeater at every cell of the row: only the columns have resistance.
@pytest.mark.parametrize(
    ("n", "r", "mean_error"),
    [(4, 1.0, 0.00743900506321069), (4, 100.0, 0.4134486115618186), (16, 10.0, 0.45004777775321436)],
)
def test_ideal_rows(n, r, mean_error):
    out = currents(passive(n, n, 0.0, r), np.full((n, n), 1e-3), np.full((1, n), 0.7))[0]
    assert_allclose(out.mean() / (n * 0.7e-3), 1 - mean_error, rtol=1e-6, atol=0)
