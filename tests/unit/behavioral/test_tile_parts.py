"""The steps of programming a tile, each against an independent computation of what it is said to be."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import integrate, optimize

from circuitsim import behavioral, nodal
from circuitsim.behavioral.columns import column_voltages, levels_across_columns
from circuitsim.behavioral.expansion import evaluate_input_function, expand
from circuitsim.behavioral.fields import linear_fields
from circuitsim.behavioral.grades import GRADES, TileForm
from circuitsim.behavioral.residual import Residual, reference_conductance, short, tabulate
from circuitsim.behavioral.tile_parts import chebyshev_points
from circuitsim.nodal.surface import cell_law

RANGES = [(0.0, 0.4), (-0.2, 0.4), (-0.3, 0.0)]


@pytest.fixture(scope="module")
def array(make_spec):
    return make_spec(6, 5, v_read=0.4, r_row=30.0, r_col=40.0, row_drive="both")


@pytest.fixture(scope="module")
def g(array):
    g = np.exp(np.random.default_rng(0).uniform(np.log(1e-6), np.log(1e-4), array.shape))
    g[2, 3] = 0.0
    return g


def bands_of(values, bands):
    """Split six rows into equal bands: (bands, rows of a band, ...)."""
    return np.stack(np.split(values, bands))


def covariance(bands):
    """Inputs of variance 1: independent, or with bands half of it alike over an eighth of the six rows."""
    if bands == 1:
        return np.eye(6)
    apart = [[abs(a - b) for b in range(6)] for a in range(6)]
    return 0.5 * np.eye(6) + 0.5 * np.exp(-8 / 6 * np.array(apart))


@pytest.mark.parametrize("bands", [1, 2])
@pytest.mark.parametrize(("v_low", "v_high"), RANGES)
def test_columns_are_the_regression_for_evenly_spread_inputs(array, g, v_low, v_high, bands):
    """E[v_k v_l] of inputs uniform between the ends, and the normal equations of two regressors."""
    fields = linear_fields(array.wires, g, bands)
    found = column_voltages(fields, g, v_low, v_high)
    square, centre = (v_high**3 - v_low**3) / (3 * (v_high - v_low)), (v_low + v_high) / 2
    moments = centre**2 + (square - centre**2) * covariance(bands)
    assert_allclose(bands_of(fields.weight, bands).sum(1), 1.0, rtol=1e-12, atol=0)
    voltage = np.moveaxis(nodal.transfer(array.wires, g).col_voltage, 0, 2)  # (rows, cols, inputs)
    mean = bands_of(fields.weight[:, :, None] * voltage, bands).sum(1)  # (bands, cols, inputs)
    assert_allclose(found.mean, mean.swapaxes(1, 2), rtol=1e-9, atol=0)
    for i in range(6):
        for j in range(5):
            regressors = np.stack([np.eye(6)[i], mean[i * bands // 6, j]])
            expected = np.linalg.solve(regressors @ moments @ regressors.T, regressors @ moments @ voltage[i, j])
            assert_allclose([found.from_input[i, j], found.from_mean[i, j]], expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("bands", [1, 2])
@pytest.mark.parametrize(("v_low", "v_high"), RANGES)
def test_levels_run_from_the_lowest_to_the_highest_mean(array, g, v_low, v_high, bands):
    found = column_voltages(linear_fields(array.wires, g, bands), g, v_low, v_high)
    alike = np.stack([np.full(6, v_low), np.full(6, v_high)])  # all rows alike
    ends = np.sort(np.stack([alike @ of_band for of_band in found.mean]), axis=1)
    assert found.low.shape == found.span.shape == (bands, 5)
    assert_allclose(found.low, 1.02 * ends[:, 0], rtol=1e-12, atol=1e-18)
    assert_allclose(found.low + found.span, 1.02 * ends[:, 1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("bands", [1, 2])
def test_a_column_without_current_has_a_level_all_the_same(array, g, bands):
    dark = g.copy()
    dark[:, 1] = 0.0
    found = column_voltages(linear_fields(array.wires, dark, bands), dark, 0.0, 0.4)
    assert np.all(found.span[:, 1] == 0.4) and np.all(found.from_mean[:, 1] == 0.0)
    assert all(np.isfinite(part).all() for part in (found.from_input, found.from_mean, found.low))


def test_a_band_without_current_has_the_level_of_its_column_nodes(array, g):
    """Open cells weigh alike; their column nodes follow the cells of the other band."""
    dark = g.copy()
    dark[:3, 1] = 0.0
    fields = linear_fields(array.wires, dark, 2)
    found = column_voltages(fields, dark, 0.0, 0.4)
    assert_allclose(fields.weight[:3, 1], 1 / 3, rtol=1e-15, atol=0)
    voltage = nodal.transfer(array.wires, dark).col_voltage[:, :3, 1].mean(1)
    assert_allclose(found.mean[0, :, 1], voltage, rtol=1e-9, atol=0)
    assert_allclose(found.span[0, 1], 1.02 * 0.4 * voltage.sum(), rtol=1e-9, atol=0)


def test_levels_of_other_columns_count_as_far_as_they_reach_a_cell_and_an_output(array, g):
    fields = linear_fields(array.wires, g)
    columns = column_voltages(fields, g, 0.0, 0.4)
    slope = np.random.default_rng(1).uniform(0.5, 1.0, g.shape) * g
    adds, moves = np.zeros((5, 5)), np.zeros((5, 5))
    for j in range(5):
        for i in range(6):
            adds[:, j] += slope[i, j] * fields.to_output[i, j]
            # a change of all levels raises column node l of the row by from_mean·span; the row node follows
            step = columns.from_mean[i] * columns.span[0]
            across = -row_on_col(array.wires, g[i])[j] * step
            across[j] += step[j]
            moves[j] += g[i, j] * fields.alone[i, j] * across.sum() * across
    expected = (adds / adds.sum(1, keepdims=True)) @ (moves / moves.sum(1, keepdims=True))
    found = levels_across_columns(fields, columns, g, slope)
    assert_allclose(found, expected, rtol=1e-9, atol=1e-12)
    assert_allclose(found.sum(1), 1.0, rtol=1e-12, atol=0)


@pytest.mark.parametrize(("v_low", "v_high", "v_ref"), [(0.0, 0.4, 0.0), (-0.2, 0.2, 0.2), (0.0, 0.2, 0.15)])
@pytest.mark.parametrize("v0", [None, 0.25])
def test_the_reference_conductance_is_the_best_straight_line(make_model, v_low, v_high, v_ref, v0):
    cell = make_model(v0=v0).surface
    values = np.array([1e-6, 3e-6, 2e-5, 1e-4])
    v = np.linspace(v_low, v_high, 4001)
    current = nodal.cell_current(cell, values[:, None], v + v_ref, np.full_like(v, v_ref))
    expected = integrate.trapezoid(current * v, v) / integrate.trapezoid(v * v, v)
    assert_allclose(reference_conductance(cell, values, v_low, v_high, v_ref), expected, rtol=2e-5, atol=0)
    assert reference_conductance(cell, np.array([0.0]), v_low, v_high, v_ref) == 0.0


def test_coefficients_below_the_tolerance_are_left_out(make_model):
    full = make_model().surface
    tail = np.zeros((9, 15, 11))
    tail[: full.forward.shape[0], : full.forward.shape[1], : full.forward.shape[2]] = full.forward
    tail[-1, -1, -1] = 1e-10
    padded = replace(full, forward=tail, reverse=tail)
    cut = short(padded)
    assert cut.forward.shape <= full.forward.shape and cut.reverse.shape == cut.forward.shape
    values, v = np.full(300, 3e-5), np.linspace(0, 0.4, 300)
    exact, found = (cell_law(each, values, v, np.zeros(300))[0] for each in (padded, cut))
    assert_allclose(found, exact, rtol=3e-8, atol=0)  # three axes, each cut at 1e-8 of the coefficient
    assert short(padded, 1e-3).forward.size < cut.forward.size
    assert short(replace(full, reverse=full.reverse[:-1])).forward.shape == full.forward.shape  # unlike sides stay


def row_on_col(wires, g):
    """Voltage of each row node per volt at each column node of the row, for the wires of `array`: (cols, cols)."""
    segments = np.diag(np.full(4, -1 / 30.0), 1)
    matrix = segments + segments.T + np.diag(g + 2 / 30.0)
    matrix[[0, -1], [0, -1]] += 1 / (30.0 + wires.r_driver) - 1 / 30.0
    return np.linalg.inv(matrix) * g


def currents_into(v_row, cell, g, v_col, v, g_wire):
    """Kirchhoff's sum at every row node: to the neighbours, the drivers at both ends, and through the cell."""
    out = nodal.cell_current(cell, g, v_row, v_col)
    ends = np.concatenate([[v], v_row, [v]])
    return out + g_wire[:-1] * (v_row - ends[:-2]) + g_wire[1:] * (v_row - ends[2:])


