"""The digits network at 0 and 60 °C on cells whose resistance grows by 3 % in 10 K, with ranges of 25 °C."""

from pathlib import Path

import circuitsim as cs
from circuitsim import characterization
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.evaluation import BehavioralProduct, score_draws
from circuitsim.network import evaluate, fit_ranges, load_network, program
from circuitsim.results import TileModel

G_MIN, G_MAX = 1e-6, 100e-6


def cases():
    """How weights of both signs lie on the cells."""
    return {"pairs": "differential", "reference column": "reference", "middle, digital": "offset"}


def lost(product, celsius, compensation):
    """Points lost at a temperature against the float network."""
    digits = load_digits()
    found = score_draws(
        load_network(NETWORK),
        product,
        digits.test_images,
        digits.test_labels,
        calibration_images=digits.train_images[:100],
        seeds=(0,),
        causes=(),
        compensations=(compensation,),
        temperature_c=celsius,
    )
    return 100 * (found.floating - found.scores.item())


def compute(weights):
    """Accuracy at 25 °C, points lost at other temperatures, and at 60 °C after a trim of each column."""
    spec = cs.parse_spec(
        {
            "schema": 1,
            "array": {"rows": 64, "cols": 64, "cell": "1r", "temperature_c": 25.0},
            "device": {"folder": str(Path(__file__).with_name("warm_ohmic")), "g_min": G_MIN, "g_max": G_MAX},
            "wire": {"r_row": 0.0, "r_col": 0.0},
            "driver": {"v_read": 0.2},
            "mapping": {"weights": weights},
        }
    )
    surface = characterization.cell(spec, g_range=(0.8 * G_MIN, 1.2 * G_MAX))  # as far as the temperatures reach
    product = BehavioralProduct(TileModel(spec, surface, 1, (0.0, 0.2)))
    digits, net = load_digits(), load_network(NETWORK)
    known = program(net, spec, product)
    ranges = fit_ranges(known, digits.train_images[:100])
    kept = evaluate(known, digits.test_images, digits.test_labels, ranges=ranges).accuracy
    return {
        "kept": 100 * kept,
        "warm": lost(product, 60.0, "none"),
        "cold": lost(product, 0.0, "none"),
        "trimmed": lost(product, 60.0, "column"),
    }
