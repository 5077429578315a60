"""A device and a transistor in series against their formula, where the transistor saturates and one tensor fails."""

from dataclasses import replace

import numpy as np
import pytest
from nodal_cells import SinhWithTransistor
from numpy.polynomial import chebyshev
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.behavioral import mvm, program
from circuitsim.calibration.series_resistance import series_resistance, with_series
from circuitsim.nodal import cell_current, cell_current_and_slopes, slope_in_g
from circuitsim.nodal.surface import cell_law, cell_polynomials, cells_law, unit_conductance
from circuitsim.nodal.surface_chords import chord, k_over_t
from circuitsim.results import TileModel
from circuitsim.spec import parse_spec

CELL = SinhWithTransistor(g_t=2e-4, v_s=0.03)  # saturates at 6 µA; g_max carries 20 µA at 0.2 V


@pytest.fixture(scope="module")
def surface():
    return CELL.in_series()


@pytest.fixture(scope="module")
def points():
    rng = np.random.default_rng(3)
    g = np.exp(rng.uniform(np.log(1e-6), np.log(1e-4), (40, 1)))
    return g, *rng.uniform(0.0, 0.2, (2, 40, 25))


def test_currents_follow_the_bend_that_one_tensor_does_not(surface, points):
    truth = CELL.current(*points)
    assert_allclose(cell_current(surface, *points), truth, rtol=0, atol=1e-9 * surface.i_max)
    one = CELL.surface(degrees=(24, 64, 20))
    assert np.abs(cell_current(one, *points) - truth).max() > 1e-6 * one.i_max


def test_slopes_are_those_of_the_current(surface, points):
    g, v_bl, v_sl = points
    step = 1e-5
    kept = (np.abs(v_bl - v_sl) > 3 * step) & (np.minimum(v_bl, v_sl) > 2 * step)  # the ends of the box have one side
    _, along_bl, along_sl = cell_current_and_slopes(surface, g, v_bl, v_sl)
    rise = (cell_law(surface, g, v_bl + step, v_sl)[0] - cell_law(surface, g, v_bl - step, v_sl)[0]) / (2 * step)
    fall = (cell_law(surface, g, v_bl, v_sl + step)[0] - cell_law(surface, g, v_bl, v_sl - step)[0]) / (2 * step)
    grown = (cell_law(surface, 1.0001 * g, v_bl, v_sl)[0] - cell_law(surface, 0.9999 * g, v_bl, v_sl)[0]) / (2e-4 * g)
    assert_allclose(along_bl[kept], rise[kept], rtol=1e-4, atol=1e-9)
    assert_allclose(along_sl[kept], fall[kept], rtol=1e-4, atol=1e-9)
    assert_allclose(slope_in_g(surface, g, v_bl, v_sl), grown, rtol=1e-4, atol=1e-6)


def test_open_cells_and_equal_voltages_carry_nothing(surface):
    assert cell_current(surface, np.zeros(1), np.array([0.2]), np.zeros(1)) == 0.0
    volts = np.linspace(0, 0.2, 9)
    assert np.abs(cell_current(surface, np.full(9, 1e-4), volts, volts)).max() < 1e-18


@pytest.mark.parametrize("g", [1e-6, 1e-5, 1e-4])
def test_every_form_of_evaluation_is_the_same_cell(surface, g):
    v_bl, v_sl = np.array([0.2, 0.1, 0.0, 0.02]), np.array([0.0, 0.09, 0.2, 0.2])
    expected = cell_law(surface, np.full(4, g), v_bl, v_sl)
    current, slope = cells_law(cell_polynomials(surface, np.full((1, 1), g)), v_bl[None, None], v_sl[None, None])
    assert_allclose(current.ravel(), expected[0], rtol=1e-12, atol=0)
    assert_allclose(slope.ravel(), expected[1], rtol=1e-12, atol=0)
    for k in range(4):
        here = chord(surface, np.array([g]), float(v_bl[k]), float(v_sl[k]))
        assert_allclose(here, expected[0][k] / (v_bl[k] - v_sl[k]), rtol=1e-12, atol=0)
    u, m = (v_bl - v_sl)[:2], v_sl[:2]
    over_t = chebyshev.chebval(unit_conductance(surface, np.array(g)), k_over_t(surface, u, m))
    assert_allclose(g * u * over_t, expected[0][:2], rtol=0, atol=1e-9 * surface.i_max)


