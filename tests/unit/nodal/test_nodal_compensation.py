import numpy as np
import pytest
from nodal_cells import SinhWithTransistor
from numpy.testing import assert_allclose

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
    assert found.at_limit == np.mean(found.g == 1e-4) > 0.1
    assert found.after < found.before


def test_the_error_is_that_of_the_outputs_and_the_first_step_without_gain_is_the_last():
    spec = array_spec(6, 5, 50.0)
    wanted = 10 ** np.random.default_rng(2).uniform(-5.5, -4.5, (6, 5))
    v_in = 0.2 * np.eye(6)
    for steps in (3, 20):
        found = nodal.compensate(spec, wanted, steps=steps)
        for g, error in ((wanted, found.before), (found.g, found.after)):
            off = nodal.read(nodal.prepare(spec, g), v_in).out - v_in @ wanted
            assert error == pytest.approx(np.sqrt(np.mean(off**2)) / (0.2 * wanted.max()), rel=1e-6, abs=1e-15)
        gains = -np.diff(found.history)
        assert found.before == found.history[0] and found.after == min(found.history)
        assert np.all(gains[:-1] > 0) and (len(gains) == steps if steps == 3 else gains[-1] <= 0)


def test_a_step_changes_a_conductance_by_a_factor_of_two_at_most():
    """Far cells behind long wires need more than twice, one among cells of a thousand times less than half."""
    spec = array_spec(16, 16, 500.0).replace(device={"g_min": 1e-9})
    wanted = np.full((16, 16), 2e-5)
    wanted[2, 3] = 1e-8
    w = nodal.effective_matrix(nodal.prepare(spec, wanted))
    found = nodal.compensate(spec, wanted, steps=1)
    assert (wanted / w).max() > 3 and (wanted / w).min() < 0.4
    assert_allclose(found.g / wanted, np.clip(wanted / w, 0.5, 2.0), rtol=1e-9, atol=0)


def test_as_many_inputs_as_rows_are_enough(sinh_surface):
    spec, wanted = array_spec(4, 3, 5.0), np.full((4, 3), 2e-5)
    assert nodal.compensate(spec, wanted, sinh_surface, v_in=0.2 * np.eye(4), steps=1).after < 0.1


def test_bad_input_is_named(sinh_surface):
    spec = array_spec(4, 4, 1.0)
    with pytest.raises(InputError, match="at least rows = 4 vectors"):
        nodal.compensate(spec, np.full((4, 4), 1e-5), sinh_surface)
    with pytest.raises(OutsideRangeError, match=r"g\[0, 0\] = 0.001 S"):
        nodal.compensate(spec, np.full((4, 4), 1e-3))
