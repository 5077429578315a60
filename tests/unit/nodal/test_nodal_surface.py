from dataclasses import replace

import numpy as np
import pytest
from numpy.polynomial import chebyshev
from numpy.testing import assert_allclose

from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.nodal import cell_current, cell_current_and_slopes, ohmic, slope_in_g
from circuitsim.nodal.surface import cell_law, cell_polynomials, cells_law, conductance_nodes, unit_conductance
from circuitsim.nodal.surface_chords import chord
from circuitsim.results import CellSurface, Provenance


def _points(count, rng):
    g = 10 ** rng.uniform(-6, -4, count)
    v_bl, v_sl = rng.uniform(0.0, 0.2, (2, count))
    return g, v_bl, v_sl


def test_current_follows_the_cell_in_both_directions(sinh_cell, sinh_surface):
    g, v_bl, v_sl = _points(500, np.random.default_rng(0))
    assert np.any(v_bl < v_sl)
    error = cell_current(sinh_surface, g, v_bl, v_sl) - sinh_cell.current(g, v_bl, v_sl)
    assert np.abs(error).max() < 1e-9 * sinh_surface.i_max  # the fit's degree, see conftest


def test_slopes_are_derivatives(sinh_surface):
    g, v_bl, v_sl = _points(200, np.random.default_rng(1))
    keep = (np.abs(v_bl - v_sl) > 1e-4) & (np.minimum(v_bl, v_sl) > 1e-4) & (np.maximum(v_bl, v_sl) < 0.1999)
    g, v_bl, v_sl = g[keep].clip(1.01e-6, 0.99e-4), v_bl[keep], v_sl[keep]

    def current(g, v_bl, v_sl):
        return cell_current(sinh_surface, g, v_bl, v_sl)

    _, along_bl, along_sl = cell_current_and_slopes(sinh_surface, g, v_bl, v_sl)
    h = 1e-5
    central = (current(g, v_bl + h, v_sl) - current(g, v_bl - h, v_sl)) / (2 * h)
    assert_allclose(along_bl, central, rtol=1e-7, atol=0)
    central = (current(g, v_bl, v_sl + h) - current(g, v_bl, v_sl - h)) / (2 * h)
    assert_allclose(along_sl, central, rtol=1e-7, atol=0)
    step = 1e-4 * g
    central = (current(g + step, v_bl, v_sl) - current(g - step, v_bl, v_sl)) / (2 * step)
    assert_allclose(slope_in_g(sinh_surface, g, v_bl, v_sl), central, rtol=1e-6, atol=0)


@pytest.mark.parametrize(("v_bl", "v_sl"), [(0.2, 0.05), (0.05, 0.2), (0.2, 0.15), (0.0, 0.03)])
def test_the_chord_is_that_of_the_direction(sinh_surface, v_bl, v_sl):
    diode = replace(sinh_surface, reverse=0.3 * sinh_surface.reverse)
    g = np.geomspace(*diode.g_range, 5)
    current = cell_current(diode, g, np.full(5, v_bl), np.full(5, v_sl))
    assert_allclose(chord(diode, g, v_bl, v_sl), current / (v_bl - v_sl), rtol=1e-12, atol=0)


def test_the_chord_outside_the_surface_is_that_of_its_edge(sinh_surface):
    g = np.geomspace(*sinh_surface.g_range, 5)
    for beyond, edge in (((0.3, 0.0), (0.2, 0.0)), ((0.1, -0.1), (0.2, 0.0)), ((0.3, 0.3), (0.2, 0.2))):
        assert_allclose(chord(sinh_surface, g, *beyond), chord(sinh_surface, g, *edge), rtol=1e-12, atol=0)


def test_an_ohmic_surface_is_ohms_law():
    surface = ohmic((1e-6, 1e-4), (-0.2, 0.3), r_series=5e3)
    g = np.array([[1e-6], [3e-5], [1e-4]])
    v_bl = np.array([-0.2, 0.0, 0.1, 0.3])
    assert_allclose(cell_current(surface, g, v_bl, 0.05), (v_bl - 0.05) / (1 / g + 5e3), rtol=1e-13, atol=0)


def test_an_ohmic_surface_without_series_resistance_is_the_conductance():
    g, v = np.array([1e-6, 3e-5, 1e-4]), np.array([-0.1, 0.2, 0.3])
    found = cell_current_and_slopes(ohmic((1e-6, 1e-4), (-0.2, 0.3)), g, v, 0.05)
    for value, expected in zip(found, (g * (v - 0.05), g, -g), strict=True):
        assert_allclose(value, expected, rtol=1e-14, atol=0)


