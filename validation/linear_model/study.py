"""Drawn cells and inputs by ngspice, by a tile, and by a network of resistors with the same wires."""

import numpy as np

import circuitsim as cs
from circuitsim import behavioral, levels
from circuitsim.results import TileModel

N, VECTORS = 32, 6


def cases():
    """Read voltage [V]."""
    return {"0.25 V": 0.25, "0.5 V": 0.5}


def array(v_read, cell, device, **more):
    """An array with wires."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": N, "cols": N, "cell": cell},
            "device": {"model": device, "g_min": "1u", "g_max": "50u"},
            "wire": {"r_row": 2.5, "r_col": 2.5},
            "driver": {"v_read": v_read, "r_out": 500.0},
            "sense": {"r_in": 100.0},
            **more,
        }
    )


def compute(v_read):
    """Errors of both models against ngspice."""
    rng = np.random.default_rng(0)
    spec = array(v_read, "1t1r", "rram_sinh", access={"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8})
    g, x = rng.uniform(1e-6, 50e-6, spec.shape), v_read * rng.random((VECTORS, N))
    truth = cs.solve(spec, g, x, level="ngspice").out
    model = TileModel(spec, levels.surface_of(spec), 2, (0.0, v_read))
    tile = behavioral.mvm(behavioral.program(model, g), x)
    linear = cs.solve(array(v_read, "1r", "rram_ohmic"), g, x, level="nodal").out
    off = [np.sqrt(np.mean((out - truth) ** 2)) / truth.max() for out in (linear, tile)]
    return {"ratio": off[0] / off[1], "linear": off[0]}
