"""IR drop of 128 x 128 cells with plain lines, with tapered ones of the same metal, and with dummy cells around."""

import numpy as np

import circuitsim as cs

N, OHM, VECTORS = 128, 1.0, 20
DUMMIES = {"dummy_rows": 2, "dummy_cols": 2}


def cases():
    """Keys of [wire] and of [technique]."""
    width = 2 * np.arange(N, 0, -1) / (N + 1)  # from the used end on, by the number of cells behind; mean 1
    by_current = {"r_row": np.tile(OHM / width, (N, 1)), "r_col": np.tile(OHM / width[::-1, None], (1, N))}
    half = {"taper_row": 0.5, "taper_col": 0.5}
    return {
        "taper of a half": (half, {}),
        "width by current": (by_current, {}),
        "dummies alone": ({}, DUMMIES),
        "taper and dummies": (half, DUMMIES),
    }


def error(wire, technique, share=1.0):
    """Rms error of the currents, of the largest one without wires; `share` of the conductances makes so much drop."""
    low, high = share * 1e-6, share * 50e-6
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": N, "cols": N, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": low, "g_max": high},
            "wire": {"r_row": OHM, "r_col": OHM, **wire},
            "technique": technique,
            "driver": {"v_read": 0.2},
        }
    )
    rng = np.random.default_rng(0)
    g, x = rng.uniform(low, high, (N, N)), 0.2 * rng.random((VECTORS, N))
    lost = x @ g - cs.solve(spec, g, x, level="nodal").out
    return np.sqrt(np.mean(lost**2)) / (x @ g).max()


def compute(changes):
    """Shares of the error that the changes remove: as it is, of a fiftieth of the drop, with dummies that are open."""
    wire, technique = changes
    open_cells = {"g_dummy": 1e-12} if technique else {}
    return {
        "removed": 1 - error(wire, technique) / error({}, {}),
        "small_drop": 1 - error(wire, technique, 0.02) / error({}, {}, 0.02),
        "open_dummies": 1 - error(wire, technique | open_cells) / error({}, {}),
    }
