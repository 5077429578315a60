"""Residual networks on pairs of cells of two devices, with errors as measured or larger."""

from pathlib import Path

import numpy as np

import circuitsim as cs
from circuitsim.demo.data import load_digits
from circuitsim.devices import load_card, read_statistics, statistics
from circuitsim.network import evaluate, fit_ranges, load_network, program

DEVICES = {"sonos": ("flash_sonos_40nm", 16e-9, 16e-6), "rram": ("rram_milo", 50e-6, 225e-6)}
DRAWS, FACTORS = 3, (1, 4)


def cases():
    """Networks by name."""
    return {f"network {n}": Path(__file__).with_name(f"network_{n}.onnx") for n in (1, 2, 3)}


def scores(network, device, g_min, g_max):
    """Points lost and relative rms error of the outputs against the float network, for each factor on the errors."""
    array = {"rows": 144, "cols": 64, "cell": "1r"}  # the largest layer on one array, as in the tutorial
    cells, ends = {"model": device, "g_min": g_min, "g_max": g_max}, {"wire": {"r_row": 0.0, "r_col": 0.0}}
    ends |= {"driver": {"v_read": 0.1, "dac_bits": 8}, "adc": {"bits": 8}, "mapping": {"bits_per_cell": 7}}
    spec = cs.parse_spec({"schema": 1, "array": array, "device": cells, **ends})
    stats, digits = read_statistics(load_card(device)), load_digits()
    first, images = (each.reshape(-1, 1, 8, 8) for each in (digits.train_images[:300], digits.test_images))
    ranges = fit_ranges(program(network, spec, lambda _, g: g.__rmatmul__), first)
    wanted, lost, errors = network.run_float(images), [], []
    ideal = np.mean(wanted.argmax(axis=1) == digits.test_labels)
    for factor in FACTORS:
        for seed in range(DRAWS):
            rng = np.random.default_rng(seed)

            def product(_, g, rng=rng, factor=factor):
                drawn = statistics.draw_conductances(stats, g, causes={"programming"}, rng=rng)
                return (g + factor * (drawn - g)).__rmatmul__

            found = evaluate(program(network, spec, product), images, digits.test_labels, ranges=ranges)
            lost.append(100 * (ideal - found.accuracy))
            errors.append(np.sqrt(np.mean((found.logits - wanted) ** 2) / np.mean(wanted**2)))
    return (np.reshape(each, (len(FACTORS), DRAWS)).mean(axis=1) for each in (lost, errors))


def compute(file):
    """Points lost with either device, and the ratio of their errors."""
    network = load_network(file)
    (sonos, fine), (rram, coarse) = (scores(network, *DEVICES[name]) for name in ("sonos", "rram"))
    found = {"lost_sonos": sonos[0], "lost_rram": rram[0], "lost_sonos_4": sonos[1], "lost_rram_4": rram[1]}
    return {**found, "error_ratio": coarse[0] / fine[0]}
