"""Products of pairs of cells that vary by 10 %, and the digits network on them, between converters of 8 bits."""

import numpy as np

import circuitsim as cs
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.network import evaluate, fit_ranges, load_network, program

N, G_MIN, G_MAX, SEEDS = 64, 1e-6, 100e-6, 5


def cases():
    """Factor on each conductance, from a generator and a shape."""
    return {
        "none": lambda rng, shape: np.ones(shape),
        "uniform, 10 % at most": lambda rng, shape: rng.uniform(0.9, 1.1, shape),
        "normal, sigma 10 %": lambda rng, shape: 1 + 0.1 * rng.standard_normal(shape),
    }


def accuracy(factor, seed):
    """Accuracy [%] of the network with DACs, ADCs and cells of 8 bits."""
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": N, "cols": N, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": G_MIN, "g_max": G_MAX},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2, "dac_bits": 8},
            "adc": {"bits": 8},
            "mapping": {"bits_per_cell": 8},
        }
    )
    digits, rng = load_digits(), np.random.default_rng(seed)
    on_arrays = program(load_network(NETWORK), spec, lambda _, g: (g * factor(rng, g.shape)).__rmatmul__)
    ranges = fit_ranges(on_arrays, digits.train_images[:100])
    return 100 * evaluate(on_arrays, digits.test_images, digits.test_labels, ranges=ranges).accuracy


def output_bits(factor):
    """Bits of a product of 64 rows: of an ideal ADC over the largest outputs that errs as much, its own error too."""
    rng = np.random.default_rng(0)
    w, x = rng.standard_normal((N, 1000)), rng.random((500, N))
    up, down = (G_MIN + (G_MAX - G_MIN) * np.maximum(side, 0) / np.abs(w).max() for side in (w, -w))
    exact = x @ (up - down)
    read = x @ (up * factor(rng, w.shape) - down * factor(rng, w.shape))
    full_scale = np.abs(exact).max()
    coded = np.round(read * 2**7 / full_scale) * full_scale / 2**7
    return np.log2(2 * full_scale / (np.sqrt(12) * np.sqrt(np.mean((coded - exact) ** 2))))


def compute(factor):
    """Bits of a product, and mean accuracy lost against the float network."""
    digits, net = load_digits(), load_network(NETWORK)
    ideal = 100 * np.mean(net.run_float(digits.test_images).argmax(axis=1) == digits.test_labels)
    return {
        "bits": output_bits(factor),
        "lost": ideal - np.mean([accuracy(factor, seed) for seed in range(SEEDS)]),
    }
