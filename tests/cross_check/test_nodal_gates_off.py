"""Rows whose gates are off, and gates near threshold."""

import numpy as np
import pytest

from circuitsim import levels
from circuitsim.errors import CellErrorWarning
from circuitsim.spec import parse_spec

SPEC = parse_spec(
    {
        "schema": 1,
        "array": {"rows": 12, "cols": 10},
        "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
        "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
        "wire": {"r_row": 2.0, "r_col": 3.0},
        "driver": {"v_read": 0.2, "r_out": 50.0},
        "sense": {"r_in": 50.0},
    }
)


@pytest.fixture(scope="module")
def arrays():
    rng = np.random.default_rng(5)
    return 10 ** rng.uniform(-6, -4, SPEC.shape), rng.uniform(0, 0.2, (4, 12))


@pytest.mark.parametrize("card", ["nmos_130", "nmos_bsim4_default"])
def test_gates_off(arrays, card):
    spec = SPEC.replace(access={"v_gate": 0.0, "model": card})
    truth = levels.solve(spec, *arrays, "ngspice").out
    with pytest.warns(CellErrorWarning, match="outputs may be off"):  # 1e-14 A of some 1e-11 A
        found = levels.solve(spec, *arrays, "nodal").out
    selected = levels.solve(SPEC, *arrays, "nodal").out
    assert np.abs(truth).max() < 1e-5 * selected.max()
    # 1e-14 A: ten times the abstol at which ngspice itself stops; 1e-10 of what selected rows carry.
    np.testing.assert_allclose(found, truth, rtol=1e-4, atol=1e-14)


@pytest.mark.parametrize("v_gate", [0.4, 0.6])
def test_gates_near_threshold_are_as_exact_as_others(arrays, v_gate):
    """No warning: the device and the transistor are characterized alone where one tensor states 1e-4."""
    spec = SPEC.replace(access={"v_gate": v_gate})
    truth = levels.solve(spec, *arrays, "ngspice")
    found = levels.solve(spec, *arrays, "nodal")
    off = np.abs(found.out - truth.out).max() / np.abs(truth.out).max()
    assert off < 1e-8 and found.cell_error.max() < 1e-6
