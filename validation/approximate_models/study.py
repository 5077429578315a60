"""Fast models of wires and a tile on the same drawn arrays; the array solver, exact for these cells, is the judge."""

import numpy as np

import circuitsim as cs
from circuitsim import behavioral, levels, nodal
from circuitsim.results import TileModel

R_WIRE, ON_OFF, VECTORS = 2.0, 40.0, 20


def cases():
    """Rows and columns, resistance of a cell that is on [ohm], device."""
    sizes = {"32 x 32": 32, "128 x 128": 128, "256 x 256": 256}
    ohmic = {
        f"{name}, {r}": (n, ohm, "rram_ohmic") for name, n in sizes.items() for r, ohm in (("1k", 1e3), ("100k", 1e5))
    }
    return ohmic | {f"{name}, sinh": (n, 1e5, "rram_sinh") for name, n in sizes.items()}


def array(n, r_on, device):
    """A square passive array with wires."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": n, "cols": n, "cell": "1r"},
            "device": {"model": device, "g_min": 1 / (ON_OFF * r_on), "g_max": 1 / r_on},
            "wire": {"r_row": R_WIRE, "r_col": R_WIRE},
            "driver": {"v_read": 0.5},
        }
    )


def jeong(g, r_on):
    """One factor a column, from a mean resistance that weighs a resistance R by R^-0.2."""
    n, m = g.shape
    weights = np.array([1.0, ON_OFF]) ** -0.2
    mean = r_on * weights @ [1.0, ON_OFF] / weights.sum()
    rows, column = R_WIRE * np.cumsum(np.arange(m, 0, -1)), R_WIRE * n * (n + 1) / 2
    return g * mean / (mean + rows + column)


def along_wires(g, columns, rows):
    """Cells times the shares of voltage at them, along columns and rows whose currents are as without wires."""
    i, j = np.arange(g.shape[0]), np.arange(g.shape[1])
    above, behind = np.maximum(i[:, None] - i, 0), np.maximum(j - j[:, None], 0)
    alpha = (1 + R_WIRE * above @ columns) / (1 + R_WIRE * (len(i) - i) @ columns)
    beta = (1 + R_WIRE * rows @ behind.T) / (1 + R_WIRE * rows @ (j + 1))[:, None]
    return g * alpha * beta


def compute(case):
    """Mean relative error of the currents, or ratios of these errors."""
    n, r_on, device = case
    spec, rng = array(*case), np.random.default_rng(0)
    g, v = rng.uniform(spec.device.g_min, spec.device.g_max, spec.shape), 0.5 * rng.random((VECTORS, n))
    surface = levels.surface_of(spec) or nodal.ohmic((spec.device.g_min, spec.device.g_max), (0.0, 0.5))
    tile = behavioral.program(TileModel(spec, surface, 1 if device == "rram_ohmic" else 2, (0.0, 0.5)), g)
    truth = cs.solve(spec, g, v, level="nodal").out

    def error(out):
        return np.abs(out / truth - 1).mean()

    ours = error(behavioral.mvm(tile, v))
    if device != "rram_ohmic":
        return {"nonlinear": ours, "linear": error(v @ along_wires(g, g, g)) / ours}
    means = along_wires(g, g.mean(axis=1)[:, None], g.mean(axis=0)[None])
    by = {"jeong": error(v @ jeong(g, r_on)), "dmr": error(v @ means), "alpha_beta": error(v @ along_wires(g, g, g))}
    order = {"jeong_dmr": by["jeong"] / by["dmr"], "dmr_alpha_beta": by["dmr"] / by["alpha_beta"]}
    bounded = {"alpha_beta": by["alpha_beta"]} if r_on > 1e4 else {}
    return {"tile": ours, **bounded, **order}
