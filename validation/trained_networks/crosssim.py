"""The published case of CrossSim's tutorial: a network scored, and trained, with Gaussian errors of conductances.

    python validation/trained_networks/crosssim.py IMAGES LABELS -o validation/trained_networks

The tutorial at ISCA 2024 (`isca24_codesign.ipynb`, part 3) trains the network of `mnist_cnn` on MNIST, scores it ten
times with programming errors of alpha = 0.3 drawn anew, and again after training with the errors in the loop. Cells on
balanced pairs, 1 to 10 kohm, the unused cell of a pair at 10 kohm; no wires, no DAC, no ADC.

The text calls the errors state-independent: by CrossSim's documentation a deviation of alpha in parts of the largest
conductance. The call below the text passes proportional_error = "False", a string, which is true in Python, so that by
CrossSim's code the deviation is alpha in parts of each cell's own conductance. Both readings are computed here.

Not as published: 8000 training and 2000 test images in place of 48,000 and 10,000, moved by up to 1.5 pixels; weights
are not rounded to 8 bits; a conductance that would be negative is 0, in CrossSim it stays negative.
"""

import argparse
import json
import sys
import time
import zlib
from dataclasses import dataclass
from pathlib import Path

import digits
import numpy as np
import torch

import circuitsim as cs
from circuitsim import network, nodal, training
from circuitsim.network import LayerRange, ReadTile, TilePlace
from circuitsim.results import TileModel

ALPHA, RUNS = 0.3, 10
G_MIN, G_MAX, V_READ = 1e-4, 1e-3, 0.1
TRAINED = {"epochs": 25, "rate": 3e-3}
RANGES = {name: LayerRange(100.0) for name in ("0", "2", "5")}  # without converters a wide range costs nothing
READINGS = {
    "state-independent, as the text says": {"relative_sigma": ALPHA * G_MAX / (G_MAX - G_MIN)},
    "state-proportional, as the call does": {"proportional_sigma": ALPHA},
}
PUBLISHED = {
    "one version of the notebook": {
        "float": 0.9898,
        "drawn": [0.9374, 0.01147],
        "trained in the loop": [0.9762, 0.00215],
    },
    "another version": {"float": 0.9909, "drawn": [0.9443, 0.01064], "trained in the loop": [0.9717, 0.00784]},
}


@dataclass(frozen=True)
class DrawnCells:
    """Exact products of cells with Gaussian errors, those of a draw and a tile alone.

    Attributes:
        relative_sigma, proportional_sigma: As of `training.TrainingDraws`.
        seed: Of the draw.
    """

    relative_sigma: float = 0.0
    proportional_sigma: float = 0.0
    seed: int = 0

    def __call__(self, place: TilePlace, g: np.ndarray, /) -> ReadTile:
        """Return the function that reads one draw of conductances g (rows, cols) [S]."""
        rng = np.random.default_rng([self.seed, zlib.crc32(place.layer.encode()), place.index])
        sigma = self.relative_sigma * (G_MAX - G_MIN) + self.proportional_sigma * g
        drawn = np.maximum(g + sigma * rng.standard_normal(g.shape), 0.0)
        return lambda v_in: v_in @ drawn


def model() -> TileModel:
    """Return a model of 64 x 64 ohmic cells without wires and converters; the size of tiles changes nothing then."""
    array = {"rows": 64, "cols": 64, "cell": "1r"}
    device = {"model": "rram_ohmic", "g_min": G_MIN, "g_max": G_MAX}
    wire, driver = {"r_row": 0.0, "r_col": 0.0}, {"v_read": V_READ}
    spec = cs.parse_spec({"schema": 1, "array": array, "device": device, "wire": wire, "driver": driver})
    return TileModel(spec, nodal.ohmic((0.1 * G_MIN, 2 * G_MAX), (0.0, V_READ)), 1, (0.0, V_READ))


def on_tiles(module: torch.nn.Module, tiles: TileModel, draws: training.TrainingDraws | None = None) -> torch.nn.Module:
    """Return a copy of a module on the tiles."""
    return training.convert_module(module, tiles, None, ranges=RANGES, draws=draws, every=10, uncertified=True)


def scores(module: torch.nn.Module, tiles: TileModel, errors: dict, images: np.ndarray, labels: np.ndarray) -> list:
    """Return the accuracies (runs,) of a module with errors drawn anew."""
    found, judged = [], training.TorchNetwork(on_tiles(module, tiles).eval())
    for seed in range(RUNS):
        programmed = network.program(judged, tiles.spec, DrawnCells(**errors, seed=seed))
        found.append(network.evaluate(programmed, images, labels, ranges=RANGES).accuracy)
    return found


def case(plain: list, trained: list, floating: float) -> dict:
    """Return mean and sigma of both scores, the points lost, and the share of them that training recovered."""
    (a, s), (b, t) = ((float(np.mean(each)), float(np.std(each))) for each in (plain, trained))
    found = {"float": floating, "drawn": [a, s], "trained in the loop": [b, t]}
    return {**found, "points lost": 100 * (floating - a), "recovered": (b - a) / (floating - a)}


def main() -> int:
    """Train and score, print the table of theirs and ours, and write crosssim.json."""
    parser = argparse.ArgumentParser(description="CrossSim's tutorial: errors of conductances, and training with them.")
    parser.add_argument("images", type=Path)
    parser.add_argument("labels", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path("out/trained_networks"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    images, labels, tested, truth = digits.read_images(options.images, options.labels)
    tiles, plain, start = model(), digits.network(0), time.process_time()
    digits.train(plain, images, labels, seed=0, **TRAINED)
    floating = network.evaluate_float(training.TorchNetwork(on_tiles(plain, tiles)), tested, truth).accuracy
    rows = {}
    for name, each in PUBLISHED.items():
        rows[f"CrossSim, {name}"] = case([each["drawn"][0]], [each["trained in the loop"][0]], each["float"]) | each
    for name, errors in READINGS.items():
        looped = on_tiles(digits.network(0), tiles, training.TrainingDraws(seed=0, **errors))
        digits.train(looped, images, labels, seed=0, **TRAINED)
        both = (scores(module, tiles, errors, tested, truth) for module in (plain, training.plain(looped)))
        rows[f"circuitsim, {name}"] = case(*both, floating)
        print(
            f"{name}: {time.process_time() - start:.0f} s of CPU, {json.dumps(rows[f'circuitsim, {name}'])}", flush=True
        )
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "crosssim.json").write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(rows, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
