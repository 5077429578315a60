"""Twenty tiles of real networks: their worst inputs against the table at their load, and their error on real reads."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from arrays import Declared, array

from circuitsim import evaluation, network
from circuitsim.behavioral import GRADES, mvm, program
from circuitsim.calibration import find_worst, load_table, worst_inputs
from circuitsim.demo.data import NETWORK, load_digits
from circuitsim.results import column_load

TYPICAL = 5e-6  # rms error of a tile on its own reads, fraction of full scale
IMAGES = 20
# Rows and columns of the arrays, and every which tile of the demo's network is taken: 11 and 10 tiles.
MAPPED = {"digits, 64x64": (64, 1), "digits, 32x32": (32, 3)}
NAMES = list(MAPPED)


def measure(names: list[str]) -> Iterator[dict]:
    """Seek the worst inputs of tiles of the best grade, on arrays like the demo's."""
    for name, (size, step) in MAPPED.items():
        if name in names:
            declared = array(size, size, 2, sense={"r_in": 50})
            yield {"name": name} | _tiles(declared, network.load_network(NETWORK), step)


def _tiles(declared: Declared, net: network.Network, step: int) -> dict:
    model, full_scale = declared.model(max(GRADES))
    worst = find_worst(model, full_scale, rng=np.random.default_rng(0))
    table, worst = load_table(model, full_scale, worst=worst, rng=np.random.default_rng(0))
    found = []
    for g, v_in, out in _reads(declared, net)[::step]:
        error = worst_inputs(model, g, rng=np.random.default_rng(0), full_scale=full_scale).error
        typical = np.sqrt(np.mean((np.asarray(mvm(program(model, g), v_in)) - out) ** 2)) / full_scale
        load = column_load(g, model.spec.device.g_max)
        found.append((error, error / table.worst_at(load), float(typical), load))
    errors, of_table, typical, loads = np.transpose(found)
    return {
        "tiles": len(found),
        "loads": [round(float(load), 3) for load in (loads.min(), loads.max())],
        "worst_found_of_the_array": worst.error,
        "worst_inputs": float(errors.max()),
        "worst_inputs_over_table": float(of_table.max()),
        "typical": float(typical.max()),
        "kept": bool(of_table.max() <= 1 and typical.max() <= TYPICAL),
    }


def _reads(declared: Declared, net: network.Network) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Return conductances, inputs and outputs of every tile while the network sees images."""
    read: dict[str, tuple[np.ndarray, list[np.ndarray], list[np.ndarray]]] = {}
    record = partial(_keep, read)
    product = evaluation.NodalProduct(declared.spec, declared.model(1)[0].surface, record=record)
    programmed = network.program(net, declared.spec, product)
    digits = load_digits()
    ranges = network.fit_ranges(programmed, digits.train_images[:100])
    read.clear()
    network.evaluate(programmed, digits.test_images[:IMAGES], digits.test_labels[:IMAGES], ranges=ranges)
    return [(g, np.concatenate(v_in), np.concatenate(out)) for g, v_in, out in read.values()]


def _keep(read: dict, place: network.TilePlace, g: np.ndarray, v_in: np.ndarray, solution: object) -> None:
    _, inputs, outputs = read.setdefault(f"{place.layer} {place.index}", (g, [], []))
    inputs.append(v_in)
    outputs.append(solution.out)
