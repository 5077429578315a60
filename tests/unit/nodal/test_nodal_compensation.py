import numpy as np
import pytest
from nodal_cells import SinhWithTransistor

from circuitsim import nodal
from circuitsim.errors import InputError, OutsideRangeError
from circuitsim.spec import parse_spec


def array_spec(rows, cols, r):
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
            "wire": {"r_row": r, "r_col": r},
            "driver": {"v_read": 0.2},
        }
    )


def test_an_ohmic_array_is_made_to_compute_the_wanted_matrix():
    spec = array_spec(24, 20, 5.0)
    wanted = 10 ** np.random.default_rng(0).uniform(-5.5, -4.5, (24, 20))
    found = nodal.compensate(spec, wanted)
    assert found.before > 1e-2
    assert found.after < 1e-8
    w = nodal.effective_matrix(nodal.prepare(spec, found.g))
    assert np.abs(w - wanted).max() < 1e-7 * wanted.max()


def test_a_wanted_zero_stays_an_open_cell():
    wanted = np.full((6, 5), 2e-5)
    wanted[3, 4] = 0.0
    found = nodal.compensate(array_spec(6, 5, 5.0), wanted)
    assert found.g[3, 4] == 0.0
    assert found.after < 1e-3 * found.before  # what is left is the sneak current to the open cell's column


def test_a_nonlinear_array_comes_closer():
    spec = array_spec(16, 12, 10.0)
    rng = np.random.default_rng(1)
    wanted, v_in = 10 ** rng.uniform(-5.5, -4.5, (16, 12)), rng.uniform(0, 0.2, (64, 16))
    surface = SinhWithTransistor(v0=2.0).surface()
    found = nodal.compensate(spec, wanted, surface, v_in=v_in)
    assert found.after < 0.2 * found.before


def test_the_range_of_the_device_is_kept_and_told():
    spec = array_spec(32, 32, 10.0)
    found = nodal.compensate(spec, np.full((32, 32), 8e-5))
    assert found.g.max() <= 1e-4
    assert found.at_limit > 0.1
    assert found.after < found.before


def test_bad_input_is_named(sinh_surface):
    spec = array_spec(4, 4, 1.0)
    with pytest.raises(InputError, match="at least rows = 4 vectors"):
        nodal.compensate(spec, np.full((4, 4), 1e-5), sinh_surface)
    with pytest.raises(OutsideRangeError, match=r"g\[0, 0\] = 0.001 S"):
        nodal.compensate(spec, np.full((4, 4), 1e-3))
