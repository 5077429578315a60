"""W = fftshift(Re DFT) of 256 points, positive and negative weights in arrays of their own, one input vector."""

import numpy as np

import circuitsim as cs
from circuitsim import netlist

N, G_MIN, G_MAX = 256, 1e-6, 1e-3


def cases():
    """Resistance of a wire segment [ohm], and rows of a tile."""
    return {"0.005": (0.005, N), "0.05": (0.05, N), "0.05 tiled": (0.05, 64)}


def matrices():
    """Conductances (rows, cols) [S] of the array of positive and of that of negative weights."""
    w = np.fft.fftshift(np.real(np.fft.fft(np.eye(N))), axes=0).T
    return tuple(G_MIN + np.maximum(side * w, 0) * (G_MAX - G_MIN) for side in (1, -1))


def tile_spec(r_wire, rows):
    """The array of a tile."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": rows, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": G_MIN, "g_max": G_MAX},
            "wire": {"r_row": r_wire, "r_col": r_wire},
            "driver": {"v_read": 1.0},
        }
    )


def tiles(case):
    """Specification, and conductances and inputs of every tile with its sign and columns."""
    r_wire, rows = case
    x = np.zeros(N)
    x[122:135] = 1.0
    parts = [slice(k, k + rows) for k in range(0, N, rows)]
    used = [(row, col) for row in parts if x[row].any() for col in parts]
    listed = [
        (sign, col, g[row, col], x[row]) for sign, g in zip((1, -1), matrices(), strict=True) for row, col in used
    ]
    return tile_spec(r_wire, rows), listed


def decks(case):
    """What ngspice runs: one of the tiles."""
    spec, listed = tiles(case)
    return [netlist.crossbar(spec, listed[0][2], [listed[0][3]]).text] if case[1] == 64 else []


def compute(case):
    """Features of |y|."""
    spec, listed = tiles(case)
    y = np.zeros(N)
    for sign, col, g, x in listed:
        y[col] += sign * cs.solve(spec, g, [x], level="nodal").out[0] / (G_MAX - G_MIN)
    y = np.abs(y)
    if case[1] == N:
        return {"peak": y.max(), "dip": y[128], "solved": (y.max(), y[128])}
    _, _, g, x = listed[0]
    truth, solved = (cs.solve(spec, g, [x], level=level).out[0] for level in ("ngspice", "nodal"))
    off = np.abs(truth - solved).max() / solved.max()
    return {"peak": y.max(), "solved_tiled": (y.max(), np.argmax(y)), "ngspice_off": off}
