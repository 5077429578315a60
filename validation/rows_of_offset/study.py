"""Products of signed weights through an ADC of 8 bits, about the middle of the range or as pairs, over the rows."""

import numpy as np

import circuitsim as cs
from circuitsim.network import scheme_of

ROWS, OUTPUTS, VECTORS, V_READ = (36, 72, 144, 288, 576, 1152), 40, 200, 0.2


def cases():
    """Bits of the ADC."""
    return {"8 bits": 8}


def error(rows, weights, bits):
    """Rms error of the products after the ADC, of the rms of the products; range: the largest current."""
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": 2 * OUTPUTS, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": 1e-7, "g_max": 100e-6},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": V_READ},
            "mapping": {"weights": weights},
        }
    )
    scheme, rng = scheme_of(spec), np.random.default_rng(rows)
    w, x = rng.standard_normal((rows, OUTPUTS)), rng.random((VECTORS, rows))
    w_max, v = np.abs(w).max(), V_READ * x
    i_out = v @ scheme.conductances(w, w_max=w_max)
    lsb = i_out.max() / (2**bits - 1)
    coded = np.round(i_out / lsb) * lsb
    y = scheme.numbers(coded, v.sum(axis=1), w_max=w_max, v_per_unit=V_READ)
    return np.sqrt(np.mean((y - x @ w) ** 2)) / (x @ w).std()


def compute(bits):
    """Powers of the rows with which both errors grow, and how far pairs of 1152 rows stay below 144 rows of offset."""
    found = {name: [error(rows, name, bits) for rows in ROWS] for name in ("offset", "differential")}
    powers = {name: np.polyfit(np.log(ROWS), np.log(errors), 1)[0] for name, errors in found.items()}
    return {
        "power": powers["offset"],
        "power_pairs": powers["differential"],
        "margin": found["offset"][ROWS.index(144)] / found["differential"][-1],
        "errors": [*found["offset"], *found["differential"]],
    }
