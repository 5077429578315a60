"""Weights of 8 bits in cells of 1 to 8 bits whose conductances err: a Fourier matrix and the digits network."""

import numpy as np

import circuitsim as cs
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.network import evaluate, fit_ranges, load_network, program, scheme_of

G_MAX, POINTS, SEEDS = 100e-6, 256, 4


def cases():
    """Bits of a cell, and how its error follows its conductance."""
    return {f"{bits} bits, {kind}": (bits, kind) for kind in ("proportional", "independent") for bits in (4, 2, 1)}


def array(bits, on_off=1000.0):
    """Cells without wires or converters."""
    return cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 64, "cols": 64, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": G_MAX / on_off, "g_max": G_MAX},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
            "mapping": {"bits_per_cell": bits, "weight_bits": 8},
        }
    )


def erring(g, kind, sigma, rng):
    """Conductances with normal errors, relative to each or to the largest."""
    return g + sigma * (g if kind == "proportional" else G_MAX) * rng.standard_normal(g.shape)


def errors(bits, kind, sigma=0.15):
    """Mean errors of the weights of a Fourier matrix, of the largest, and of its products with drawn inputs."""
    n, rng = np.arange(POINTS), np.random.default_rng(0)
    w = np.cos(2 * np.pi * np.outer(n, n) / POINTS)
    scheme = scheme_of(array(bits))
    read = erring(scheme.conductances(w, w_max=1.0), kind, sigma, rng)
    y = scheme.numbers(read, np.zeros(POINTS), w_max=1.0, v_per_unit=1.0)  # a vector for each row
    return np.array([np.abs(y - w).mean(), np.abs(rng.random((300, POINTS)) @ (y - w)).mean()])


def accuracy(bits, kind, sigma=0.3):
    """Accuracy [%] of the network, mean of the draws."""
    spec, digits, found = array(bits), load_digits(), []
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)

        def product(_, g, rng=rng):
            return erring(g, kind, sigma, rng).__rmatmul__

        on_arrays = program(load_network(NETWORK), spec, product)
        ranges = fit_ranges(on_arrays, digits.train_images[:100])
        found.append(evaluate(on_arrays, digits.test_images, digits.test_labels, ranges=ranges).accuracy)
    return 100 * np.mean(found)


def compute(case):
    """Errors over those of one cell a weight, and points of accuracy gained against it."""
    bits, kind = case
    weights, products = errors(bits, kind) / errors(8, kind)
    return {"weights": weights, "products": products, "gained": accuracy(bits, kind) - accuracy(8, kind)}
