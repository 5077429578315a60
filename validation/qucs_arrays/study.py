"""Passive arrays of 5 x 4 resistors, with and without wires, by the array solver and by ngspice."""

import numpy as np

import circuitsim as cs
from circuitsim import netlist

OHM = 10.0 * np.arange(1, 21).reshape(5, 4)
X = {"1": [0.0, 1.0, 2.0, 3.0, 4.0], "2": [3.0, 2.0, -1.0, 2.0, 3.0]}


def cases():
    """Resistances of wires [ohm], conductances [S], inputs [V]."""
    wired, plain = (1.0, 2.0), (0.0, 0.0)
    return {
        "a-1": (plain, 1 / OHM, X["1"]),
        "a-2": (plain, 1 / OHM, X["2"]),
        "b-1": (wired, 1 / OHM, X["1"]),
        "b-2": (wired, 1 / OHM, X["2"]),
        "open": (wired, 0 * OHM, X["1"]),
    }


def spec_of(case):
    """The array of a case."""
    (r_row, r_col), _, _ = case
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 5, "cols": 4, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-3, "g_max": 0.1},
            "wire": {"r_row": r_row, "r_col": r_col},
            "driver": {"v_read": 4.0},
            "mapping": {"inputs": "two_phase"},
        }
    )


def decks(case):
    """What ngspice runs."""
    _, g, x = case
    return [netlist.crossbar(spec_of(case), g, [x]).text] if g.any() else []


def compute(case):
    """Currents by both; voltages of the last row where wires have a resistance."""
    _, g, x = case
    found = cs.solve(spec_of(case), g, [x], level="nodal", nodes=True)
    results = {"i_out": found.out[0]}
    if g.any():
        results["i_out_ngspice"] = cs.solve(spec_of(case), g, [x], level="ngspice").out[0]
    return results | {"v_row": found.v_row[0, -1], "v_col": found.v_col[0, -1]}
