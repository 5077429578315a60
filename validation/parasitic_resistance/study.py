"""The digits network on passive arrays whose wires have some share of the cells' resistance."""

import circuitsim as cs
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.evaluation import NodalProduct
from circuitsim.network import evaluate, fit_ranges, load_network, program

G_MAX = 100e-6


def cases():
    """Resistance of a segment times the largest conductance."""
    return {"1e-5": 1e-5, "1e-4": 1e-4, "1e-3": 1e-3}


def accuracy(product):
    """Accuracy [%] on the test images."""
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 64, "cols": 64, "cell": "1r"},
            "device": {"model": "rram_ohmic", "g_min": G_MAX / 100, "g_max": G_MAX},
            "wire": {"r_row": product / G_MAX, "r_col": product / G_MAX},
            "driver": {"v_read": 0.2},
            "mapping": {"weights": "differential"},
        }
    )
    digits = load_digits()
    on_arrays = program(load_network(NETWORK), spec, NodalProduct(spec))
    ranges = fit_ranges(on_arrays, digits.train_images[:100])
    return 100 * evaluate(on_arrays, digits.test_images, digits.test_labels, ranges=ranges).accuracy


def compute(product):
    """Points lost."""
    return {"loss": accuracy(0.0) - accuracy(product)}
