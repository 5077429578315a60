"""Currents without a compiled kernel: those of the compiled one."""

import numpy as np
from numpy.testing import assert_allclose

from circuitsim.nodal.plain_law import plain_currents
from circuitsim.nodal.surface import cell_law


def test_currents_are_those_of_the_compiled_law(sinh_surface):
    """Inside the surface and outside, forward and reverse."""
    low, high = sinh_surface.m_range
    v_bl, v_sl = (each.ravel() for each in np.meshgrid(*[np.linspace(low - 0.02, high + 0.02, 11)] * 2))
    g = np.geomspace(*sinh_surface.g_range, 4)
    expected = cell_law(sinh_surface, g[:, None], v_bl, v_sl)[0]
    found = plain_currents(sinh_surface, g, v_bl, v_sl)
    assert_allclose(found, expected, rtol=0, atol=1e-14 * np.abs(expected).max())
