"""Laws that hold for every passive array, whatever its size, wires and conductances."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.spec import WireGrid, parse_spec


@st.composite
def arrays(draw, merged=False):
    """Conductances, per-segment wires driven and sensed at random ends, and two input vectors."""
    rows, cols = draw(st.integers(1, 9)), draw(st.integers(1, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    g = 10 ** rng.uniform(-6, -4, (rows, cols))
    g[rng.random((rows, cols)) < draw(st.sampled_from([0.0, 0.2]))] = 0.0
    scale = draw(st.sampled_from([0.1, 5.0, 300.0]))
    grid = WireGrid(
        scale * rng.uniform(0.5, 2, (rows, cols + 1)),
        scale * rng.uniform(0.5, 2, (rows + 1, cols)),
        draw(st.sampled_from([0.0, 70.0])),
        draw(st.sampled_from([0.0, 90.0])),
    )
    left, right = draw(st.sampled_from([(1, 0), (0, 1), (1, 1)]))
    top, bottom = draw(st.sampled_from([(1, 0), (0, 1), (1, 1)]))
    for used, ends in (
        (left, grid.r_row[:, 0]),
        (right, grid.r_row[:, -1]),
        (top, grid.r_col[0]),
        (bottom, grid.r_col[-1]),
    ):
        if not used:
            ends[:] = np.inf
    if merged:
        for r in (grid.r_row, grid.r_col):
            r[(rng.random(r.shape) < 0.3) & np.isfinite(r)] = 0.0
    return g, grid, rng.uniform(-0.2, 0.2, (2, rows))


def prepared(g, grid):
    rows, cols = g.shape
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.2},
        }
    )
    return nodal.prepare(spec, g, wires=grid)


def close(actual, expected, tolerance=1e-8):
    # Signed sums cancel, so currents are compared on the scale of the largest one.
    assert np.abs(actual - expected).max() <= tolerance * np.abs(expected).max() + 1e-18


@given(arrays(merged=True))
@settings(max_examples=100, deadline=None)
def test_sweeps_and_factor_agree(array):
    g, grid, v_in = array
    found = nodal.read(prepared(g, grid), v_in, tol=1e-11, nodes=True)
    close(found.out, nodal.solve_linear(nodal.linear_array(grid, g), v_in).i_out)


@given(arrays(merged=True))
@settings(max_examples=40, deadline=None)
def test_current_and_power_balance(array):
    g, grid, v_in = array
    found = nodal.read(prepared(g, grid), v_in, nodes=True, tol=1e-11)
    floor = 1e-18
    if not g.any():  # no cell conducts: what is left is the rounding of two equal voltages across a segment
        segments = np.concatenate([grid.r_row.ravel(), grid.r_col.ravel(), [grid.r_driver, grid.r_sense]])
        floor += 4 * np.finfo(float).eps * np.abs(v_in).max() / segments[segments > 0].min(initial=1.0)
    assert_allclose(
        found.i_row.sum(axis=1), found.out.sum(axis=1), rtol=0, atol=1e-8 * np.abs(found.i_row).max() + floor
    )
    assert np.all(found.power >= -1e-18)
    burnt = (found.i_cell * (found.v_row - found.v_col)).sum(axis=(1, 2))
    assert np.all(burnt <= found.power * (1 + 1e-8) + 1e-18)


@given(arrays(merged=True))
@settings(max_examples=40, deadline=None)
def test_reciprocity(array):
    """Driving the columns and sensing the rows gives the transposed matrix."""
    g, grid, _ = array
    turned = WireGrid(grid.r_col.T.copy(), grid.r_row.T.copy(), grid.r_sense, grid.r_driver)
    w, w_turned = nodal.transfer(grid, g).w, nodal.transfer(turned, g.T.copy()).w
    close(w_turned, w.T)


@given(arrays(), st.floats(0.1, 10.0))
@settings(max_examples=30, deadline=None)
def test_scaling_every_conductance_scales_every_current(array, factor):
    g, grid, v_in = array
    scaled = WireGrid(grid.r_row / factor, grid.r_col / factor, grid.r_driver / factor, grid.r_sense / factor)
    before = nodal.solve_linear(nodal.linear_array(grid, g), v_in).i_out
    close(nodal.solve_linear(nodal.linear_array(scaled, factor * g), v_in).i_out, factor * before)


@given(arrays(merged=True))
@settings(max_examples=30, deadline=None)
def test_no_output_exceeds_the_ideal_product(array):
    """With inputs of one sign, wires only take away from a column's sum over all inputs."""
    g, grid, v_in = array
    out = nodal.solve_linear(nodal.linear_array(grid, g), np.abs(v_in)).i_out
    ideal = np.abs(v_in).max(axis=1, keepdims=True) * g.sum(axis=0)
    assert np.all(out >= -1e-18)
    assert np.all(out.sum(axis=1) <= ideal.sum(axis=1) * (1 + 1e-9) + 1e-18)


@given(arrays())
@settings(max_examples=20, deadline=None)
def test_node_voltages_lie_between_the_terminals(array):
    g, grid, v_in = array
    found = nodal.read(prepared(g, grid), v_in, nodes=True, tol=1e-11)
    low, high = np.minimum(v_in.min(axis=1), 0.0), np.maximum(v_in.max(axis=1), 0.0)
    for v in (found.v_row, found.v_col):
        assert np.all(v >= low[:, None, None] - 1e-9)
        assert np.all(v <= high[:, None, None] + 1e-9)
