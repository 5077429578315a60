"""The digits on a characterized array under every mapping of weights: what wires and levels do to each."""

import warnings

import numpy as np
import pytest

import circuitsim as cs
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.errors import ClippingWarning
from circuitsim.evaluation import BehavioralProduct
from circuitsim.network import evaluate, fit_ranges, load_network, program

ARRAY = {
    "schema": 1,
    "array": {"rows": 64, "cols": 64},
    "device": {"model": "rram_sinh", "params": {"v0": 0.25}, "g_min": "1u", "g_max": "100u"},
    "access": {"model": "nmos_130", "w": "1u", "l": "0.13u", "v_gate": 1.8},
    "wire": {"r_row": 2.0, "r_col": 2.0},
    "driver": {"v_read": 0.2, "r_out": 50, "dac_bits": 8},
    "sense": {"r_in": 50},
    "adc": {"bits": 8},
}


@pytest.fixture(scope="module")
def accuracy():
    spec = cs.ArraySpec.model_validate(ARRAY)
    model = cs.calibrate(spec, rng=np.random.default_rng(0), truth="nodal", search="none")[0]
    digits, network = load_digits(), load_network(NETWORK)

    def score(**mapping):
        programmed = program(network, spec.replace(mapping=mapping), BehavioralProduct(model))
        ranges = fit_ranges(programmed, digits.train_images[:200])
        with warnings.catch_warnings():  # the products of a layer that went wrong drive the next one out of its range
            warnings.simplefilter("ignore", ClippingWarning)
            found = evaluate(programmed, digits.test_images, digits.test_labels, ranges=ranges)
        return found.accuracy, sum(layer.tiles for layer in found.layers)

    return score


def test_a_reference_column_saves_what_offset_weights_lose_to_the_array(accuracy):
    """The middle of the range carries most of the current, and with it most of the loss."""
    assert accuracy(weights="differential")[0] > 0.98
    assert accuracy(weights="offset")[0] < 0.3
    assert accuracy(weights="reference")[0] > 0.96


def test_slices_buy_accuracy_with_columns(accuracy):
    few, many = accuracy(bits_per_cell=1), accuracy(bits_per_cell=2, weight_bits=7)
    assert few[0] < 0.98 < many[0]
    assert few[1] < many[1]
