"""Settling of 1t1r arrays: 32 x 32 against ngspice, with inputs on bit lines and on gates, and 256 x 256 in time.

Run it with `pytest tests/benchmark/test_nodal_settling_speed.py -s`; it takes about two minutes. Processor time on one
core of an EPYC: 32 x 32 in 0.4 s on bit lines and 1.5 s on gates, 64 x 64 on gates in 6 s, 256 x 256 on bit lines in
11 s; ngspice 39 takes a minute for 32 x 32.
"""

import time

import numpy as np
import pytest

from circuitsim import characterization, nodal
from circuitsim.netlist import Pulse
from circuitsim.spec import parse_spec
from circuitsim.truth import read_in_time


def settling_spec(n, r, t_read, line="bl"):
    beside = {"r_bl": r, "c_bl": 1e-15} if line == "wl" else {}
    return parse_spec(
        {
            "schema": 1,
            "array": {"rows": n, "cols": n, "input_line": line},
            "device": {"model": "rram_sinh", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_130", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.3},
            "wire": {"r_row": r, "r_col": r, "c_row": 1e-15, "c_col": 1e-15, **beside},
            "driver": {"v_read": 0.2, "r_out": 200.0, "t_read": t_read},
            "sense": {"r_in": 100.0},
        }
    )


def follow(spec, seed):
    rng = np.random.default_rng(seed)
    n = spec.array.rows
    g, x = 10 ** rng.uniform(-6, -4, (n, n)), rng.uniform(0, 0.2, n)
    if spec.array.input_line == "wl":
        x = (x > 0.08).astype(float)
        surface, off = characterization.gated_cells(spec)
        array = nodal.prepare(spec, g, surface, off=off)
    else:
        surface = characterization.cell(spec)
        array = nodal.prepare(spec, g, surface)
    dynamics = characterization.cell_dynamics(spec, surface)
    nodal.step_response(array, x, dynamics, t_edge=spec.driver.t_read, t_stop=spec.driver.t_read, tol=1e-2)  # compiles
    start = time.process_time()
    found = nodal.step_response(array, x, dynamics, t_edge=0.01 * spec.driver.t_read)
    return g, x, found, time.process_time() - start


def beside_ngspice(line):
    """Seconds of the array solver and of ngspice for 32 x 32, and by how much settling and energy are off."""
    spec = settling_spec(32, 5.0, 2e-9, line)
    g, x, found, taken = follow(spec, 1)
    pulse = Pulse(t_edge=2e-11, t_width=2e-9, t_stop=2e-9, t_step=4e-12, v_rest=0.0)
    start = time.perf_counter()
    (truth,) = read_in_time(spec, g, x[None], pulse=pulse, band=found.band)
    of_ngspice = time.perf_counter() - start
    settling, energy = np.abs(found.settling / truth.settling - 1).max(), abs(found.energy / truth.energy - 1)
    return taken, of_ngspice, settling, energy


@pytest.mark.filterwarnings("ignore::circuitsim.errors.SettlingWarning")  # of the read that compiles
@pytest.mark.parametrize("line", ["bl", "wl"])
def test_32_x_32_settles_as_in_ngspice(line):
    taken, of_ngspice, settling, energy = beside_ngspice(line)
    print(f"{line}: nodal {taken:.1f} s, ngspice {of_ngspice:.1f} s; settling off {settling:.1e}, energy {energy:.1e}")
    assert settling < 5e-3 and energy < 5e-3
    assert taken < 0.1 * of_ngspice


@pytest.mark.filterwarnings("ignore::circuitsim.errors.SettlingWarning")
@pytest.mark.parametrize(("line", "most"), [("bl", 20), ("wl", 120)])
def test_256_x_256_settles_in_seconds_where_ngspice_takes_hours(line, most):
    _, _, found, taken = follow(settling_spec(256, 1.0, 2e-8, line), 1)
    print(f"{line} 256 x 256: {taken:.1f} s, {len(found.time)} points, settling {found.settling.max():.3g} s")
    assert np.all(np.isfinite(found.settling))
    assert taken < most