@pytest.mark.parametrize(("bands", "v_low"), [(1, 0.0), (2, -0.2)])
@pytest.mark.parametrize("v0", [None, 0.25])
def test_residual_currents_are_those_of_rows_solved_for_their_nonlinear_cells(make_model, array, g, v0, bands, v_low):
    cell = make_model(v0=v0, v_range=(-0.3, 0.4)).surface  # a regressed column voltage may lie a little below v_low
    g_ref = reference_conductance(cell, g, v_low, 0.4, 0.0)
    fields = linear_fields(array.wires, g_ref, bands)
    columns = column_voltages(fields, g_ref, v_low, 0.4)
    s, t = np.array([v_low / 0.4, 0.4, 1.0]), np.array([0.0, 0.5, 1.0])
    found = tabulate(cell, g, g_ref, array.wires, fields, columns, s=s, level=t, v_scale=0.4, v_ref=0.0)
    g_wire = 1 / np.array([30.0 + 50.0, 30.0, 30.0, 30.0, 30.0, 30.0 + 50.0])
    for i in range(6):
        low, span = columns.low[i * bands // 6], columns.span[i * bands // 6]
        for a, b in np.ndindex(3, 3):
            v, mean = 0.4 * s[a], low + span * t[b]
            v_col = columns.from_input[i] * v + columns.from_mean[i] * mean
            solved = optimize.root(
                currents_into, np.full(5, 0.9 * v), (cell, g[i], v_col, v, g_wire), tol=1e-13, options={"factor": 1}
            ).x
            beyond = nodal.cell_current(cell, g[i], solved, v_col) - g_ref[i] * (solved - v_col)
            # A: two Newton steps from the linear solution; the smallest of what they must resolve is 1e-8 A
            assert_allclose(found.current[i, :, a, b], beyond, rtol=1e-4, atol=2e-11)
            assert_allclose(found.v_col[i, :, a, b], v_col, rtol=1e-12, atol=1e-18)
            assert_allclose(found.v_row[i, :, a, b], solved, rtol=1e-6, atol=1e-9)
            linear = fields.alone[i] * v + row_on_col(array.wires, g_ref[i]) @ v_col - v_col
            assert_allclose(found.voltage[i, :, a, b], linear, rtol=1e-9, atol=1e-15)
    assert_allclose(found.t, t - columns.centre, rtol=1e-15, atol=0)


def table(n_s, t=(-0.4, 0.1, 0.6), seed=0):
    """Residual currents without voltages, which an expansion does not need."""
    shape = (3, 4, n_s, len(t))
    current, nothing = np.random.default_rng(seed).normal(size=shape), np.zeros(shape)
    return Residual(
        chebyshev_points(-0.5, 1.0, n_s), np.array(t), current, v_row=nothing, v_col=nothing, voltage=nothing
    )


def series(found, s, t):
    total = np.zeros(found.currents[0].shape[1:])
    for power, coefficients in enumerate(found.currents):
        values = [1.0, s, *(evaluate_input_function(p, s) for p in found.functions[min(power, 1)])]
        total += t**power * np.tensordot(np.array(values[: len(coefficients)]), coefficients, axes=1)
    return total


def test_as_many_functions_as_points_give_the_whole_table():
    residual = table(6)
    found = expand(residual, TileForm("analog", currents=(6, 6, 6), levels=(2,)))
    for a, b in np.ndindex(6, 3):
        assert_allclose(series(found, residual.s[a], residual.t[b]), residual.current[:, :, a, b], rtol=0, atol=1e-8)
    for functions in found.functions:
        for each in functions:
            assert np.abs(evaluate_input_function(each, residual.s)).max() == pytest.approx(1.0)


def test_few_functions_are_the_best_of_their_number():
    """Residual currents of one curvature: one fitted function besides 1 and s describes them all."""
    residual = table(6, seed=1)
    s, t, size = residual.s, residual.t, np.random.default_rng(2).normal(size=(3, 3, 4))
    curve = s**2 - 0.3 * s**3
    current = size[0, ..., None, None] + size[1, ..., None, None] * s[:, None] * (1 + t)
    current = current + size[2, ..., None, None] * curve[:, None] * (1 - 2 * t + t**2)
    residual = replace(residual, current=current)
    found = expand(residual, TileForm("analog", currents=(3, 3, 3), levels=(2, 2)))
    for a, b in np.ndindex(6, 3):
        assert_allclose(series(found, s[a], t[b]), current[:, :, a, b], rtol=0, atol=1e-10)
    assert [len(part) for part in found.currents] == [3, 3, 3] and [len(part) for part in found.levels] == [2, 2]
    line = expand(residual, TileForm("analog", currents=(2, 2, 2), levels=(2, 2)))
    assert_allclose(found.slope, line.slope, rtol=1e-12, atol=0)


def test_bands_keep_a_cubic_of_the_level():
    """A function each besides 1 and s of t⁰ and t¹, a line of t², a constant of t³: four levels tell them apart."""
    residual = table(6, t=(-0.4, -0.1, 0.3, 0.6))
    s, t, size = residual.s[:, None], residual.t, np.random.default_rng(2).normal(size=(9, 3, 4, 1, 1))
    flat = size[0] + size[1] * s + size[2] * (s**2 - 0.3 * s**3)
    sloped = size[3] + size[4] * s + size[5] * (s**2 + 0.5 * s**3)
    current = flat + t * sloped + t**2 * (size[6] + size[7] * s) + t**3 * size[8]
    found = expand(replace(residual, current=current), TileForm("analog", currents=(3, 3, 2, 1), bands=2))
    for a, b in np.ndindex(6, 4):
        assert_allclose(series(found, residual.s[a], t[b]), current[:, :, a, b], rtol=0, atol=1e-10)
    assert [len(part) for part in found.currents] == [3, 3, 2, 1]
    assert_allclose(found.currents[3][0], size[8, :, :, 0, 0], rtol=1e-9, atol=0)


@pytest.mark.parametrize(("low", "high", "count"), [(0.0, 1.0, 3), (-0.5, 1.0, 6), (0.0, 1.0, 2)])
def test_points_of_a_table_hold_both_ends_and_lie_closer_there(low, high, count):
    found = chebyshev_points(low, high, count)
    assert_allclose(found[[0, -1]], [low, high], rtol=1e-15, atol=1e-15)
    assert_allclose(found + found[::-1], low + high, rtol=1e-12, atol=1e-12)
    t = (2 * found - low - high) / (high - low)
    assert_allclose(np.polynomial.chebyshev.chebval(t, np.eye(count)[-1]), (-1.0) ** np.arange(count)[::-1], rtol=1e-9)


@pytest.mark.parametrize(("grade", "bands"), [(2, 1), (3, 2)])
@pytest.mark.parametrize("v_ref", [0.0, 0.1])
def test_the_level_is_that_of_the_linear_array_before_residual_currents(
    make_spec, make_model, conductances, v_ref, grade, bands
):
    """What `power` uses for it: the columns' weighted means over each band on the scale of the levels."""
    spec = make_spec(8, 7, v_read=0.2, v_ref=v_ref)
    model = make_model(grade, spec=spec, v_range=(v_ref, v_ref + 0.2), v0=None)
    g = conductances(spec)
    tile = behavioral.program(model, g)
    g_ref = reference_conductance(model.surface, g, 0.0, 0.2, v_ref)
    fields = linear_fields(spec.wires, g_ref, bands)
    columns = column_voltages(fields, g_ref, 0.0, 0.2)
    v = np.random.default_rng(0).uniform(0, 0.2, (9, 8))
    solved = nodal.solve_linear(nodal.linear_array(spec.wires, g_ref), v)
    assert tile.power.edges == tuple(range(0, 9, 8 // bands))
    for band, rows in enumerate(np.split(np.arange(8), bands)):
        mean = np.einsum("bij,ij->bj", solved.v_col[:, rows], fields.weight[rows])
        expected = (mean - columns.low[band]) / columns.span[band] - columns.centre
        found = v / 0.2 @ tile.power.level[band] + tile.power.level_offset[band]
        assert_allclose(found, expected, rtol=0, atol=1e-9)


def test_a_power_of_the_level_may_be_one_constant(monkeypatch, make_spec, make_model, conductances):
    """Such a factor is no product, whatever the inputs; scaling a tile leaves it as it is."""
    monkeypatch.setitem(GRADES, 9, TileForm("analog", currents=(3, 3, 1), levels=(2, 1)))
    spec = make_spec(16, 12, v_read=0.4)
    g = np.clip(conductances(spec), 1.2e-6, 8e-5)
    v = np.random.default_rng(0).uniform(0, 0.4, (30, 16))
    model = make_model(9, spec=spec)
    exact = nodal.read(nodal.prepare(spec, g, model.surface, v_range=(0.0, 0.4)), v).out
    tile = behavioral.program(model, g)
    assert tile.products == 5 and [f.last - f.first for f in (tile.currents[2], tile.levels[1])] == [1, 1]
    found = behavioral.mvm(tile, v)
    plain = behavioral.mvm(behavioral.program(replace(model, grade=1), g), v)
    rms = [np.sqrt(np.mean((each - exact) ** 2)) / exact.max() for each in (found, plain)]
    assert rms[0] < 2e-3 and rms[0] < 0.2 * rms[1]
    other = g * (1 + 0.01 * np.random.default_rng(1).standard_normal(g.shape))
    anew = behavioral.mvm(behavioral.program(model, other), v)
    scaled = behavioral.mvm(behavioral.reprogram(tile, g, other), v)
    assert np.sqrt(np.mean((scaled - anew) ** 2)) / exact.max() < 3e-4
    assert_allclose(behavioral.mvm(behavioral.reprogram(tile, g, g), v), found, rtol=1e-12, atol=0)