def test_an_open_cell_carries_nothing_at_any_voltage(sinh_surface):
    assert cell_current(sinh_surface, 0.0, 5.0, -5.0) == 0.0


@pytest.mark.parametrize(("v_bl", "v_sl"), [(0.21, 0.0), (0.0, 0.21), (0.1, -0.01)])
def test_voltages_outside_name_cell_voltage_and_range(sinh_surface, v_bl, v_sl):
    v = np.full((2, 3), 0.1)
    v[1, 2] = v_bl
    v_low = np.full((2, 3), 0.05)
    v_low[1, 2] = v_sl
    with pytest.raises(OutsideRangeError, match=rf"cell \[1, 2\]: v_bl = {v_bl:g} V, v_sl = {v_sl:g} V .* 0.2 V"):
        cell_current(sinh_surface, np.full((2, 3), 1e-5), v, v_low)


def test_conductances_outside_name_cell_and_range(sinh_surface):
    with pytest.raises(OutsideRangeError, match=r"g\[1\] = 0.001 S: the surface holds for 0 and 1e-06 … 0.0001 S"):
        cell_current(sinh_surface, np.array([1e-5, 1e-3]), 0.1, 0.0)
    with pytest.raises(InputError, match=r"g\[0\] = -1e-05 S: expected a finite conductance >= 0"):
        cell_current(sinh_surface, np.array([-1e-5]), 0.1, 0.0)
    with pytest.raises(InputError, match="not finite"):
        cell_current(sinh_surface, np.array([1e-5]), np.nan, 0.0)


def test_conductances_are_refused_beyond_the_rounding_of_the_ends(sinh_surface):
    low, high = sinh_surface.g_range
    for g in (low * (1 - 1e-10), low, high, high * (1 + 1e-10)):
        assert np.isfinite(cell_current(sinh_surface, g, 0.1, 0.0))
    for g in (0.5 * low, low * (1 - 1e-8), high * (1 + 1e-8), 1.5 * high):
        with pytest.raises(OutsideRangeError, match=r"the surface holds for 0 and 1e-06 … 0\.0001 S"):
            cell_current(sinh_surface, g, 0.1, 0.0)


def test_voltages_are_refused_beyond_the_rounding_of_the_ends(sinh_surface):
    for off in (0.0, 1e-11):
        assert np.isfinite(cell_current(sinh_surface, 1e-5, 0.2 + off, 0.0))
        assert np.isfinite(cell_current(sinh_surface, 1e-5, 0.1, -off))
        assert np.isfinite(cell_current(sinh_surface, 1e-5, 0.2 + off, 0.2 + off))
    for v_bl, v_sl in ((0.2 + 1e-8, 0.0), (0.1, -1e-8), (0.2 + 1e-8, 0.2 + 1e-8)):
        with pytest.raises(OutsideRangeError, match="is outside the surface"):
            cell_current(sinh_surface, 1e-5, v_bl, v_sl)


def test_conductances_to_characterize_are_the_chebyshev_nodes_of_the_coordinate(sinh_surface):
    g = conductance_nodes(6, sinh_surface.g_range, sinh_surface.g_scale)
    expected = np.cos(np.pi * np.array([1, 3, 5, 7, 9, 11]) / 12)
    assert_allclose(unit_conductance(sinh_surface, g), expected, rtol=0, atol=1e-14)


def test_points_evaluated_together_have_the_values_of_points_alone():
    """Runs of one conductance longer and shorter than the lanes, both sides in turn, open cells between them."""
    rng = np.random.default_rng(5)
    forward, reverse = rng.normal(size=(2, 4, 6, 5))
    surface = CellSurface(forward, reverse, (1e-6, 1e-4), 5e-5, 0.4, (-0.2, 0.3), 0.0, 1e-5, Provenance("ngspice", ""))
    g = np.concatenate([np.full(n, rng.uniform(1e-6, 1e-4)) for n in (1, 15, 16, 17, 50, 1, 2)])
    g[rng.random(len(g)) < 0.1] = 0.0
    v_bl, v_sl = rng.uniform(-0.1, 0.3, (2, len(g)))
    together = np.array(cell_law(surface, g, v_bl, v_sl))
    alone = [np.array(cell_law(surface, *(x[p : p + 1] for x in (g, v_bl, v_sl))))[:, 0] for p in range(len(g))]
    assert_allclose(together, np.transpose(alone), rtol=1e-13, atol=1e-20)  # A and S: 0 in open cells
    u = v_bl - v_sl
    at = unit_conductance(surface, g), 2 * np.abs(u) / 0.4 - 1, 4 * (np.minimum(v_bl, v_sl) + 0.2) - 1
    k = np.where(u >= 0, *(chebyshev.chebval3d(*at, side) for side in (forward, reverse)))
    assert_allclose(together[0], g * u * k, rtol=1e-11, atol=1e-18)  # A
    assert (together[:, g == 0] == 0).all() and (g == 0).any() and {True, False} == set(u > 0)


