"""Conductances that the command line draws where no file is given."""

import numpy as np
from numpy.testing import assert_allclose

import circuitsim as cs
from circuitsim.cli.matrix_files import read_conductances


def spec_of(**device):
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 8, "cols": 8, "cell": "1r"},
            "device": device,
            "wire": {"r_row": 1.0, "r_col": 1.0},
            "driver": {"v_read": 0.1},
        }
    )


def test_they_are_uniform_in_their_logarithm():
    low, high = 1e-6, 1e-4
    expected = np.exp(np.random.default_rng(3).uniform(np.log(low), np.log(high), (8, 8)))
    found = read_conductances(spec_of(model="rram_sinh", g_min=low, g_max=high), None, 3)
    assert_allclose(found, expected, rtol=0, atol=0)


def test_a_device_with_two_states_gets_either():
    found = read_conductances(spec_of(model="mtj_pma", g_min=48e-6, g_max=166.7e-6), None, 3)
    assert set(np.unique(found)) == {48e-6, 166.7e-6}
