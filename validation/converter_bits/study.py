"""Sums of small whole numbers through an ideal array and its ADC, with more and more bits until none is wrong."""

import warnings

import numpy as np

import circuitsim as cs
from circuitsim.errors import ClippingWarning

UNIT, V = 1e-6, 0.2


def cases():
    """Rows, bits of a weight, bits of an input."""
    tried = ((128, 2, 1), (128, 1, 1), (64, 2, 2), (16, 3, 2))
    return {f"{rows} rows, {weight} b x {x} b": (rows, weight, x) for rows, weight, x in tried}


def is_exact(bits, rows, cells, inputs, g, x):
    """Tell whether an ADC of so many bits reads every sum."""
    steps = 2**inputs - 1
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": rows, "cols": g.shape[1], "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": UNIT / 1000, "g_max": (2**cells - 1) * UNIT},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": V, "dac_bits": inputs},
            "adc": {"bits": bits, "full_scale": (2**bits - 1) * UNIT * V / steps},
        }
    )
    with warnings.catch_warnings(category=ClippingWarning, action="ignore"):  # an ADC of too few bits clips
        return np.array_equal(cs.convert_codes(spec, g * UNIT, x, level="nodal").codes, x @ g)


def compute(case):
    """Least bits: columns of weights from all at the largest level down to none, and drawn ones."""
    rows, cells, inputs = case
    rng = np.random.default_rng(0)
    g = rng.integers(0, 2**cells, (rows, 8))
    g[:, 0], g[:, 1] = 2**cells - 1, 0
    x = rng.integers(0, 2**inputs, (8, rows))
    x[0] = 2**inputs - 1
    return {"bits": next(bits for bits in range(1, 17) if is_exact(bits, rows, cells, inputs, g, x))}
