"""Wires with a value per segment, tapers and temperature: ngspice against an independent dense solution."""

from itertools import pairwise

import numpy as np
from netlist_cases import currents, dense_currents, passive
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim import netlist
from circuitsim.spec import ArraySpec


def dense(spec: ArraySpec, g: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Currents (cols,) of an ohmic array for one input, from the segments the test names itself."""
    rows, cols = spec.shape
    r_row, r_col = np.array(spec.wire.r_row), np.array(spec.wire.r_col)
    row = lambda a, b: f"in{a}" if b < 0 else f"r{a}_{b}"  # noqa: E731
    col = lambda a, b: f"out{b}" if a == rows else f"c{a}_{b}"  # noqa: E731
    branches = []
    for a in range(rows):
        for b in range(cols):
            branches.append((row(a, b - 1), row(a, b), 1 / r_row[a, b]))
            branches.append((col(a, b), col(a + 1, b), 1 / r_col[a, b]))
            branches.append((row(a, b), col(a, b), g[a, b]))
    held = {f"in{a}": x[a] for a in range(rows)} | {f"out{b}": 0.0 for b in range(cols)}
    return dense_currents(branches, held, [f"out{b}" for b in range(cols)])


def test_every_segment_has_its_own_resistance():
    rng = np.random.default_rng(8)
    g, x = 10 ** rng.uniform(-5, -3, (5, 4)), rng.uniform(-1, 1, 5)
    spec = passive(5, 4, 1.0, 1.0).replace(
        wire={"r_row": rng.uniform(1, 50, (5, 4)), "r_col": rng.uniform(1, 50, (5, 4))}
    )
    assert_allclose(currents(spec, g, x[None])[0], dense(spec, g, x), rtol=1e-9, atol=0)


def test_capacitance_array_reaches_its_cells():
    c = np.array([[0.0, 1e-15, 2e-15], [3e-15, 4e-15, 5e-15]])
    deck = netlist.crossbar(passive(2, 3, 1.0, 1.0, c_row=c), np.full((2, 3), 1e-4), [[0.1, 0.1]]).text
    assert "cbl_1_2 bl_1_2 0 5e-15" in deck
    assert "cbl_0_0" not in deck


def test_taper_reduces_the_error_for_the_same_metal():
    """A wire carries most current at its driven end: width is worth most there."""
    g, x = np.full((16, 16), 1e-4), np.ones((1, 16))
    error = []
    for taper in (0.0, 0.3, 0.6):
        out = currents(passive(16, 16, 10.0, 10.0, taper_row=taper, taper_col=taper), g, x)[0]
        error.append(1 - out.mean() / (16 * 1e-4))
    # Small errors of a continuous ladder: the mean drop is the integral of (1 − s)²/w(s), 0.880 and 0.802 of that of
    # an even wire for these tapers; the array's errors are not small.
    assert error[1] < 0.95 * error[0]
    assert error[2] < 0.92 * error[0]


def test_temperature_coefficient_reaches_the_wires():
    g, x = np.full((4, 4), 1e-3), np.ones((1, 4))
    warm = passive(4, 4, 5.0, 5.0, tc_row=0.004, tc_col=0.002).replace(array={"temperature_c": 77})
    assert_allclose(currents(warm, g, x), currents(passive(4, 4, 6.0, 5.5), g, x), rtol=1e-12, atol=0)


def strapped(rows, cols, **wire):
    strap = {"every": 3, "r": 0.5, "r_via": 4.0}
    spec = passive(rows, cols, 50.0, 20.0, row_drive="both", driver={"r_out": 30.0}, **wire)
    return spec.replace(wire={"strap_row": strap, "strap_col": {**strap, "every": 2}})


def test_straps_agree_with_a_dense_solution():
    rows, cols = 4, 7
    rng = np.random.default_rng(9)
    g, x = 10 ** rng.uniform(-5, -3, (rows, cols)), rng.uniform(-1, 1, rows)
    branches = []
    for a in range(rows):
        line = [f"l{a}", *(f"r{a}_{b}" for b in range(cols)), f"e{a}"]
        branches += [(f"in{a}", f"l{a}", 1 / 30), (f"in{a}", f"e{a}", 1 / 30)]
        branches += [(p, q, 1 / 50) for p, q in pairwise(line)]
        taps = [0, 3, 6, 8]
        branches += [(line[k], f"strap{line[k]}", 1 / 4) for k in taps]
        pairs = pairwise(taps)
        branches += [(f"strap{line[j]}", f"strap{line[k]}", 1 / (0.5 * (k - j))) for j, k in pairs]
    for b in range(cols):
        line = [*(f"c{a}_{b}" for a in range(rows)), f"out{b}"]
        branches += [(p, q, 1 / 20) for p, q in pairwise(line)]
        taps = [1, 3, 4]
        branches += [(line[k], f"strap{b}_{k}", 1 / 4) for k in taps]
        pairs = pairwise(taps)
        branches += [(f"strap{b}_{j}", f"strap{b}_{k}", 1 / (0.5 * (k - j))) for j, k in pairs]
    branches += [(f"r{a}_{b}", f"c{a}_{b}", g[a, b]) for a in range(rows) for b in range(cols)]
    held = {f"in{a}": x[a] for a in range(rows)} | {f"out{b}": 0.0 for b in range(cols)}
    expected = dense_currents(branches, held, [f"out{b}" for b in range(cols)])
    assert_allclose(currents(strapped(rows, cols), g, x[None])[0], expected, rtol=1e-8, atol=0)


def test_straps_at_level_nodal():
    rng = np.random.default_rng(9)
    g, x = 10 ** rng.uniform(-5, -3, (4, 7)), rng.uniform(-1, 1, (2, 4))
    assert_allclose(cs.solve(strapped(4, 7), g, x).out, currents(strapped(4, 7), g, x), rtol=1e-8, atol=0)
