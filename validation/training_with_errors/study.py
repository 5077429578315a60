"""The network of CrossSim's tutorial on digits, trained plainly or with errors of its cells, and read with errors."""

import numpy as np
import torch
from torch import nn

import circuitsim as cs
from circuitsim import nodal, training
from circuitsim.demo.data import load_digits
from circuitsim.network import LayerRange, evaluate, program
from circuitsim.results import TileModel

ALPHA, RUNS, EPOCHS, G_MIN, G_MAX = 0.3, 10, 60, 1e-4, 1e-3
CELLS = {"model": "rram_ohmic", "g_min": G_MIN, "g_max": G_MAX}
ENDS = {"driver": {"v_read": 0.1}, "wire": {"r_row": 0.0, "r_col": 0.0}}
SPEC = cs.parse_spec({"schema": 1, "array": {"rows": 72, "cols": 32, "cell": "1r"}, "device": CELLS, **ENDS})
RANGES = {name: LayerRange(100.0) for name in ("0", "2", "5")}  # without converters a wide range costs nothing


def cases():
    """Deviation in parts of the cell's own conductance, and in parts of the largest."""
    return {"of each conductance": (ALPHA, 0.0), "of the largest": (0.0, ALPHA)}


def trained(errors, images, labels):
    """The network on tiles, trained as in the tutorial: Adam, steps of 1e-3, images as they are."""
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Conv2d(1, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 16, 3, 2, 1), nn.ReLU(), nn.Flatten(), nn.Linear(64, 10)
    )
    model = TileModel(SPEC, nodal.ohmic((1e-9, 1.0), (0.0, 0.1)), 1, (0.0, 0.1))
    net = training.convert_module(net, model, None, ranges=RANGES, draws=errors, every=10, uncertified=True)
    rng, optimizer = np.random.default_rng(0), torch.optim.Adam(net.parameters(), lr=1e-3)
    for _ in range(EPOCHS):
        for at in np.array_split(rng.permutation(len(images)), len(images) // 64):
            optimizer.zero_grad()
            nn.functional.cross_entropy(net(images[at]), labels[at]).backward()
            optimizer.step()
    return training.TorchNetwork(net)


def compute(case):
    """Points lost without training for errors, share that comes back with it, ratio of the spreads over draws."""
    (own, fixed), digits = case, load_digits()
    images, tested = (part.reshape(-1, 1, 8, 8) for part in (digits.train_images, digits.test_images))
    draws = training.TrainingDraws(proportional_sigma=own, relative_sigma=fixed * G_MAX / (G_MAX - G_MIN))

    def accuracies(network):
        def product(rng):
            return lambda _, g: np.maximum(g + (own * g + fixed * G_MAX) * rng.standard_normal(g.shape), 0).__rmatmul__

        drawn = (program(network, SPEC, product(np.random.default_rng(seed))) for seed in range(RUNS))
        scores = (evaluate(each, tested, digits.test_labels, ranges=RANGES) for each in drawn)
        return 100 * np.array([score.accuracy for score in scores])

    plain, looped = (
        trained(each, torch.as_tensor(images), torch.as_tensor(digits.train_labels)) for each in (None, draws)
    )
    ideal = 100 * np.mean(plain.run_float(tested).argmax(axis=1) == digits.test_labels)
    before, after = accuracies(plain), accuracies(looped)
    lost = ideal - before.mean()
    return {"lost": lost, "recovered": (after.mean() - before.mean()) / lost, "spread": after.std() / before.std()}
