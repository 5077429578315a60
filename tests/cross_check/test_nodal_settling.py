"""Settling of a whole array by the array solver and by ngspice."""

import numpy as np
import pytest

from circuitsim import characterization, nodal
from circuitsim.errors import SettlingWarning
from circuitsim.netlist import Pulse
from circuitsim.spec import parse_spec
from circuitsim.truth import read_in_time


def settling_spec(n, cell):
    data = {
        "schema": 1,
        "array": {"rows": n, "cols": n, "cell": cell},
        "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
        "wire": {"r_row": 5.0, "r_col": 5.0, "c_row": 1e-15, "c_col": 1e-15},
        "driver": {"v_read": 0.2, "r_out": 200.0, "t_read": 2e-9},
        "sense": {"r_in": 100.0},
    }
    if cell == "1t1r":
        data["access"] = {"model": "nmos_bsim4_default", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8}
    return parse_spec(data)


# ngspice's waveform is a polygon through its time points: 1 ps on an edge of 20 ps leave 5e-4 of the output there (the
# difference falls with the square of the step); later the two agree to 1e-6. 32 x 32 takes ngspice half a minute.
@pytest.mark.parametrize(("n", "t_step"), [(12, 5e-13), (20, 1e-12)])
def test_waveforms_of_an_ohmic_array(n, t_step):
    spec = settling_spec(n, "1r")
    rng = np.random.default_rng(0)
    g, v_in = 10 ** rng.uniform(-6, -4, (n, n)), rng.uniform(0, 0.2, n)
    found = nodal.step_response(nodal.prepare(spec, g), v_in, t_edge=2e-11)
    pulse = Pulse(t_edge=2e-11, t_width=2e-9, t_stop=2e-9, t_step=t_step, v_rest=0.0)
    (truth,) = read_in_time(spec, g, v_in[None], pulse=pulse, band=found.band)
    expected = np.array([np.interp(found.time, truth.time, i) for i in truth.i_out.T]).T
    error = np.abs(found.i_out - expected).max(axis=1) / truth.i_final.max()
    assert error.max() < 1e-3
    assert error[found.time > 2e-10].max() < 1e-5
    assert np.abs(found.i_final - truth.i_final).max() < 1e-8 * truth.i_final.max()
    assert np.abs(found.charge / truth.charge - 1).max() < 1e-7
    assert np.abs(found.energy_row / truth.energy_row - 1).max() < 1e-5
    assert np.abs(found.settling / truth.settling - 1).max() < 1e-3
    assert np.abs(found.delay / truth.delay - 1).max() < 1e-3
    assert abs(found.energy / truth.energy - 1) < 1e-5


def test_final_currents_of_a_transistor_array(tmp_path):
    """Transistors add capacitances that the linear array does not have: it settles sooner, and says so."""
    spec = settling_spec(8, "1t1r")
    rng = np.random.default_rng(1)
    g, v_in = 10 ** rng.uniform(-6, -4, (8, 8)), rng.uniform(0, 0.2, 8)
    surface = characterization.cell(spec, cache=tmp_path)
    with pytest.warns(SettlingWarning, match=r"capacitances of the transistors.*truth.read_in_time"):
        found = nodal.step_response(nodal.prepare(spec, g, surface), v_in, t_edge=2e-11)
    (truth,) = read_in_time(spec, g, v_in[None], band=found.band)
    assert np.abs(found.i_out[-1] - truth.i_final).max() < 1e-5 * truth.i_final.max()
    assert np.all(found.settling < 0.6 * truth.settling)
