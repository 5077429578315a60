"""Residual networks on arrays of two devices, whose cells are written with the errors that were measured of each."""

from pathlib import Path

import numpy as np

import circuitsim as cs
from circuitsim import nodal
from circuitsim.demo.data import load_digits
from circuitsim.devices import load_card, read_statistics
from circuitsim.evaluation import BehavioralProduct, DrawnProduct
from circuitsim.network import evaluate, fit_ranges, load_network, program
from circuitsim.results import TileModel

DEVICES = {"sonos": ("flash_sonos_40nm", 16e-9, 16e-6), "rram": ("rram_milo", 50e-6, 225e-6)}
DRAWS = 5


def cases():
    """Networks by name."""
    return {f"network {n}": Path(__file__).with_name(f"network_{n}.onnx") for n in (1, 2, 3)}


def scores(network, device, g_min, g_max):
    """Points lost and relative rms error of the outputs, both against the float network, mean of all draws."""
    array = {"rows": 144, "cols": 64, "cell": "1r"}  # the largest layer on one array, as in the tutorial
    cells = {"model": device, "g_min": g_min, "g_max": g_max}
    ends = {"driver": {"v_read": 0.1, "dac_bits": 8}, "adc": {"bits": 8}, "wire": {"r_row": 0.0, "r_col": 0.0}}
    spec = cs.parse_spec({"schema": 1, "array": array, "device": cells, "mapping": {"bits_per_cell": 7}, **ends})
    model = TileModel(spec, nodal.ohmic((1e-9, 2 * g_max), (0.0, 0.1)), 1, (0.0, 0.1))
    product, stats, digits = BehavioralProduct(model), read_statistics(load_card(device)), load_digits()
    first, images = (each.reshape(-1, 1, 8, 8) for each in (digits.train_images[:500], digits.test_images))
    ranges = fit_ranges(program(network, spec, product), first)
    wanted, lost, errors = network.run_float(images), [], []
    for seed in range(DRAWS):
        drawn = program(network, spec, DrawnProduct(product, stats, frozenset({"programming"}), seed=seed))
        found = evaluate(drawn, images, digits.test_labels, ranges=ranges)
        lost.append(100 * (np.mean(wanted.argmax(axis=1) == digits.test_labels) - found.accuracy))
        errors.append(np.sqrt(np.mean((found.logits - wanted) ** 2) / np.mean(wanted**2)))
    return np.mean(lost), np.mean(errors)


def compute(file):
    """Points lost with either device, and the ratio of their errors."""
    found = {name: scores(load_network(file), *device) for name, device in DEVICES.items()}
    (sonos, fine), (rram, coarse) = found["sonos"], found["rram"]
    return {"lost_sonos": sonos, "lost_rram": rram, "error_ratio": coarse / fine}
