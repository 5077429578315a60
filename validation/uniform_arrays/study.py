"""Uniform arrays: the exact series, the array solver, a behavioral tile and ngspice side by side.

All cells equal R, all inputs equal V, so the error of a column does not depend on V. With one segment at each end the
node voltages separate into products of sines along the rows and cosines along the columns:

    V_col = sum ψ_q(i) φ_p(j) u_qp,   φ_p(j) = 2/√(2M+1) sin((2p−1)πj/(2M+1)),
                                      ψ_q(i) = 2/√(2N+1) cos((2q−1)π(i−½)/(2N+1)),

with u_qp from one 2 × 2 system per mode. N rows, M columns, a = r_row/R, c = r_col/R.
"""

import numpy as np

import circuitsim as cs
from circuitsim import behavioral, netlist, nodal
from circuitsim.results import TileModel

V, NGSPICE_UP_TO = 1.0, 64
SERIES = ((64, 1e4, 2.5), (128, 1e4, 2.5), (64, 1e5, 2.5), (256, 1e5, 1.0), (512, 1e5, 1.0))
OTHER = ((4, 1.0), (4, 100.0), (16, 10.0), (64, 1.0))
SENSE = tuple((n, 10.0, r_end) for n in (8, 64) for r_end in (0.0, 10.0, 100.0))


def cases():
    """Specification and resistance of a wire segment [ohm], None where there is no series."""
    named = {f"{n} x {n}, R={r / 1e3:g}k, r={wire:g}": (uniform(n, r, wire), wire) for n, r, wire in SERIES}
    named |= {f"{n} x {n}, r={wire:g}": (uniform(n, 1e3, wire, first=False), None) for n, wire in OTHER}
    ends = {f"{n} x {n}, r={wire:g}, end={end:g}": (uniform(n, 1e3, wire, False, end), None) for n, wire, end in SENSE}
    return named | ends


def uniform(n, r_cell, r_wire, first=True, r_end=0.0):
    """A passive array of n x n cells."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": n, "cols": n, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 0.5 / r_cell, "g_max": 1 / r_cell},
            "wire": {"r_row": r_wire, "r_col": r_wire, "first_row_segment": first},
            "driver": {"v_read": V},
            "sense": {"r_in": r_end},
        }
    )


def series(n, a):
    """Column currents (cols,) of n x n cells of 1 ohm at 1 V [A], a = r/R."""
    p, at = np.arange(1, n + 1), np.arange(1, n + 1)
    alpha = 2 - 2 * np.cos((2 * p - 1) * np.pi / (2 * n + 1))
    phi = 2 / np.sqrt(2 * n + 1) * np.sin(np.outer(2 * p - 1, at) * np.pi / (2 * n + 1))
    psi = 2 / np.sqrt(2 * n + 1) * np.cos(np.outer(2 * p - 1, at - 0.5) * np.pi / (2 * n + 1))
    beta = alpha[:, None]  # rows and columns are as many
    v = np.outer(psi.sum(axis=1), phi[:, 0]) * (beta + a) / ((alpha + a) * (beta + a) - a * a)
    return (psi.T @ (a * v / (beta + a)) @ phi)[-1] / a


def decks(case):
    """What ngspice runs."""
    spec, wire = case
    small = wire is not None and spec.array.rows <= NGSPICE_UP_TO
    return [netlist.crossbar(spec, full(spec), ones(spec)).text] if small else []


def full(spec):
    """All cells at R."""
    return np.full(spec.shape, spec.device.g_max)


def ones(spec):
    """All inputs at V."""
    return np.full((1, spec.array.rows), V)


def compute(case):
    """Relative errors of columns against the product without wires."""
    spec, wire = case
    ideal = spec.array.rows * spec.device.g_max * V

    def three(out):
        error = 1 - out / ideal
        return error[0], error[-1], error.mean()

    out = cs.solve(spec, full(spec), ones(spec), level="nodal").out[0]
    if wire is None:
        return {"mean": 1 - out.mean() / ideal}
    g_max = spec.device.g_max
    model = TileModel(spec, nodal.ohmic((0.5 * g_max, g_max), (0.0, V)), 1, (0.0, V))
    tile = behavioral.program(model, full(spec))
    found = {"series": three(series(spec.array.rows, wire * g_max) * g_max * V), "nodal": three(out)}
    found["tile"] = three(behavioral.mvm(tile, ones(spec))[0])
    if decks(case):
        found["ngspice"] = three(cs.solve(spec, full(spec), ones(spec), level="ngspice").out[0])
    return found