def test_the_chord_outside_the_surface_is_that_of_its_edge(surface):
    g = np.geomspace(*surface.g_range, 5)
    for beyond, edge in (((0.3, 0.0), (0.2, 0.0)), ((0.1, -0.1), (0.2, 0.0)), ((0.3, 0.3), (0.2, 0.2))):
        assert_allclose(chord(surface, g, *beyond), chord(surface, g, *edge), rtol=1e-12, atol=0)


def test_a_larger_resistance_in_series_and_a_larger_current(surface, points):
    g, v_bl, v_sl = points
    assert_allclose(series_resistance(surface), 1 / CELL.g_t, rtol=1e-2)
    more = with_series(surface, 1.0)
    current, along_bl, _ = cell_current_and_slopes(surface, g, v_bl, v_sl)
    assert_allclose(cell_current(more, g, v_bl, v_sl), current - along_bl * current, rtol=1e-5, atol=1e-12)
    assert_allclose(cell_current(surface.times(1.5), g, v_bl, v_sl), 1.5 * current, rtol=1e-9, atol=1e-16)


def test_digests_tell_the_transistor(surface):
    alone = replace(surface, transistor=None)
    other = surface.times(1.0 + 1e-12)
    assert len({surface.digest, alone.digest, other.digest}) == 3
    spec = array_spec()
    assert TileModel(spec, surface, 3, (0.0, 0.2)).digest != TileModel(spec, alone, 3, (0.0, 0.2)).digest


def array_spec(**wire):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": 12, "cols": 9, "cell": "1r"},
            "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": 20.0, "r_col": 20.0, **wire},
            "driver": {"v_read": 0.2, "r_out": 50.0},
        }
    )


def test_an_array_balances_the_currents_of_the_formula(surface):
    rng = np.random.default_rng(1)
    g, x = 10 ** rng.uniform(-6, -4, (12, 9)), rng.uniform(0, 0.2, (5, 12))
    x[0] = 0.2
    found = nodal.read(nodal.prepare(array_spec(), g, surface), x, nodes=True)
    drawn = CELL.current(g, found.v_row, found.v_col)
    assert np.abs(drawn - found.i_cell).max() < 2e-8 * surface.i_max
    assert found.cell_error.max() < 1e-6


def test_a_tile_is_programmed_with_it(surface):
    rng = np.random.default_rng(1)
    g, x = 10 ** rng.uniform(-6, -4, (12, 9)), rng.uniform(0, 0.2, (5, 12))
    spec = array_spec(r_row=1.0, r_col=1.0)
    exact = nodal.read(nodal.prepare(spec, g, surface), x).out
    for model_grade, allowed in ((1, 0.5), (3, 0.1)):
        tile = program(TileModel(spec, surface, model_grade, (0.0, 0.2)), g)
        assert np.abs(mvm(tile, x) - exact).max() < allowed * exact.max()


def test_the_current_beyond_the_ends_of_the_source_line_is_that_at_the_end(surface):
    """And the numbers of one cell do not depend on which others it is evaluated with."""
    g, v_sl = np.full(3, 5e-5), np.array([0.05, 0.2, 0.25])
    together = np.array(cell_law(surface, g, v_sl + 0.1, v_sl))
    alone = np.array([cell_law(surface, g[:1], v + 0.1, np.array([v])) for v in v_sl])[..., 0].T
    assert_allclose(together, alone, rtol=1e-11, atol=0)
    assert_allclose(together[0, 2], together[0, 1], rtol=1e-11)
