"""The digits network in the first or the last 64 columns of arrays of 512; what lies beside it is drawn."""

import numpy as np

import circuitsim as cs
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.network import evaluate, fit_ranges, load_network, program

N, COLS, G_MAX = 64, 512, 100e-6


def cases():
    """Resistance of a segment times the largest conductance; None for the product that loses 2 points."""
    return {"1e-5": 1e-5, "2e-5": 2e-5, "5e-5": 5e-5, "2 points": None}


def array(cols, product):
    """Passive cells, driven from the left and sensed at the bottom."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": N, "cols": cols, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": G_MAX / 100, "g_max": G_MAX},
            "wire": {"r_row": product / G_MAX, "r_col": product / G_MAX},
            "driver": {"v_read": 0.2},
        }
    )


def matrix(product, first=0, tile=None):
    """What 512 columns multiply by [S], and drawn conductances [S]; a tile may take the place of 64 columns."""
    g = np.random.default_rng(0).uniform(G_MAX / 100, G_MAX / 2, (N, COLS))
    g[:, first : first + N] = g[:, first : first + N] if tile is None else tile
    return cs.effective_matrix(cs.prepare(array(COLS, product), g, level="nodal")), g


def accuracy(product, first):
    """Accuracy [%] of the network in 64 columns from a first one on."""
    digits, part = load_digits(), slice(first, first + N)

    def tile(_, g):
        return matrix(product, first, g)[0][:, part].__rmatmul__

    on_arrays = program(load_network(NETWORK), array(N, product), tile)
    ranges = fit_ranges(on_arrays, digits.train_images[:100])
    return 100 * evaluate(on_arrays, digits.test_images, digits.test_labels, ranges=ranges).accuracy


def lost(product):
    """Points that the last 64 columns lose against the first."""
    return accuracy(product, 0) - accuracy(product, COLS - N)


def compute(product):
    """Points lost, and how much more current the last columns lose; or the product."""
    if product is None:
        low, high = 1e-5, 1e-4
        for _ in range(6):
            middle = np.sqrt(low * high)
            low, high = (middle, high) if lost(middle) < 2 else (low, middle)
        return {"product": np.sqrt(low * high)}
    w, g = matrix(product)
    missing = 1 - w.sum(axis=0) / g.sum(axis=0)
    return {"lost": lost(product), "ratio": missing[-N:].mean() / missing[:N].mean()}
