"""Ranges of conductances in which a cell is characterized for drawn ones."""

import numpy as np
from numpy.testing import assert_allclose

from circuitsim.characterization import opened, stepped_conductances


def test_drawn_conductances_widen_the_range_in_steps(make_spec):
    spec = make_spec()
    low, high = spec.device.g_min, spec.device.g_max
    assert stepped_conductances(spec, np.array([0.0, low, high])) == (low, high)
    assert stepped_conductances(spec, np.zeros(3)) == (low, high)
    for drawn in (1.01, 1.2, 1.25):
        assert_allclose(stepped_conductances(spec, np.array([drawn * high])), (low, 1.25 * high), rtol=1e-12, atol=0)
    assert_allclose(stepped_conductances(spec, np.array([1.3 * high]))[1], 1.25**2 * high, rtol=1e-12, atol=0)
    wide = stepped_conductances(spec, np.array([0.5 * low, high]))
    assert wide == stepped_conductances(spec, np.array([1e-5 * low, high])) == (1e-9 * low, high)


def test_what_carries_nothing_is_an_open_cell(make_spec):
    spec = make_spec()
    low = spec.device.g_min
    assert_allclose(opened(spec, np.array([low, 1e-8 * low, 1e-10 * low, 0.0])), [low, 1e-8 * low, 0.0, 0.0], rtol=0)
