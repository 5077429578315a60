"""Linear arrays against stored circuit solutions and closed forms (no SPICE needed)."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim.errors import InputError
from circuitsim.nodal import linear_array, solve_adjoint, solve_linear, transfer
from circuitsim.spec import WireGrid

QUCS = json.loads((Path(__file__).parents[2] / "data" / "badcrossbar_qucs.json").read_text())["cases"]


def wires(rows, cols, r_row, r_col, *, left=True, right=False, top=False, bottom=True, **ends):
    """Equal segments, with one at each end in use."""
    along_row, along_col = np.full((rows, cols + 1), float(r_row)), np.full((rows + 1, cols), float(r_col))
    for used, line in (
        (left, along_row[:, 0]),
        (right, along_row[:, -1]),
        (top, along_col[0]),
        (bottom, along_col[-1]),
    ):
        if not used:
            line[:] = np.inf
    return WireGrid(along_row, along_col, **ends)


@pytest.mark.parametrize("name", sorted(QUCS))
def test_every_branch_of_the_stored_qucs_solutions(name):
    case = QUCS[name]
    r = np.array([[np.inf if value is None else value for value in row] for row in case["resistances"]])
    v_in = np.array([case["v_in"]])
    found = solve_linear(linear_array(wires(*r.shape, case["r_word_line"], case["r_bit_line"]), 1 / r), v_in)
    # Solutions are stored to 16 digits, so a sum of currents that cancels carries the largest one's rounding.
    rounding = 1e-14 * np.abs(v_in).max(initial=0.0)
    assert_allclose(found.i_out[0], case["i_out"], rtol=1e-10, atol=rounding)
    i_cell = (found.v_row - found.v_col) / r
    for stored, value in (("i_device", i_cell), ("v_word_line", found.v_row), ("v_bit_line", found.v_col)):
        if case.get(stored) is not None:
            assert_allclose(value[0], case[stored], rtol=1e-10, atol=rounding)
    if case.get("i_word_line") is not None:
        along = np.cumsum(i_cell[:, :, ::-1], axis=2)[:, :, ::-1]
        assert_allclose(along[0], case["i_word_line"], rtol=1e-10, atol=rounding)
    if case.get("i_bit_line") is not None:
        assert_allclose(np.cumsum(i_cell, axis=1)[0], case["i_bit_line"], rtol=1e-10, atol=rounding)


def test_row_ladder_with_ideal_columns():
    n, r, cell = 40, 3.0, 500.0
    theta = 2 * np.arcsinh(np.sqrt(r / cell) / 2)
    found = solve_linear(linear_array(wires(1, n, r, 0.0), np.full((1, n), 1 / cell)), np.array([[0.7]]))
    k = np.arange(1, n + 1)
    assert_allclose(found.v_row[0, 0], 0.7 * np.cosh((n + 0.5 - k) * theta) / np.cosh((n + 0.5) * theta), rtol=1e-10)
    r_in = r * np.cosh((n + 0.5) * theta) / (2 * np.sinh(theta / 2) * np.sinh(n * theta))
    assert_allclose(found.i_row[0, 0], 0.7 / r_in, rtol=1e-10)


def test_column_ladder_with_ideal_rows():
    n, r, cell = 40, 3.0, 500.0
    theta = 2 * np.arcsinh(np.sqrt(r / cell) / 2)
    found = solve_linear(linear_array(wires(n, 1, 0.0, r), np.full((n, 1), 1 / cell)), np.full((1, n), 0.7))
    expected = 0.7 / cell * np.sinh(n * theta) / (2 * np.sinh(theta / 2) * np.cosh((n + 0.5) * theta))
    assert_allclose(found.i_out[0, 0], expected, rtol=1e-10)


@pytest.mark.parametrize("r_end", [0.0, 7.0])
def test_star_of_cells_with_their_own_wire(r_end):
    n, r, cell = 12, 5.0, 300.0
    # One column, row k reached through k segments: per-segment resistances, ideal column.
    grid = wires(n, 1, 0.0, 0.0, r_sense=r_end)
    grid.r_row[:, 0] = r * np.arange(1, n + 1)
    found = solve_linear(linear_array(grid, np.full((n, 1), 1 / cell)), np.ones((1, n)))
    s = np.sum(1 / (cell + r * np.arange(1, n + 1)))
    assert_allclose(found.i_out[0, 0], s / (1 + s * r_end), rtol=1e-12)


@pytest.mark.parametrize(
    ("r", "cell", "n", "expected"),
    [
        (1.0, 1e3, 4, 0.010870116366213465),
        (100.0, 1e3, 4, 0.5085594412708387),
        (10.0, 1e3, 16, 0.6089815953549849),
        (1.0, 1e3, 64, 0.7068206243355548),
    ],
)
def test_mean_error_without_a_first_row_segment(r, cell, n, expected):
    grid = wires(n, n, r, r)
    grid.r_row[:, 0] = 0.0
    found = solve_linear(linear_array(grid, np.full((n, n), 1 / cell)), np.full((1, n), 0.7))
    assert_allclose(1 - found.i_out.mean() / (n * 0.7 / cell), expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("n", "r_end", "expected"),
    [
        (8, 0.0, 0.2937014320682819),
        (8, 10.0, 0.3316534018245552),
        (8, 100.0, 0.5492351814804354),
        (64, 0.0, 0.9504914413952927),
        (64, 10.0, 0.9526392352880622),
        (64, 100.0, 0.9648693253243179),
    ],
)
def test_sense_resistance(n, r_end, expected):
    grid = wires(n, n, 10.0, 10.0, r_sense=r_end)
    grid.r_row[:, 0] = 0.0
    found = solve_linear(linear_array(grid, np.full((n, n), 1e-3)), np.full((1, n), 0.7))
    assert_allclose(1 - found.i_out.mean() / (n * 0.7e-3), expected, rtol=1e-10)


def test_without_wires_the_array_is_the_matrix_product():
    rng = np.random.default_rng(0)
    g, v = 10 ** rng.uniform(-6, -4, (7, 5)), rng.uniform(-0.2, 0.2, (3, 7))
    found = solve_linear(linear_array(wires(7, 5, 0.0, 0.0), g), v)
    assert_allclose(found.i_out, v @ g, rtol=1e-12, atol=1e-12 * 0.2 * 1e-4)  # signed sums cancel


def test_driving_both_ends_halves_nothing_but_the_wire():
    """By symmetry a row driven at both ends is two halves driven at one end."""
    n, r = 10, 4.0
    g = np.full((1, n), 1e-3)
    both = solve_linear(linear_array(wires(1, n, r, 0.0, right=True, r_driver=20.0), g), np.array([[0.5]]))
    half = solve_linear(linear_array(wires(1, n // 2, r, 0.0, r_driver=20.0), g[:, : n // 2]), np.array([[0.5]]))
    assert_allclose(both.i_out[0, : n // 2], half.i_out[0], rtol=1e-12)
    assert_allclose(both.i_row, 2 * half.i_row, rtol=1e-12)


@pytest.mark.parametrize("mirror", ["rows", "cols", "both"])
def test_mirrored_ends_are_the_mirrored_array(mirror):
    rng = np.random.default_rng(2)
    g, v = 10 ** rng.uniform(-6, -4, (6, 9)), rng.uniform(0, 0.2, (2, 6))
    grid = WireGrid(rng.uniform(1, 5, (6, 10)), rng.uniform(1, 5, (7, 9)), 30.0, 40.0)
    grid.r_row[:, -1] = np.inf
    grid.r_col[0] = np.inf
    expected = solve_linear(linear_array(grid, g), v)
    r_row, r_col = grid.r_row, grid.r_col
    if mirror in ("cols", "both"):  # drive at the right
        g, r_row, r_col = g[:, ::-1], r_row[:, ::-1], r_col[:, ::-1]
    if mirror in ("rows", "both"):  # sense at the top
        g, r_row, r_col, v = g[::-1], r_row[::-1], r_col[::-1], v[:, ::-1]
    found = solve_linear(linear_array(WireGrid(r_row, r_col, 30.0, 40.0), g), v)
    i_out = found.i_out[:, ::-1] if mirror in ("cols", "both") else found.i_out
    assert_allclose(i_out, expected.i_out, rtol=1e-11)


def test_reference_voltage_shifts_the_inputs():
    rng = np.random.default_rng(3)
    array = linear_array(wires(5, 4, 2.0, 3.0, r_sense=10.0), 10 ** rng.uniform(-6, -4, (5, 4)))
    v = rng.uniform(0, 0.2, (2, 5))
    # 0.6 V on 0.5 S resolve 1e-16 A: 1e-10 of these outputs.
    assert_allclose(solve_linear(array, v + 0.6, 0.6).i_out, solve_linear(array, v).i_out, rtol=1e-10)


def test_parts_cut_off_by_open_segments_carry_nothing():
    g = np.full((3, 4), 1e-4)
    grid = wires(3, 4, 1.0, 1.0)
    grid.r_row[1] = np.inf  # no cell of row 1 is reached by a driver
    g[:, 2] = 0.0
    grid.r_col[2, 2] = np.inf  # and column 2 is cut, with open cells: a part without any path
    found = solve_linear(linear_array(grid, g), np.ones((1, 3)))
    assert np.all(np.isfinite(found.v_col))
    assert found.i_out[0, 2] == 0.0
    assert found.i_row[0, 1] == 0.0


def test_transfer_matrices_give_every_voltage_and_output():
    rng = np.random.default_rng(4)
    g, v = 10 ** rng.uniform(-6, -4, (6, 5)), rng.uniform(-0.2, 0.2, (3, 6))
    grid = wires(6, 5, 5.0, 9.0, r_driver=50.0, r_sense=100.0)
    matrices, found = transfer(grid, g), solve_linear(linear_array(grid, g), v)
    assert_allclose(v @ matrices.w, found.i_out, rtol=1e-10)
    assert_allclose(np.einsum("bk,kij->bij", v, matrices.row_voltage), found.v_row, rtol=1e-10)
    assert_allclose(np.einsum("bk,kij->bij", v, matrices.col_voltage), found.v_col, rtol=1e-10)


def test_adjoint_is_the_response_to_an_extra_cell_current():
    rng = np.random.default_rng(5)
    g = 10 ** rng.uniform(-5, -4, (4, 5))
    grid = wires(4, 5, 5.0, 9.0, r_driver=50.0, r_sense=100.0)
    v = rng.uniform(0.1, 0.2, (1, 4))
    weights = {
        "i_out": rng.normal(size=(1, 5)),
        "v_row": rng.normal(size=(1, 4, 5)),
        "v_col": rng.normal(size=(1, 4, 5)),
    }

    def functional(g):
        found = solve_linear(linear_array(grid, g), v)
        return sum(np.sum(weights[name] * getattr(found, name)) for name in weights)

    array = linear_array(grid, g)
    adjoint = solve_adjoint(array, **weights)[0]
    found = solve_linear(array, v)
    i, j, step = 2, 3, 1e-9
    more, less = g.copy(), g.copy()
    more[i, j] += step
    less[i, j] -= step
    per_current = (functional(more) - functional(less)) / (2 * step) / (found.v_row - found.v_col)[0, i, j]
    assert_allclose(adjoint[i, j], per_current, rtol=1e-6)
    assert_allclose(transfer(grid, g).output_per_current, solve_adjoint(array, i_out=np.eye(5)), rtol=1e-12)


@pytest.mark.parametrize(("r_row", "r_col"), [((2, 3), (3, 3)), ((2, 5), (3, 3)), ((2, 4), (2, 3)), ((2, 4), (4, 3))])
def test_segments_that_do_not_belong_together_are_named(r_row, r_col):
    """A row of n cells has n + 1 segments, those at its ends included, and so has a column."""
    with pytest.raises(InputError, match=r"r_row has shape .* and r_col .*: expected \(rows, cols \+ 1\) and"):
        linear_array(WireGrid(np.ones(r_row), np.ones(r_col)), np.ones((2, 3)))


@pytest.mark.parametrize("r", [0.0, 0.5])
def test_small_end_resistances_are_taken(r):
    """One cell of 1 S behind two segments of 1 ohm."""
    found = solve_linear(linear_array(wires(1, 1, 1.0, 1.0, r_driver=r, r_sense=r), np.ones((1, 1))), np.ones((1, 1)))
    assert_allclose(found.i_out, 1 / (3 + 2 * r), rtol=1e-12)


@pytest.mark.parametrize("r", [-1.0, np.inf, np.nan])
@pytest.mark.parametrize("end", ["r_driver", "r_sense"])
def test_an_end_resistance_is_finite_and_not_negative(end, r):
    with pytest.raises(InputError, match=f"{end} = {r:g} ohm: expected a finite resistance >= 0"):
        linear_array(wires(2, 3, 1.0, 1.0, **{end: r}), np.ones((2, 3)))


def test_bad_input_is_named():
    grid = wires(2, 3, 1.0, 1.0)
    with pytest.raises(InputError, match=r"g has shape \(3, 2\): expected \(rows, cols\) = \(2, 3\)"):
        linear_array(grid, np.ones((3, 2)))
    with pytest.raises(InputError, match=r"g\[0, 1\] = nan S"):
        linear_array(grid, np.array([[1.0, np.nan, 1.0], [1.0, 1.0, 1.0]]))
    array = linear_array(grid, np.ones((2, 3)))
    with pytest.raises(InputError, match=r"v_in has shape \(1, 3\): expected \(batch, rows\) = \(batch, 2\)"):
        solve_linear(array, np.ones((1, 3)))
    for shape in ((2,), (1, 2, 1), (2, 2, 2)):
        with pytest.raises(InputError, match="expected \\(batch, rows\\) = \\(batch, 2\\)"):
            solve_linear(array, np.ones(shape))
    with pytest.raises(InputError, match=r"v_in\[0, 1\] = inf V"):
        solve_linear(array, np.array([[1.0, np.inf]]))
    grid.r_col[1, 2] = -1.0
    with pytest.raises(InputError, match=r"r_col\[1, 2\] = -1 ohm: expected >= 0"):
        linear_array(grid, np.ones((2, 3)))
    with pytest.raises(InputError, match="at least one of"):
        solve_adjoint(array)
