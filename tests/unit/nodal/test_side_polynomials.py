"""Charges and currents of parts as polynomials on both sides of U = 0."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from circuitsim import nodal
from circuitsim.nodal.side_polynomials import (
    charge_law,
    charge_polynomials,
    current_polynomials,
    slopes_at,
    slopes_of,
    thinned,
    values_at,
)
from circuitsim.results import CellCharges, Provenance


def small_charges(forward, reverse, *, v_range=(0.0, 0.2)):
    return CellCharges(
        forward=forward,
        reverse=reverse,
        g_range=(1e-6, 1e-4),
        g_scale=1e-4,
        v_range=v_range,
        c_max=1e-15,
        bound=0.0,
        lag=0.0,
        provenance=Provenance(level="ngspice", spec_digest=None),
    )


@pytest.fixture
def charges():
    rng = np.random.default_rng(0)
    return small_charges(*(1e-15 * rng.standard_normal((3, 4, 5, 3)) for _ in range(2)))


def test_slopes_are_those_of_the_charges(charges):
    rng = np.random.default_rng(1)
    g, bl, sl = np.geomspace(1e-6, 1e-4, 20), *rng.uniform(0, 0.2, (2, 20))
    step = 1e-6
    _, by_bl, by_sl = np.moveaxis(charge_law(charges, g, bl, sl), 1, 0)
    for found, d_bl, d_sl in ((by_bl, step, 0.0), (by_sl, 0.0, step)):
        ends = (charge_law(charges, g, bl + sign * d_bl, sl + sign * d_sl)[:, 0] for sign in (1, -1))
        assert_allclose(found, np.subtract(*ends) / (2 * step), rtol=1e-5, atol=1e-18)


def test_charges_do_not_jump_where_bit_and_source_line_are_equal(charges):
    g, m = np.full(9, 3e-5), np.linspace(0.0, 0.2, 9)
    above, below = charge_law(charges, g, m + 1e-12, m), charge_law(charges, g, m, m + 1e-12)
    assert_allclose(above[:, 0], below[:, 0], rtol=0, atol=1e-23)  # a slope times 1e-12 V


def test_the_gate_is_left_out_unless_it_is_asked_for(charges):
    g, v = np.geomspace(1e-6, 1e-4, 5), np.linspace(0.0, 0.2, 5)
    cells = charge_polynomials(charges, g)
    assert_allclose(values_at(cells, v, 0 * v, first=2), values_at(cells, v, 0 * v)[:2], rtol=0, atol=0)


def test_currents_are_those_of_the_surface():
    surface = nodal.ohmic((1e-6, 1e-4), (0.0, 0.2), r_series=700.0)
    rng = np.random.default_rng(2)
    g = np.concatenate([[0.0], np.geomspace(1e-6, 1e-4, 11)])
    bl, sl = rng.uniform(0, 0.2, (2, 12))
    cells = current_polynomials(surface, g)
    assert_allclose(values_at(cells, bl, sl)[0], nodal.cell_current(surface, g, bl, sl), rtol=1e-12, atol=1e-20)
    _, along, against = nodal.cell_current_and_slopes(surface, g, bl, sl)
    for found, expected in zip(slopes_at(slopes_of(cells), bl, sl), (along, against), strict=True):
        assert_allclose(found[0], expected, rtol=1e-10, atol=1e-18)


def test_trimming_leaves_out_what_the_tolerance_allows():
    side = np.zeros((1, 2, 4, 3))
    side[..., 0, 0], side[..., 3, 0], side[..., 0, 2] = 1.0, 1e-9, 1e-4
    assert thinned(side, side, rtol=1e-3)[0].shape == (1, 2, 1, 1)
    assert thinned(side, side, rtol=1e-6)[0].shape == (1, 2, 1, 3)
    assert thinned(side, side, rtol=0.0)[1].shape == (1, 2, 4, 3)
    assert thinned(0 * side, 0 * side, rtol=1e-3)[0].shape == (1, 2, 1, 1)
