"""Conductances reprogrammed against the wires: the error before and after, in ngspice."""

import numpy as np

from circuitsim import characterization, nodal, spice, truth
from circuitsim.netlist import crossbar
from circuitsim.spec import parse_spec


def test_compensation_holds_in_ngspice():
    spec = parse_spec(
        {
            "schema": 1,
            "array": {"rows": 16, "cols": 12, "cell": "1t1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-6, "g_max": 1e-4},
            "access": {"model": "nmos_bsim4_default", "w": 1e-6, "l": 0.13e-6, "v_gate": 1.8},
            "wire": {"r_row": 10.0, "r_col": 10.0},
            "driver": {"v_read": 0.2},
        }
    )
    rng = np.random.default_rng(0)
    wanted, v_in = 10 ** rng.uniform(-5.5, -4.4, (16, 12)), rng.uniform(0, 0.2, (48, 16))
    surface = characterization.cell(spec)
    found = nodal.compensate(spec, wanted, surface, v_in=v_in)
    fresh = rng.uniform(0, 0.2, (6, 16))  # inputs that the compensation has not seen

    def error(g):
        netlist = crossbar(spec, g, fresh)
        out = truth.solution_of(spec, netlist, spice.run(netlist)).out
        return np.sqrt(np.mean((out - fresh @ wanted) ** 2)) / np.abs(fresh @ wanted).max()

    before, after = error(wanted), error(found.g)
    # What is left is the transistor's curvature, which no conductance mends.
    assert after < 0.02 * before
    assert abs(before - found.before) < 0.2 * found.before
    assert after < 2 * found.after