@pytest.mark.parametrize("points", [1, 5, 16, 24])
def test_cells_evaluated_together_are_those_of_the_law(points):
    """Both sides, points that fill no lanes, open cells, voltages beyond the surface."""
    rng = np.random.default_rng(5)
    forward, reverse = rng.normal(size=(2, 4, 6, 5))
    surface = CellSurface(forward, reverse, (1e-6, 1e-4), 5e-5, 0.4, (-0.2, 0.3), 0.0, 1e-5, Provenance("ngspice", ""))
    g = np.where(rng.random((4, 3)) < 0.2, 0.0, rng.uniform(1e-6, 1e-4, (4, 3)))
    v_bl, v_sl = rng.uniform(-0.3, 0.4, (2, 4, 3, points))
    expected = cell_law(surface, g[:, :, None], v_bl, v_sl)
    current, slope = cells_law(cell_polynomials(surface, g), v_bl, v_sl)
    assert_allclose(current, expected[0], rtol=1e-11, atol=1e-16)  # A
    assert_allclose(slope, expected[1], rtol=1e-11, atol=1e-15)  # S
    alone, none = cells_law(cell_polynomials(surface, g), v_bl, v_sl, sloped=False)
    assert_allclose(alone, current, rtol=1e-12, atol=1e-18)
    assert none.size == 0 and (g == 0).any()


def test_equal_conductances_share_one_polynomial():
    rng = np.random.default_rng(5)
    forward, reverse = rng.normal(size=(2, 4, 6, 5))
    surface = CellSurface(forward, reverse, (1e-6, 1e-4), 5e-5, 0.4, (-0.2, 0.3), 0.0, 1e-5, Provenance("ngspice", ""))
    g = rng.choice([1e-6, 3e-5, 1e-4], (6, 5))
    cells = cell_polynomials(surface, g)
    assert cells.forward.shape == cells.reverse.shape == (3, 30)
    assert_allclose(cells.g[cells.which], g, rtol=0, atol=0)
    v_bl, v_sl = rng.uniform(-0.2, 0.3, (2, 6, 5, 7))
    expected = cell_law(surface, g[:, :, None], v_bl, v_sl)[0]
    assert_allclose(cells_law(cells, v_bl, v_sl)[0], expected, rtol=1e-11, atol=1e-16)  # A


def test_a_state_over_decades_is_a_polynomial_of_its_logarithm():
    """i = g^0.8 · U, as of a hot transistor programmed at 27 °C: t = g / (g + g_scale) cannot follow it to 0 S."""
    g_range, count = (1e-10, 1e-4), 16
    g = conductance_nodes(count, g_range, 0.0)
    nodes = np.cos(np.pi * (np.arange(count) + 0.5) / count)
    k = np.linalg.solve(chebyshev.chebvander(nodes, count - 1), g**-0.2)[:, None, None]
    origin = Provenance(level="nodal", spec_digest="")
    surface = CellSurface(k, k, g_range, 0.0, 0.1, (0.0, 0.1), 1e-9, 1e-5, origin)
    g = np.array([0.0, *np.geomspace(*g_range, 23)])
    v_bl, v_sl = np.full(24, 0.1), np.linspace(0.0, 0.1, 24)
    expected = g**0.8 * (v_bl - v_sl)
    assert_allclose(cell_current(surface, g, v_bl, v_sl), expected, rtol=1e-9, atol=0)
    assert_allclose(slope_in_g(surface, g, v_bl, v_sl)[1:], (0.8 * expected[1:]) / g[1:], rtol=1e-7, atol=0)
    cells = cell_polynomials(surface, g[:, None])
    current, _ = cells_law(cells, v_bl[:, None, None], v_sl[:, None, None])
    assert_allclose(current.ravel(), expected, rtol=1e-9, atol=0)
